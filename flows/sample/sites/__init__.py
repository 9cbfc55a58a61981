"""What lies at the addresses of the sample platforms; nothing here knows HTTP."""
