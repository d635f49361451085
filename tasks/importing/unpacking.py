"""Archives from outside: unpacked into a folder, as far as they can be trusted."""

from __future__ import annotations

import errno
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .records import UnreadableSource

MAX_ENTRIES = 20_000
WANTED = (".md", ".jsonl", ".jsonl.gz")
_PIECE = 1 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError, OSError)
"""What the library raises for an archive it cannot read: ValueError for names that are no text, RuntimeError for what
is encrypted or packed in a way it does not know, OSError for a damaged bzip2 stream and names no folder holds."""
_OURS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EMFILE, errno.ENFILE}
"""Failures of this machine: packing the folder again would not mend them."""
_ENCRYPTED = 0x1


def unpack(archive: Path, folder: Path, *, most: int) -> None:
    """Put the files of `archive` that can be tasks into `folder`; nothing else is written.

    Raises UnreadableSource for what is no archive, is encrypted or damaged, for a path that leads out of the archive,
    for too many entries, and once more than `most` bytes came out, whatever the archive says of its sizes.
    OSError where this machine fails.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            if len(entries) > MAX_ENTRIES:
                raise UnreadableSource(
                    f"The archive holds {len(entries)} files; at most {MAX_ENTRIES} are read."
                )
            left = most
            for entry, path in _wanted(entries):
                left -= _write(opened, entry, folder / path, left)
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno in _OURS:
            raise
        raise UnreadableSource(
            f"The archive cannot be read: {_plain(error)}. Pack the folder again."
        ) from error


def roots(folder: Path, marks: tuple[str, ...]) -> Iterator[Path]:
    """The folders in `folder` (itself too) that hold something called one of `marks`, the outermost first."""
    found = {path.parent for mark in marks for path in folder.rglob(mark)}
    yield from sorted(found, key=lambda path: (len(path.parts), path))


def _wanted(entries: list[zipfile.ZipInfo]) -> Iterator[tuple[zipfile.ZipInfo, Path]]:
    seen: set[str] = set()
    for entry in entries:
        path = _inside(entry.filename)
        if entry.is_dir() or stat.S_ISLNK(entry.external_attr >> 16) or "__MACOSX" in path.parts:
            continue
        if not path.name.lower().endswith(WANTED):
            continue
        if entry.flag_bits & _ENCRYPTED:
            raise UnreadableSource("The archive is encrypted. Pack the folder again without a password.")
        if str(path) in seen:
            raise UnreadableSource(f"The archive holds “{str(path)[:100]}” twice. Pack the folder again.")
        seen.add(str(path))
        yield entry, Path(path)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0] or len(name) > 500:
        raise UnreadableSource(
            f"The archive holds “{name[:100]}”, a path that leads out of it. Pack the folder again."
        )
    return path


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Unpack one file and count its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(entry) as source, path.open("wb") as target:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > left:
                raise UnreadableSource("The archive holds more than can be imported at once. Split it.")
            target.write(piece)
    return size


def _plain(error: Exception) -> str:
    return str(error).rstrip(".")[:100] or type(error).__name__
