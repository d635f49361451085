"""The workflow: what may follow what, by whom, and with what."""
