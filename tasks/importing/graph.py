"""Dependencies and parents of one reading: references that lead nowhere and circles are taken out and reported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .records import Link, Place

Note = Callable[[Place, str, str], None]


class Linked(Protocol):
    """What has links: a task, or as much of it as the links need."""

    depends_on: list[Link]
    parent: Link | None


@dataclass(slots=True)
class Knot:
    """The links of a task, kept while the task itself is not."""

    depends_on: list[Link] = field(default_factory=list)
    parent: Link | None = None


def settle(tasks: Mapping[str, Linked], note: Note, *, refs: Collection[str] | None = None) -> None:
    """Leave only links between tasks of one reading, each once, without a circle; `note` is told what was taken out.

    `refs` names every task of the reading where `tasks` holds only those with links.
    """
    known = tasks if refs is None else refs
    for ref, task in tasks.items():
        task.depends_on = list(_known(known, note, ref, task.depends_on, "depends on"))
        parents = [task.parent] if task.parent else []
        task.parent = next(_known(known, note, ref, parents, "has the parent"), None)
    _cut_circles(note, {ref: task.depends_on for ref, task in tasks.items()}, "dependency")
    parents_of = {ref: [task.parent] if task.parent else [] for ref, task in tasks.items()}
    _cut_circles(note, parents_of, "parent")
    for ref, kept in parents_of.items():
        tasks[ref].parent = next(iter(kept), None)


def _known(
    refs: Collection[str] | Mapping[str, Linked], note: Note, ref: str, links: list[Link], verb: str
) -> Iterator[Link]:
    seen: set[str] = set()
    for link in links:
        if link.to == ref:
            note(link.place, ref, f"It {verb} itself.")
        elif link.to not in refs:
            note(link.place, ref, f"It {verb} {link.to}, which is not among the tasks read.")
        elif link.to not in seen:
            seen.add(link.to)
            yield link


def _cut_circles(note: Note, links_of: Mapping[str, list[Link]], kind: str) -> None:
    """Take out each link that closes a circle, in one walk that visits every link once and never recurses."""
    finished: set[str] = set()
    for start in links_of:
        if start in finished:
            continue
        open_refs = {start}
        path = [(start, iter(list(links_of[start])))]
        while path:
            ref, links = path[-1]
            link = next(links, None)
            if link is None:
                path.pop()
                open_refs.discard(ref)
                finished.add(ref)
            elif link.to in open_refs:
                links_of[ref].remove(link)
                note(link.place, ref, f"The {kind} on {link.to} closes a circle.")
            elif link.to not in finished and link.to in links_of:
                open_refs.add(link.to)
                path.append((link.to, iter(list(links_of[link.to]))))
