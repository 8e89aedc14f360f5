"""The running site: settings, environment, wiring, checks and addresses."""
