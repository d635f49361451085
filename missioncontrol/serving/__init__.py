"""How requests and sockets reach Django: thread pools, limits, origins and the server itself."""
