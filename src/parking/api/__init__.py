"""What machines see: notices from the payment provider, and whether we are well."""
