"""The HTTP interface of notifications and events."""
