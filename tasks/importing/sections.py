"""A description made of sections: what has no field of its own here is kept as Markdown below its heading."""

from __future__ import annotations

from collections.abc import Iterable

from .records import MAX_TEXT, BadRow


def joined(opening: str, sections: Iterable[tuple[str, str]]) -> str:
    """`opening`, then every section that says something; raises BadRow when together they are too long."""
    parts = [opening, *(f"## {heading}\n\n{content}" for heading, content in sections if content.strip())]
    description = "\n\n".join(part for part in parts if part.strip())
    if len(description) > MAX_TEXT:
        raise BadRow(
            f"description: has {len(description)} characters with its sections; at most {MAX_TEXT} are allowed."
        )
    return description
