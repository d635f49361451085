"""Agents in the full-text index: until they are removed."""

from __future__ import annotations

from tasks.search_index import Source

AGENTS = Source(
    "agent",
    "agents_agent",
    title=("name", "slug"),
    body=("role_text", "behaviour", "skills"),
    gone="removed_at",
)
