"""How soon the board of 1,000 tasks can be used, what it weighs, and how fast a move shows.

Measured in Chromium on this machine. Interactive: the moment when the board is painted and every script of it has
been set up, counted from the beginning of the navigation, on a processor slowed fourfold, the median of several
visits without a cache. Layout shift as in https://web.dev/articles/cls. Bytes are what the browser got after
decoding, the libraries included. Moves are counted from the click in the menu until the own page, and that of
somebody else, has drawn the card in the other column.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import ground
from bench.harness import Result, at_most, judge

TASKS = 1_000
VISITS = 7
MOVES = 12
SLOWER = 4
SETTLE_MS = 12_000
READY_MS, SHIFT, SCRIPT_KB, STYLE_KB, OWN_MS, OTHERS_MS = 1000.0, 0.02, 120.0, 60.0, 50.0, 200.0
WATCH = """
  window.shift = 0;
  window.shifted = [];
  const told = (node) => (node?.id ? `#${node.id}` : `${node?.nodeName}.${node?.className}`);
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) {
      if (each.hadRecentInput) continue;
      window.shift += each.value;
      window.shifted.push(...each.sources.map(({ node }) => told(node)));
    }
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("DOMContentLoaded", () => {
    const seen = () => { if (document.body.dataset.ready && !window.readyAt) window.readyAt = performance.now(); };
    new MutationObserver(seen).observe(document.body, { attributes: true });
    seen();
  });
"""
WEIGHT = """() => {
  const [page, ...rest] = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const sum = (type) => rest.filter((each) => new URL(each.name).pathname.endsWith(type))
    .reduce((all, each) => all + each.decodedBodySize, 0);
  return { script: sum(".js") / 1024, style: sum(".css") / 1024, page: page.decodedBodySize / 1024 };
}"""
INTERACTIVE = "Math.max(window.readyAt, performance.getEntriesByName('first-contentful-paint')[0].startTime)"
READY, LIVE = "body[data-ready]", "body[data-ready] #live[data-live=live]"
ARRIVES = """({ id, column }) => {
  window.arrived = new Promise((resolve) => {
    const look = () => {
      if (!document.querySelector(`#${column} #${id}`)) return;
      watcher.disconnect();
      requestAnimationFrame(() => resolve(Date.now()));
    };
    const watcher = new MutationObserver(look);
    watcher.observe(document.getElementById("board"), { childList: true, subtree: true });
  });
  addEventListener("click", () => { window.clicked = Date.now(); }, { capture: true, once: true });
}"""


def main() -> int:
    """Fill, visit, move, judge."""
    ground.prepare_environment()
    made = ground.make_ground(tasks=1)
    fill(made)
    print(f"Board, {ground.where()}: {TASKS:,} tasks, load {os.getloadavg()[0]:.1f}")
    with ground.server(), chromium() as browser:
        results = [*visits(browser, made), *moves(browser, made)]
    print(f"  load at the end {os.getloadavg()[0]:.1f}")
    return judge(results)


def fill(made: ground.Ground) -> None:
    """Tasks as a team has them: ready, untriaged, assigned and blocked ones, with labels and agents."""
    from agents.services.registry import create_agent
    from missioncontrol.kernel.actor import Actor
    from tasks.services.tasks import create_task

    system = Actor.system("bench")
    agents = [create_agent(actor=system, project=made.project, slug=f"agent-{n}").agent for n in range(5)]
    for number in range(TASKS - 1):
        told = {"description": "It drips, and has done so since the last storm.", "priority": number % 4 + 1}
        create_task(
            actor=system, project=made.project, title=f"Mend pump {number} before it floods the lower gallery",
            labels=[f"label-{number % 7}"], agents=[agents[number % 5]] if number % 3 == 0 else [],
            **(told if number % 4 else {}),
        )  # fmt: skip


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser, gone afterwards."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def visitor(browser: Any, made: ground.Ground) -> Any:
    """A page of somebody who is signed in, with an empty cache."""
    site = f"http://127.0.0.1:{ground.PORT}"
    context = browser.new_context(base_url=site, viewport={"width": 1440, "height": 900})
    name, _, value = made.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": site}])
    return context.new_page()


def visits(browser: Any, made: ground.Ground) -> list[Result]:
    """Ready, shift and weight, each the median or the worst of several visits."""
    ready, shifts, shifted, weight = [], [], set(), {}
    first = visitor(browser, made)
    first.goto(f"/p/{made.slug}")
    first.wait_for_timeout(SETTLE_MS)  # the relay tells of every task that was just made
    first.context.close()
    for _ in range(VISITS):
        page = visitor(browser, made)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(WATCH)
        page.goto(f"/p/{made.slug}")
        page.locator(READY).wait_for(state="attached")
        page.wait_for_timeout(1500)
        ready.append(page.evaluate(INTERACTIVE))
        shifts.append(page.evaluate("window.shift"))
        shifted |= set(page.evaluate("window.shifted"))
        weight = page.evaluate(WEIGHT)
        page.context.close()
    print("  ready after " + ", ".join(f"{each:.0f}" for each in ready) + " ms")
    print("  shifted: " + (", ".join(sorted(shifted)) or "nothing"))
    return [
        Result("page", weight["page"], "kB"),
        at_most("interactive, median", statistics.median(ready), READY_MS, "ms"),
        at_most("layout shift, worst", max(shifts), SHIFT, ""),
        at_most("script", weight["script"], SCRIPT_KB, "kB"),
        at_most("style", weight["style"], STYLE_KB, "kB"),
    ]


def moves(browser: Any, made: ground.Ground) -> list[Result]:
    """Cards sent from Ready to Inbox with the menu, on two pages at once."""
    mine, theirs = visitor(browser, made), visitor(browser, made)
    for page in (mine, theirs):
        page.goto(f"/p/{made.slug}")
        page.locator(LIVE).wait_for(state="attached")
    times = [_move(mine, theirs) for _ in range(MOVES)][1:]  # the first fetches the menu
    own, others = zip(*times, strict=True)
    print(f"  own {own} ms; another's {others} ms")
    return [
        at_most("a move on the own screen, worst", max(own), OWN_MS, "ms"),
        at_most("a move on another's screen, worst", max(others), OTHERS_MS, "ms"),
    ]


def _move(mine: Any, theirs: Any) -> tuple[int, int]:
    card = mine.locator("#column-ready .card").first
    there = {"id": card.get_attribute("id"), "column": "column-inbox"}
    card.locator(".card-link").focus()
    mine.keyboard.press("m")
    item = mine.locator('#move-menu [data-to="inbox"]')
    item.wait_for()
    for page in (mine, theirs):
        page.evaluate(ARRIVES, there)
    item.click()
    own, others = mine.evaluate("window.arrived"), theirs.evaluate("window.arrived")
    began = mine.evaluate("window.clicked")
    mine.wait_for_timeout(400)
    return own - began, others - began


if __name__ == "__main__":
    sys.exit(main())
