"""Claims, leases and what makes them hold."""
