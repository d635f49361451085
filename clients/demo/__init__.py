"""Simulated agents that keep a board moving: one HTTP program, which knows nothing but the published interface."""
