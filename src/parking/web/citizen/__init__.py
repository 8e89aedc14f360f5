"""The pages of those who park."""
