"""What a person does in a browser: signs in, drags, reads the board."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tasks.services.tasks import create_task
from tasks.services.transition import Step, transition
from tests.support.server import LiveServer

PATIENCE_MS = 15_000
PLAN = {"bullets": ["Read it", "Change it", "Measure it"]}
expect.set_options(timeout=PATIENCE_MS)


def a_task(project: Project, user: User, title: str = "Mend the pump", **fields: Any) -> Task:
    """A task that is ready to be claimed unless `fields` take something away."""
    given = {"description": "It drips.", "priority": 3, **fields}
    return create_task(actor=person(user), project=project, title=title, **given)


def moved(task: Task, user: User, to: str, **step: Any) -> Task:
    """The task after a step of this person."""
    return transition(actor=person(user), task=Task.objects.get(pk=task.pk), step=Step(to=to, **step))


def status_of(task: Task) -> str:
    """What the database says."""
    return Task.objects.values_list("status", flat=True).get(pk=task.pk)


def order_of(project: Project, status: str) -> list[str]:
    """The keys of a column from the top, as the database has them."""
    tasks = Task.objects.filter(project=project, status=status).order_by("position", "id")
    return list(tasks.values_list("key", flat=True))


def a_visitor(browser: Browser, server: LiveServer, user: User, **options: Any) -> BrowserContext:
    """A browser window of its own, signed in as this person."""
    client = Client()
    client.force_login(user)
    context = browser.new_context(**{"base_url": server.url, "timezone_id": "UTC", **options})
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": server.url}])
    context.set_default_timeout(PATIENCE_MS)
    return context


@dataclass
class Board:
    """The board as one person sees it. `complaints` are script errors and blocked content."""

    page: Page
    complaints: list[str]

    @classmethod
    def open(cls, context: BrowserContext, project: Project, path: str = "") -> Board:
        """Go to the project's board, or to a page below it, and wait until it is live."""
        page = context.new_page()
        board = cls(page, [])
        page.on("pageerror", lambda error: board.complaints.append(str(error)))
        page.on("console", board._listen)
        page.goto(f"/p/{project.slug}{path}")
        board.wait_live()
        return board

    def _listen(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def wait_live(self) -> None:
        """Wait until the scripts are set up and the socket is open."""
        expect(self.page.locator("body[data-ready]")).to_be_attached()
        expect(self.page.locator("#live")).to_have_attribute("data-live", "live")

    def card(self, task: Task) -> Any:
        """A task's card."""
        return self.page.locator(f"#card-{task.key}")

    def expect_in(self, task: Task, status: str) -> None:
        """Wait until the card is in a column."""
        expect(self.page.locator(f"#column-{status} #card-{task.key}")).to_be_attached()

    def expect_order(self, status: str, keys: list[str]) -> None:
        """Wait until a column shows exactly these cards from the top."""
        cards = self.page.locator(f"#column-{status} .card")
        expect(cards).to_have_count(len(keys))
        for place, key in enumerate(keys):
            expect(cards.nth(place)).to_have_attribute("data-key", key)

    def expect_count(self, status: str, count: int) -> None:
        """Wait until a column's head counts this many."""
        expect(self.page.locator(f"#column-{status} .column-count")).to_have_text(str(count))

    def pick_up(self, task: Task) -> None:
        """Press on the card and begin to pull."""
        box = self._box_of(task)
        self.page.mouse.move(box["x"] + 60, box["y"] + 24)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 68, box["y"] + 30, steps=4)

    def _box_of(self, task: Task) -> Any:
        """Where the card is. An event may be drawing it anew this moment: then it has no place for an instant."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while (box := self.card(task).bounding_box()) is None:
            assert time.monotonic() < until, f"{task.key} is nowhere"
            self.page.wait_for_timeout(20)
        return box

    def carry_to(self, status: str, below: float = 24) -> None:
        """Pull what is held over a column, `below` pixels under its top."""
        box = self.page.locator(f"#column-{status} .cards").bounding_box()
        assert box
        self.page.mouse.move(box["x"] + 100, box["y"] + below + 4, steps=10)
        self.page.mouse.move(box["x"] + 102, box["y"] + below, steps=3)

    def drag(self, task: Task, status: str, below: float = 24) -> None:
        """Pick up, carry, drop."""
        self.pick_up(task)
        self.carry_to(status, below)
        self.page.mouse.up()

    def toast(self, text: str) -> Any:
        """Wait for a toast that says this."""
        found = self.page.locator("#toasts .toast", has_text=text)
        expect(found).to_be_visible()
        return found
