"""What happens by itself: each job is one call into `parking.actions`."""
