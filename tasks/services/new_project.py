"""A project from nothing: its names checked and free, its owner, its first tasks, in one step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import FieldError, Refused
from missioncontrol.kernel.text import BadText, clean_line
from missioncontrol.kernel.transactions import unit
from tasks.models import Project, Source, Task, User, Workflow
from tasks.queries.naming import is_prefix_taken, is_slug_taken
from tasks.services.access import require_may_create_projects
from tasks.services.projects import create_project
from tasks.services.tasks import create_task

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
PREFIX = re.compile(r"[A-Z][A-Z0-9]{0,7}")
MAX_NAME = 200
MAX_TITLE = 300
MOST_TASKS = 100


def open_project(
    *, actor: Actor, name: str, slug: str, key_prefix: str, workflow: str, titles: Sequence[str] = ()
) -> Project:
    """Make a project that belongs to the person, with a task for each of `titles`, the first on top of the inbox.

    Raises `Forbidden`, or `Refused` (422) with everything that is wrong, each with its field.
    """
    require_may_create_projects(actor)
    with unit():
        wrong = [*_wrong(name, slug, key_prefix, workflow), *_wrong_titles(titles)]
        if wrong:
            raise Refused("The project cannot be made like that.", errors=wrong)
        project = create_project(
            actor=actor,
            slug=slug,
            name=clean_line(name, max_length=MAX_NAME),
            key_prefix=key_prefix,
            creator=User.objects.filter(pk=actor.user_id or 0).first(),
            workflow=workflow,
        )
        _write_down(actor, project, [title for title in titles if title.strip()])
    return project


def wrong_slug(slug: str) -> str:
    """Why a project cannot have this address, or ""."""
    if not SLUG.fullmatch(slug):
        return "Use small letters, digits and hyphens, at most 60, beginning and ending with a letter or a digit."
    return f"There is a project at /p/{slug} already. Choose another address." if is_slug_taken(slug) else ""


def wrong_prefix(prefix: str) -> str:
    """Why the keys of a project's tasks cannot begin like this, or ""."""
    if not PREFIX.fullmatch(prefix):
        return "Use capital letters and digits, at most 8, beginning with a letter."
    return (
        f"Another project's tasks begin with {prefix}-. Choose other letters."
        if is_prefix_taken(prefix)
        else ""
    )


def _wrong(name: str, slug: str, prefix: str, workflow: str) -> Iterator[FieldError]:
    told = {
        "name": _wrong_line(name, MAX_NAME) or ("" if name.strip() else "Give the project a name."),
        "slug": wrong_slug(slug),
        "key_prefix": wrong_prefix(prefix),
        "workflow": "" if workflow in Workflow.values else "Choose one of the two.",
    }
    yield from (FieldError(field, message) for field, message in told.items() if message)


def _wrong_titles(titles: Sequence[str]) -> Iterator[FieldError]:
    if len(titles) > MOST_TASKS:
        yield FieldError("tasks", f"{len(titles)} lines; at most {MOST_TASKS}. Import longer lists instead.")
        return
    for number, title in enumerate(titles, 1):
        if reason := _wrong_line(title, MAX_TITLE):
            yield FieldError("tasks", f"Line {number}: {reason}")


def _wrong_line(text: str, most: int) -> str:
    try:
        clean_line(text, max_length=most)
    except BadText as error:
        return str(error)
    return ""


def _write_down(actor: Actor, project: Project, titles: Sequence[str]) -> None:
    made = [
        create_task(
            actor=actor,
            project=project,
            title=clean_line(title, max_length=MAX_TITLE),
            source=Source.DASHBOARD,
        )
        for title in titles
    ]
    # Each new card lands on top; a list is read from its first line.
    for task, place in zip(made, sorted(task.position for task in made), strict=True):
        Task.objects.filter(pk=task.pk).update(position=place)
