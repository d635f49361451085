"""The pages that set a project up: what they share, and those that need nothing but the board."""
