"""Unified diffs: one text cut into the files of a changeset, and a diff as lines that know what they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from missioncontrol.kernel.errors import FieldError, Refused

MAX_PATCH = 500_000
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_NOWHERE = "/dev/null"
_ESCAPE = re.compile(r'\\([abfnrtv"\\]|[0-7]{3})')
_LETTERS = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
_SIDES = {"+": "add", "-": "del", "\\": "meta"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a diff: `kind` is add, del, hunk, meta or same; `text` keeps its first character."""

    kind: str
    text: str


@dataclass(slots=True)
class _Part:
    """What is known of one file while its part of the patch is read."""

    lines: list[str] = field(default_factory=list)
    named: str = ""
    old: str = ""
    new: str = ""
    added: bool = False
    deleted: bool = False
    old_left: int = 0
    new_left: int = 0

    @property
    def inside(self) -> bool:
        """Whether a hunk still has lines to come, which may look like anything."""
        return self.old_left > 0 or self.new_left > 0

    def as_file(self) -> dict[str, str]:
        """The file as a changeset holds it."""
        path = self.old if self.new == _NOWHERE else self.new or self.named or self.old
        added, deleted = self.added or self.old == _NOWHERE, self.deleted or self.new == _NOWHERE
        change = "add" if added else "delete" if deleted else "modify"
        return {"path": path, "change": change, "diff": "\n".join(self.lines)}


def files_of(patch: str) -> list[dict[str, str]]:
    """The files `{path, change, diff}` of a unified diff, as `git diff` and `diff -u` write it.

    Raises `Refused` (422) naming the field `patch` where there is none, or a file cannot be told.
    """
    parts = _parts(patch.replace("\r\n", "\n").split("\n"))
    found = [part.as_file() for part in parts]
    if not found:
        raise _refused("This is no unified diff. Paste what `git diff` prints, file headers included.")
    if any(not each["path"] or each["path"] == _NOWHERE for each in found):
        raise _refused("A file in this diff has no name.")
    return found


def lines_of(diff: str) -> Iterator[Line]:
    """The lines of one file's diff. Without hunks it is shown as it is, by the first character of each line."""
    part = _Part()
    for text in diff.split("\n"):
        hunk = None if part.inside else _HUNK.match(text)
        if hunk is not None:
            _enter(part, hunk)
            yield Line("hunk", text)
        elif part.inside:
            _count(part, text)
            yield Line(_SIDES.get(text[:1], "same"), text)
        else:
            yield Line(_outside(text), text)


def _outside(text: str) -> str:
    if text.startswith(
        ("--- ", "+++ ", "diff ", "index ", "new file", "deleted file", "rename ", "similarity ")
    ):
        return "meta"
    return _SIDES.get(text[:1], "same")


def _parts(lines: list[str]) -> list[_Part]:
    parts: list[_Part] = []
    for number, text in enumerate(lines):
        current = parts[-1] if parts else None
        if not (current and current.inside) and _begins(current, text, lines[number + 1 : number + 2]):
            parts.append(_Part(named=_git_name(text)))
        if parts:
            _read(parts[-1], text)
    for part in parts:
        while part.lines and not part.lines[-1]:
            part.lines.pop()
    return parts


def _begins(current: _Part | None, text: str, following: list[str]) -> bool:
    """Whether a file's part begins here: git's line, or a pair of names where no git line has announced them."""
    if text.startswith("diff --git "):
        return True
    pair = text.startswith("--- ") and bool(following) and following[0].startswith("+++ ")
    return pair and (current is None or bool(current.new))


def _read(part: _Part, text: str) -> None:
    part.lines.append(text)
    if part.inside:
        _count(part, text)
    elif (hunk := _HUNK.match(text)) is not None:
        _enter(part, hunk)
    elif text.startswith("--- ") and not part.old:
        part.old = _name(text[4:])
    elif text.startswith("+++ ") and not part.new:
        part.new = _name(text[4:])
    elif text.startswith("rename to "):
        part.named = _unquoted(text[10:])
    elif text.startswith("new file mode"):
        part.added = True
    elif text.startswith("deleted file mode"):
        part.deleted = True


def _enter(part: _Part, hunk: re.Match[str]) -> None:
    part.old_left, part.new_left = (int(size) if size is not None else 1 for size in hunk.groups())


def _count(part: _Part, text: str) -> None:
    side = text[:1]
    if side != "\\":
        part.old_left -= side != "+"
        part.new_left -= side != "-"


def _git_name(text: str) -> str:
    """The new name in `diff --git a/x b/x`; both are the same unless the file is renamed, which is told below."""
    if not text.startswith("diff --git "):
        return ""
    rest = text[len("diff --git ") :]
    if rest.endswith('"') and ' "' in rest:
        return _stripped(_unquoted(rest[rest.rindex(' "') + 1 :]))
    half = rest[: len(rest) // 2]
    return _stripped(half) if rest == f"{half} b/{half[2:]}" else _stripped(rest.rsplit(" b/", 1)[-1])


def _name(text: str) -> str:
    """A name after `---` or `+++`, without the time that `diff -u` puts behind a tab."""
    return _stripped(_unquoted(text.split("\t", 1)[0].strip()))


def _stripped(path: str) -> str:
    return path[2:] if path.startswith(("a/", "b/")) else path


def _unquoted(path: str) -> str:
    """Git quotes names with unusual characters, their bytes in octal."""
    if not (len(path) > 1 and path.startswith('"') and path.endswith('"')):
        return path
    spelled = _ESCAPE.sub(_unescaped, path[1:-1])
    return spelled.encode("latin-1", "ignore").decode("utf-8", "replace")


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    return chr(int(code, 8) % 256) if len(code) == 3 else _LETTERS.get(code, code)


def _refused(message: str) -> Refused:
    return Refused(message, code="invalid", errors=[FieldError("patch", message)])
