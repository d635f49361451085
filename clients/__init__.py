"""Programs that talk to the server over HTTP and know nothing of its insides."""
