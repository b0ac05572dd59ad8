"""What is answered at each address: one file a group of routes."""
