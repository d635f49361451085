"""Readers for other trackers' data: pure, no database. What they return is written by `tasks.services.importing`."""
