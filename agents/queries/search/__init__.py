"""Finding tasks, messages, agents and events by words: one way in, whatever the database."""
