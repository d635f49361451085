"""Everything in one process: the server, the jobs and their schedule, with SQLite and no other service."""
