"""The permits, one module for each kind: whoever opens one reads the regulation."""
