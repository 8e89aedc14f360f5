"""The tags that templates are written with."""
