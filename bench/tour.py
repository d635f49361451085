"""The first walk of somebody who has just started Mission Control, played in Chromium: what `docs/tour.md` tells.

`python -m bench tour` starts a fresh server with its demo project, walks, writes the pictures into `docs/images/tour/`
and prints how long each step took. Keys are typed and buttons pressed at the pace of a person, who looks before each
press; that part is told beside the whole. The agent is played with curl, with the lines that the page offers to copy.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.board import chromium
from bench.harness import ROOT, Place, place, server

PICTURES = ROOT / "docs" / "images" / "tour"
SIZE = {"width": 1440, "height": 900}
KEY_S, LOOK_S, SETTLE_MS = 0.12, 1.0, 500
QUALITY = 80
BACKLOG = """\
Summary,Description,Status,Priority,Tags
Say in the README how to back up,"Name the command, and show how a restore is checked.",To do,Medium,docs
Show the queue's length on the status page,"Read it from the metrics, once a minute.",To do,High,status
Retry a payment that timed out,"Once, after a minute, with the same idempotency key.",To do,Highest,payments
Sort the invoice list by due date,"The oldest first; keep what a person chose.",To do,Medium,payments
Find out why the nightly export is late,"It began on Monday. Compare the sizes of the files.",To do,Low,export
"""


@dataclass
class Walk:
    """One person at one browser, and the clock beside them. Seconds, without those that pictures take."""

    page: Any
    home: Path
    steps: list[tuple[str, float, float]] = field(default_factory=list)
    acting: float = 0.0
    aside: float = 0.0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Time what happens inside, and how much of it was typing and looking."""
        acting, aside, began = self.acting, self.aside, time.monotonic()
        yield
        took = time.monotonic() - began - (self.aside - aside)
        self.steps.append((title, took, self.acting - acting))
        print(
            f"  {title:<20} {took:>6.1f} s, of it typing and looking {self.acting - acting:.1f} s", flush=True
        )

    def look(self, seconds: float = LOOK_S) -> None:
        """Read what is there."""
        self.page.wait_for_timeout(seconds * 1000)
        self.acting += seconds

    def press(self, stop: Any) -> None:
        """Look, and click."""
        self.look()
        stop.click()

    def button(self, name: str) -> None:
        """Press the button with this name."""
        self.press(self.page.get_by_role("button", name=name, exact=True).first)

    def link(self, name: str) -> None:
        """Follow the link with this name."""
        self.press(self.page.get_by_role("link", name=name).first)

    def write(self, text: str) -> None:
        """Type at the pace of a person."""
        self.page.keyboard.type(text, delay=KEY_S * 1000)
        self.acting += KEY_S * len(text)

    def live(self) -> None:
        """Wait until the board is live."""
        self.page.wait_for_selector("body[data-ready] #live[data-live=live]")

    def picture(self, name: str, theme: str = "light") -> None:
        """Write what is on the screen."""
        began = time.monotonic()
        self.page.emulate_media(color_scheme=theme)
        self.page.wait_for_timeout(SETTLE_MS)
        camera = self.page.context.new_cdp_session(self.page)
        shot = camera.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        (PICTURES / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
        self.page.emulate_media(color_scheme="light")
        self.aside += time.monotonic() - began

    def copied(self, title: str) -> str:
        """The text under a title, by its button and the clipboard."""
        self.press(self.page.get_by_role("button", name=f"Copy: {title}", exact=True).first)
        self.page.get_by_text("Copied", exact=True).first.wait_for()
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def shell(self, line: str) -> Any:
        """Run a line in a terminal whose home folder is this walk's; what it printed, as JSON."""
        self.look()
        variables = {**os.environ, "HOME": str(self.home)}
        told = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=variables, check=True)
        answer = json.loads(told.stdout or "null")
        if answer and "next_action" in answer:
            raise RuntimeError(f"refused: {told.stdout}")
        return answer


def main() -> int:
    """Start, walk, tell the times."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with place() as where, chromium() as browser:
        began = time.monotonic()
        with server(where) as url:
            print(
                f"The server was up after {time.monotonic() - began:.1f} s, with an empty database at the start."
            )
            context = browser.new_context(base_url=url, viewport=SIZE, color_scheme="light")
            context.set_default_timeout(10_000)
            context.grant_permissions(["clipboard-read", "clipboard-write"])
            walk = Walk(context.new_page(), where.folder)
            tour(walk, where, url)
    whole, acting = (sum(step[at] for step in walk.steps) for at in (1, 2))
    print(f"  {'In all':<20} {whole:>6.1f} s, of it typing and looking {acting:.1f} s")
    return 0


def tour(walk: Walk, where: Place, url: str) -> None:
    """Every step of the walk, in order."""
    with walk.step("Sign in"):
        sign_in(walk, where)
    with walk.step("Make a project"):
        make_project(walk)
    with walk.step("Import a backlog"):
        import_backlog(walk)
    with walk.step("Make an agent"):
        lines = make_agent(walk)
    with walk.step("Watch it work"):
        watch(walk, lines, url)
    with walk.step("Move a card, undo it"):
        move_and_undo(walk)
    with walk.step("Find things"):
        find(walk)


def sign_in(walk: Walk, where: Place) -> None:
    """Open the link that the start printed."""
    log = next(where.folder.glob("server-*.log")).read_text()
    found = re.search(r"http://\S+/sign-in/\S+", log)
    assert found, "the start printed no link"
    walk.page.goto(found[0])
    walk.button("Sign in")
    walk.live()
    walk.picture("1-board")


def make_project(walk: Walk) -> None:
    """A project of one's own, from the menu of projects."""
    walk.press(walk.page.locator(".switcher"))
    walk.link("New project")
    walk.write("Harbour")
    walk.look()
    walk.picture("2-new-project")
    walk.button("Create it and import tasks")


def import_backlog(walk: Walk) -> None:
    """A table from a file; it is looked at before anything is written."""
    sheet = {"name": "backlog.csv", "mimeType": "text/csv", "buffer": BACKLOG.encode()}
    walk.look(2.0)
    walk.page.get_by_label("File", exact=True).set_input_files([sheet])
    walk.button("Send and look at it")
    walk.button("Read the file")
    walk.page.get_by_role("button", name="Import 5 tasks").wait_for()
    walk.picture("3-import")
    walk.button("Import 5 tasks")
    walk.link("Open the board")
    walk.live()


def make_agent(walk: Walk) -> dict[str, str]:
    """An agent with its key; the lines that connect it, as they were copied."""
    walk.link("Agents")
    walk.button("New agent")
    walk.write("Scout")
    walk.button("Make the agent")
    keep = walk.copied("Keep the key in a file that only you can read")
    walk.picture("4-agent")
    walk.press(walk.page.locator("dialog summary", has_text="Shell"))
    lines = {"keep": keep, "claim": walk.copied("Claim the next task"), "hand in": walk.copied("Hand it in")}
    lines["plan"] = walk.copied("Plan and start it")
    walk.button("I have kept it")
    return lines


def watch(walk: Walk, lines: dict[str, str], url: str) -> None:
    """The agent works in a terminal, and the board shows each step by itself."""
    walk.link("Board")
    walk.live()
    subprocess.run(["bash", "-c", lines["keep"]], env={**os.environ, "HOME": str(walk.home)}, check=True)
    post, _, _ = lines["claim"].partition(" http")
    walk.shell(f'{post} {url}/api/v1/agent/heartbeat -d \'{{"health": "working"}}\'')
    key = walk.shell(lines["claim"])["task"]["key"]
    card = walk.page.locator(f"#card-{key}")
    walk.page.locator("#column-assigned").locator(card).wait_for()
    walk.shell(lines["plan"].replace("KEY-1", key))
    told = {"progress": 50, "progress_note": "Half of it is done, the tests come next."}
    walk.shell(f"{post} -X PATCH {url}/api/v1/tasks/{key} -d '{json.dumps(told)}'")
    card.get_by_text("Half of it is done").wait_for()
    walk.picture("5-working", "dark")
    walk.shell(f"TASK={key}\n{lines['hand in']}")
    walk.page.locator("#column-review").locator(card).wait_for()
    walk.picture("6-review")


def move_and_undo(walk: Walk) -> None:
    """A card is dragged to another column, and comes back."""
    mouse = walk.page.mouse
    card = walk.page.locator("#column-ready .card").first
    start, target = card.bounding_box(), walk.page.locator("#column-inbox .cards").bounding_box()
    walk.look()
    mouse.move(start["x"] + 90, start["y"] + 20)
    mouse.down()
    mouse.move(target["x"] + 90, target["y"] + 30, steps=30)
    walk.picture("7-drag")
    mouse.up()
    walk.page.get_by_role("button", name="Undo", exact=True).wait_for()
    walk.picture("8-undo")
    walk.button("Undo")
    walk.page.get_by_text("is as it was").first.wait_for()


def find(walk: Walk) -> None:
    """The search page by its keys, then the palette."""
    walk.look()
    walk.page.keyboard.press("g")
    walk.page.keyboard.press("/")
    walk.page.wait_for_url("**/search")
    walk.page.wait_for_selector("body[data-ready]")
    walk.write("export")
    walk.page.locator(".hit").first.wait_for()
    walk.picture("9-search")
    walk.page.keyboard.press("Control+k")
    walk.page.get_by_role("combobox", name="Find and do").wait_for()
    walk.write("payment")
    walk.page.locator('#palette [aria-selected="true"]', has_text="payment").wait_for()
    walk.picture("10-palette", "dark")
    walk.page.keyboard.press("Enter")
    walk.page.locator("#drawer-title").wait_for()
    walk.picture("11-task")


if __name__ == "__main__":
    sys.exit(main())
