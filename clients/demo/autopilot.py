"""The autopilot: a service that does what people do on the board, so that it flows while nobody is there."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from .script import DOUBTS, VERDICTS, Script
from .voice import Voice
from .wire import Refusal, Stopped, Wire

SEND_BACK, DENY = 0.2, 0.15


class Autopilot(threading.Thread):
    """Keeps work in stock, decides approvals, closes reviews, lifts blocks."""

    def __init__(
        self, project: str, stock: int, wire: Wire, script: Script, pace: float, voice: Voice
    ) -> None:
        super().__init__(name="autopilot", daemon=True)
        self.project, self.stock, self.wire, self.script, self.pace, self.voice = (
            project,
            stock,
            wire,
            script,
            pace,
            voice,
        )
        self.dice = script.dice
        self.sent_back: Counter[str] = Counter()

    def run(self) -> None:
        """Look at the board again and again until stopped."""
        while not self.wire.stop.is_set():
            for look in (self.fill, self._decide, self._close, self._unblock):
                try:
                    look()
                except Stopped:
                    return
                except Refusal as refusal:
                    self._say("hears no", f"{refusal.code or refusal.status}: {refusal}")
            if self.wire.stop.wait(self.pace * 2):
                return

    def fill(self) -> None:
        """Post new tasks until enough wait to be taken."""
        for _ in range(self.stock - len(self._tasks("ready"))):
            idea = self.script.idea()
            task = self.wire.post(
                "/tasks",
                {
                    "project": self.project,
                    "title": idea.title,
                    "description": idea.description,
                    "type": idea.type,
                    "priority": idea.priority,
                },
            )
            self._say("posts", f"{task['key']} “{idea.title}”")

    def _decide(self) -> None:
        waiting = self.wire.get("/approvals", project=self.project, status="pending")["results"]
        for approval in waiting:
            if self.dice.random() < DENY:
                self.wire.post(f"/approvals/{approval['id']}/deny", {"reason": "Not this week, please."})
                self._say("denies", approval["summary"])
            else:
                self.wire.post(f"/approvals/{approval['id']}/approve")
                self._say("approves", approval["summary"])

    def _close(self) -> None:
        for task in self._tasks("review"):
            key = task["key"]
            if self.dice.random() < SEND_BACK and not self.sent_back[key]:
                self.sent_back[key] += 1
                self._send_back(key)
            else:
                self.wire.post(
                    f"/tasks/{key}/transition", {"to": "done", "reason": self.dice.choice(VERDICTS)}
                )
                self._say("closes", key)

    def _send_back(self, key: str) -> None:
        doubt = self.dice.choice(DOUBTS)
        self.wire.post(f"/tasks/{key}/messages", {"type": "comment", "content": doubt})
        self.wire.post(f"/tasks/{key}/transition", {"to": "in_progress", "reason": doubt})
        self._say("sends back", f"{key}: {doubt}")

    def _unblock(self) -> None:
        for task in self._tasks("blocked"):
            if task.get("block_cause") == "dependencies":
                continue  # it is lifted by itself when they are done
            self.wire.post(f"/tasks/{task['key']}/unblock", {"note": "Looked into it: go on."})
            self._say("unblocks", task["key"])

    def _tasks(self, status: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.wire.get("/tasks", project=self.project, status=status, limit=50)[
            "results"
        ]
        return found

    def _say(self, act: str, about: str) -> None:
        self.voice.say("autopilot", act, about)
