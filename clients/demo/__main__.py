"""`python -m clients.demo`: simulated agents against a running server, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import signal
import sys
import threading
from collections.abc import Sequence

from .agent import Agent, Habits
from .autopilot import Autopilot
from .script import NAMES, Script
from .voice import Voice
from .wire import Refusal, Stopped, Wire

DEFAULT_URL = f"http://127.0.0.1:{os.environ.get('MC_PORT', '8000')}"
SLUG_PREFIX = "sim-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulation; returns the exit code."""
    options = parse(arguments)
    if not options.token:
        print(
            "No token: set MC_TOKEN to a service token with the scopes read, write, operate and admin.",
            file=sys.stderr,
        )
        return 2
    stop = threading.Event()
    _stop_on_signals(stop)
    try:
        return Simulation(options, stop).run()
    except Refusal as refusal:
        print(_told(refusal), file=sys.stderr)
        return {0: 8, 401: 3, 403: 3, 404: 4}.get(refusal.status, 6)
    except Stopped:
        return 0


def _told(refusal: Refusal) -> str:
    if refusal.status == 0:
        return f"{refusal}. Is the server running (make run)? Another address goes into MC_URL."
    return f"The server refuses: {refusal} {refusal.advice}".rstrip()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, from the command line or the environment."""
    parser = argparse.ArgumentParser(
        prog="clients.demo", description="Simulated agents that keep a board moving."
    )
    given = os.environ.get
    parser.add_argument("--url", default=given("MC_URL", DEFAULT_URL), help="the server (MC_URL)")
    parser.add_argument(
        "--token", default=given("MC_TOKEN", ""), type=token_in, help="service token (MC_TOKEN)"
    )
    parser.add_argument("--project", default=given("MC_PROJECT", "demo"), help="its slug (MC_PROJECT)")
    parser.add_argument("--agents", type=int, default=5, choices=range(1, len(NAMES) + 1), metavar="N")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long; 0 runs until Ctrl-C")
    parser.add_argument("--seed", type=int, default=None, help="repeat the same choices")
    parser.add_argument("--pace", type=float, default=2.0, help="seconds between two acts of an agent")
    parser.add_argument("--crash", type=float, default=Habits.crash, help="chance of a crash per task")
    parser.add_argument(
        "--autopilot",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="post work, decide and close as an operator would",
    )
    return parser.parse_args(arguments)


def token_in(text: str) -> str:
    """The token in `text`, which is the token itself or the JSON answer of `createservicetoken`."""
    text = text.strip()
    if not text.startswith("{"):
        return text
    return str(json.loads(text)["token"])


class Simulation:
    """The agents, the autopilot, and their end."""

    def __init__(
        self, options: argparse.Namespace, stop: threading.Event, voice: Voice | None = None
    ) -> None:
        self.options, self.stop = options, stop
        self.voice = voice or Voice()
        self.seed = options.seed if options.seed is not None else secrets.randbelow(10**6)
        self.admin = self._wire(options.token, "admin")

    def run(self) -> int:
        """Make the agents, let everybody work, and stop in good order."""
        options = self.options
        self.voice.say(
            "demo",
            "starts",
            f"{options.agents} agents on {options.url} in “{options.project}”, seed {self.seed}",
        )
        names = NAMES[: options.agents]
        slugs = [SLUG_PREFIX + slug for slug, _, _ in names]
        team: list[threading.Thread] = []
        for slug, name, emoji in names:
            key = self._enrol(SLUG_PREFIX + slug, name, emoji)
            team.append(self._agent(SLUG_PREFIX + slug, key, slugs))
        if options.autopilot:
            team.append(self._autopilot())
        for member in team:
            member.start()
        self.stop.wait(options.seconds or None)
        self.stop.set()
        for member in team:
            member.join(timeout=5)
        told = ", ".join(f"{act} {count}" for act, count in self.voice.counts.most_common(8))
        self.voice.say("demo", "ends", f"after: {told}")
        return 0

    def _enrol(self, slug: str, name: str, emoji: str) -> str:
        """The key of a new agent, or a fresh one for an agent of an earlier run."""
        try:
            self.admin.get(f"/agents/{slug}", project=self.options.project)
        except Refusal as refusal:
            if refusal.status != 404:
                raise
            made = self.admin.post(
                "/agents", {**self._described(slug, name, emoji), "project": self.options.project}
            )
            self.voice.say("demo", "enrols", slug)
            return str(made["key"])
        return str(self.admin.post(f"/agents/{slug}/keys", {"overlap_s": 0})["key"])

    def _described(self, slug: str, name: str, emoji: str) -> dict[str, object]:
        return {
            "slug": slug,
            "name": f"{name} (simulated)",
            "emoji": emoji,
            "level": "specialist",
            "heartbeat_interval_s": 60,
            "role_text": "A simulated agent: it moves cards, it does no work.",
        }

    def _agent(self, slug: str, key: str, slugs: Sequence[str]) -> Agent:
        dice = random.Random(f"{self.seed}:{slug}")  # noqa: S311 (a simulation, not a secret)
        habits = Habits(pace=self.options.pace, crash=self.options.crash)
        others = [other for other in slugs if other != slug]
        return Agent(slug, self._wire(key, slug), Script(dice), habits, self.voice, others)

    def _autopilot(self) -> Autopilot:
        dice = random.Random(f"{self.seed}:autopilot")  # noqa: S311 (a simulation, not a secret)
        options = self.options
        return Autopilot(
            options.project, options.agents + 2, self.admin, Script(dice), options.pace, self.voice
        )

    def _wire(self, key: str, name: str) -> Wire:
        return Wire(self.options.url, key, self.stop, random.Random(f"{self.seed}:wire:{name}"))  # noqa: S311


def _stop_on_signals(stop: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())


if __name__ == "__main__":
    sys.exit(main())
