"""What people see: thin pages over the actions, in Danish and English."""
