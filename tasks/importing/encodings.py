"""Which encoding a text file is in: read once from beginning to end, a piece at a time."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from .records import UnreadableSource

_PIECE = 1 << 20
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF8, "UTF-8 with a byte order mark", "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16"),
)
_BINARY = {
    b"PK\x03\x04": "an archive or a workbook of a spreadsheet",
    b"\xd0\xcf\x11\xe0": "an old workbook of a spreadsheet",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file",
    b"\x89PNG": "a picture",
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """`name` is for people, `codec` for Python; `broken` counts the bytes that mean nothing in it."""

    name: str
    codec: str
    broken: int = 0


def detect(path: Path) -> Encoding:
    """The encoding of the file: by its mark, by its zero bytes, UTF-8 where that fits, else Windows-1252.

    Raises UnreadableSource for an empty file and for one that is no text.
    """
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start.strip():
        raise UnreadableSource(
            "The file is empty. Export it again and look that it has a line for each task."
        )
    for mark, what in _BINARY.items():
        if start.startswith(mark):
            raise UnreadableSource(f"This is {what}, not text. Save it as CSV, and choose that file.")
    marked = next((Encoding(name, codec) for mark, name, codec in _MARKS if start.startswith(mark)), None)
    return marked or _by_zeros(start) or _by_reading(path)


def open_text(path: Path, encoding: Encoding) -> TextIO:
    """The file as text with its own line endings; what cannot be read is shown as U+FFFD."""
    return path.open(encoding=encoding.codec, errors="replace", newline="")


def _by_zeros(start: bytes) -> Encoding | None:
    """UTF-16 without a mark: every other byte of plain text is zero."""
    even, odd = start[::2], start[1::2]
    if odd.count(0) * 5 > len(odd) * 2 and even.count(0) * 10 < len(even):
        return Encoding("UTF-16", "utf-16-le")
    if even.count(0) * 5 > len(even) * 2 and odd.count(0) * 10 < len(odd):
        return Encoding("UTF-16", "utf-16-be")
    return None


def _by_reading(path: Path) -> Encoding:
    """UTF-8 when all of it is, or most of what is not ASCII; text of one byte a character is hardly ever UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = broken = 0
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            text = decoder.decode(piece)
            bad = text.count("\ufffd") - piece.count(b"\xef\xbf\xbd")
            broken += bad
            good += len(text) - len(text.encode("ascii", "ignore")) - bad
    broken += decoder.decode(b"", final=True).count("\ufffd")
    if broken and broken >= good:
        return Encoding("Windows-1252", "cp1252")
    return Encoding("UTF-8", "utf-8", broken)
