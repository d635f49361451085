"""The WebSockets: who may listen, and to what."""
