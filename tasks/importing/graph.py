"""Dependencies and parents of one reading: references that lead nowhere and circles are taken out and reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .records import Link, Reading, TaskRecord


def settle(reading: Reading) -> None:
    """Leave only links between tasks of this reading, each once, without a circle; note what was taken out."""
    for record in reading.tasks.values():
        record.depends_on = list(_known(reading, record, record.depends_on, "depends on"))
        parents = [record.parent] if record.parent else []
        record.parent = next(_known(reading, record, parents, "has the parent"), None)
    _cut_circles(reading, {ref: record.depends_on for ref, record in reading.tasks.items()}, "dependency")
    parents_of = {ref: [record.parent] if record.parent else [] for ref, record in reading.tasks.items()}
    _cut_circles(reading, parents_of, "parent")
    for ref, kept in parents_of.items():
        reading.tasks[ref].parent = next(iter(kept), None)


def _known(reading: Reading, record: TaskRecord, links: list[Link], verb: str) -> Iterator[Link]:
    seen: set[str] = set()
    for link in links:
        if link.to == record.ref:
            reading.skip(link.place, record.ref, f"It {verb} itself.")
        elif link.to not in reading.tasks:
            reading.skip(link.place, record.ref, f"It {verb} {link.to}, which is not among the tasks read.")
        elif link.to not in seen:
            seen.add(link.to)
            yield link


def _cut_circles(reading: Reading, links_of: Mapping[str, list[Link]], kind: str) -> None:
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
                reading.skip(link.place, ref, f"The {kind} on {link.to} closes a circle.")
            elif link.to not in finished:
                open_refs.add(link.to)
                path.append((link.to, iter(list(links_of[link.to]))))
