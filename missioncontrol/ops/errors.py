"""Why a backup could not be made or put back, in words for the person at the terminal."""

from __future__ import annotations


class BackupProblem(Exception):
    """Nothing was changed unless the message says so; the message says what to do."""
