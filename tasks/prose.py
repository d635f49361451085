"""The prose of a Markdown text: what is left when code and quotes are taken out. Pure, and linear on any input.

A scanner for finding mentions, not a renderer: it errs towards seeing code and quotes where a renderer would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

HOLE = "`"
"""What stands where a code span was: a character that no name holds."""

_BULLETS = re.compile(r"(?:[ \t]*(?:[-*+]|\d{1,9}[.)])(?=[ \t]))++")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?: |$)")
_TICKS = re.compile(r"`+")


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of `text` in order, without fenced, indented and inline code and without quoted lines."""
    gathered: list[str] = []
    for line in _prose_lines(text):
        if line is not None:
            gathered.append(line)
            continue
        if gathered:
            yield without_code_spans("\n".join(gathered))
        gathered = []
    if gathered:
        yield without_code_spans("\n".join(gathered))


def without_code_spans(paragraph: str) -> str:
    """The paragraph with every code span, its backticks included, replaced by one `HOLE`."""
    runs = [(found.start(), found.end()) for found in _TICKS.finditer(paragraph)]
    closers = _closers(paragraph, runs)
    parts, position, index = [], 0, 0
    while index < len(runs):
        closer = closers[index]
        if closer is None:
            index += 1
            continue
        parts.append(paragraph[position : runs[index][0]])
        position, index = runs[closer][1], closer + 1
    parts.append(paragraph[position:])
    return HOLE.join(parts)


def _closers(paragraph: str, runs: list[tuple[int, int]]) -> list[int | None]:
    """For every run of backticks the next run of the same length: from right to left, so that it is one pass."""
    nearest: dict[int, int] = {}
    closers: list[int | None] = [None] * len(runs)
    for index in range(len(runs) - 1, -1, -1):
        start, end = runs[index]
        closers[index] = nearest.get(end - start - _is_escaped(paragraph, start))
        nearest[end - start] = index
    return closers


def _is_escaped(text: str, position: int) -> bool:
    """Whether a backslash that is not itself escaped stands before `position`."""
    first = position
    while first > 0 and text[first - 1] == "\\":
        first -= 1
    return (position - first) % 2 == 1


def _prose_lines(text: str) -> Iterator[str | None]:
    """The lines of prose, and None for each line that ends a paragraph."""
    fence = ""
    after_blank, in_list = True, False
    for line in text.split("\n"):
        if fence:
            fence = "" if _closes(line, fence) else fence
            yield None
            continue
        bullets = _BULLETS.match(line)
        body = line[bullets.end() :] if bullets else line
        in_list = bool(bullets) or (in_list and (not line.strip() or line[0] in " \t"))
        is_code = after_blank and not in_list and _is_indented(line)
        after_blank = not line.strip() or is_code
        fence = "" if is_code else _opened(body)
        if after_blank or fence or body.lstrip().startswith(">"):
            yield None
            continue
        if bullets or _HEADING.match(body):
            yield None
        yield body
        if _HEADING.match(body):
            yield None


def _is_indented(line: str) -> bool:
    return line.startswith(("    ", "\t", " \t", "  \t", "   \t"))


def _opened(line: str) -> str:
    """The fence this line opens, or nothing; backticks after a fence of backticks make it a code span."""
    found = _FENCE.match(line)
    if found is None or (found[1][0] == "`" and "`" in line[found.end() :]):
        return ""
    return found[1]


def _closes(line: str, fence: str) -> bool:
    told = line.strip()
    return len(told) >= len(fence) and not told.strip(fence[0])
