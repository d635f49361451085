"""JSON lines, plain or gzipped, read one line at a time: a bad line is reported and the next one is read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from missioncontrol.kernel import strict_json
from missioncontrol.kernel.errors import Malformed

from .records import Place, Reading, UnreadableSource

MAX_LINE_BYTES = 1024 * 1024
MAX_FILE_BYTES = 512 * 1024 * 1024
"""Of what a compressed file holds; a small one can hold very much."""


def find(folder: Path, name: str) -> Path | None:
    """The file `name` in `folder`, plain or gzipped; the plain one when both are there."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def rows(path: Path, reading: Reading) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every line of `path` that holds a JSON object; the others are noted in `reading` with their line number.

    Raises UnreadableSource when the file cannot be opened.
    """
    for place, raw in _lines(path, reading):
        line = raw.strip()
        if not line:
            continue
        try:
            row = strict_json.loads(line)
        except Malformed as error:
            reading.skip(place, "", error.message)
            continue
        if isinstance(row, dict):
            yield place, row
        else:
            reading.skip(place, "", "Not a JSON object.")


def _lines(path: Path, reading: Reading) -> Iterator[tuple[Place, bytes]]:
    number = size = 0
    try:
        with _open(path) as stream:
            while line := stream.readline(MAX_LINE_BYTES + 1):
                number += 1
                size += len(line)
                if size > MAX_FILE_BYTES:
                    raise UnreadableSource(f"{path.name} holds more than can be imported at once. Split it.")
                place = Place(path.name, number)
                if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                    _finish_line(stream)
                    reading.skip(place, "", f"The line is longer than {MAX_LINE_BYTES} bytes.")
                    continue
                yield place, line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        reading.skip(
            Place(path.name, number + 1), "", f"The compressed file is damaged from here on: {error}"
        )


def _open(path: Path) -> BinaryIO:
    try:
        return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
    except OSError as error:
        raise UnreadableSource(f"{path.name} cannot be read: {error.strerror}.") from error


def _finish_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass
