"""One simulated agent: it beats, claims, plans, reports, asks, hands in, and now and then crashes and comes back."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from .script import Script
from .voice import Voice
from .wire import Refusal, Stopped, Wire

LEASE_S = 60
WAIT_S = 5
OPEN = frozenset({"assigned", "in_progress"})


@dataclass(frozen=True)
class Habits:
    """How quick and how reliable an agent is; the chances are per task. `pace` is seconds between two acts."""

    pace: float = 2.0
    ask: float = 0.2
    mention: float = 0.4
    crash: float = 0.1
    release: float = 0.07
    patience_s: float = 120.0


class Crash(Exception):
    """The agent's process would be gone now."""


class Agent(threading.Thread):
    """A thread that lives an agent's life until the wire stops it."""

    def __init__(
        self, slug: str, wire: Wire, script: Script, habits: Habits, voice: Voice, others: list[str]
    ) -> None:
        super().__init__(name=slug, daemon=True)
        self.slug, self.wire, self.script, self.habits, self.voice = slug, wire, script, habits, voice
        self.others = others
        self.dice = script.dice

    def run(self) -> None:
        """Work until stopped; whatever the server refuses, say so and go on."""
        while not self.wire.stop.is_set():
            try:
                self._turn()
            except Stopped:
                return
            except Crash:
                self._stay_away()
            except Refusal as refusal:
                self._take_no(refusal)

    def _turn(self) -> None:
        beat = self._beat("idle")
        if self._is_halted(beat):
            self.wire.pause(self.habits.pace * 3)
            return
        mine = next((task for task in beat.get("tasks", []) if self._is_mine(task)), None)
        if mine is not None:
            self._say("resumes", f"{mine['key']} at {mine.get('progress', 0)} %")
            self._work(mine)
            return
        claimed = self.wire.post("/agent/claim", {"wait_s": WAIT_S, "lease_s": LEASE_S})
        if claimed is not None:
            task = claimed["task"]
            self._say("claims", f"{task['key']} “{task['title']}”")
            self._work(task)

    def _is_mine(self, task: dict[str, Any]) -> bool:
        """Whether the task is in hand, and no other agent's hand."""
        return task["status"] in OPEN and task.get("holder") in (None, self.slug)

    def _work(self, task: dict[str, Any]) -> None:
        key = task["key"]
        if task["status"] == "assigned":
            self._rest()
            task = self._step(key, "in_progress", work_plan=self.script.plan())
            self._say("plans", f"{key} in {len(task['work_plan']['bullets'])} steps")
        moods = self._moods()
        for progress in self._stages(task.get("progress") or 0):
            self._rest()
            self._report(key, progress)
            if moods and not self._give_in(moods.pop(), key):
                return
        self._rest()
        self._step(key, "review", **self.script.hand_in(task["title"]))
        self._say("hands in", key)

    def _stages(self, done: int) -> list[int]:
        """Up to three steps of progress beyond what is done, in percent."""
        ahead = range(done + 5, 95, 5)
        return sorted(self.dice.sample(ahead, min(3, len(ahead))))

    def _moods(self) -> list[str]:
        """What will happen on the way, at most one thing per report."""
        habits = self.habits
        chances = {
            "mention": habits.mention,
            "ask": habits.ask,
            "crash": habits.crash,
            "release": habits.release,
        }
        return [mood for mood, chance in chances.items() if self.dice.random() < chance][:3]

    def _give_in(self, mood: str, key: str) -> bool:
        """Act on a mood and say whether the work goes on."""
        if mood == "crash":
            self._say("crashes", f"in the middle of {key}")
            raise Crash
        if mood == "release":
            self.wire.post(f"/tasks/{key}/release", {"handover": self.script.handover()})
            self._say("releases", key)
            return False
        if mood == "ask":
            return self._ask(key)
        self._write(key, "comment", self.script.question(self.others or ["all"]))
        return True

    def _write(self, key: str, kind: str, text: str) -> None:
        self.wire.post(f"/tasks/{key}/messages", {"type": kind, "content": text})
        if kind == "comment":
            self._say("writes", f"on {key}: {text}")

    def _report(self, key: str, progress: int) -> None:
        self.wire.patch(f"/tasks/{key}/status", {"status": "in_progress", "progress": progress})
        if self.dice.random() < 0.5:
            self._write(key, "progress", self.script.note())
        self._beat("working", current_task=key, progress=progress)
        self._say("reports", f"{progress} % of {key}")

    def _ask(self, key: str) -> bool:
        action, summary, justification = self.script.ask()
        asked = {"task": key, "action_type": action, "summary": summary, "risk": "yellow"}
        self.wire.post("/approvals", {**asked, "justification": justification})
        self._say("asks", f"on {key}: {summary}?")
        return self._await_decision(key)

    def _await_decision(self, key: str) -> bool:
        waited = 0.0
        while waited < self.habits.patience_s:
            self._rest()
            waited += self.habits.pace
            task = self.wire.get(f"/tasks/{key}")
            if task["status"] == "in_progress":
                self._say("goes on", f"with {key}, approved")
                return True
            if task["status"] != "needs_approval":
                self._say("stops", f"{key} is {task['status']} now")
                return False
            self._beat("waiting", current_task=key)
        self._say("leaves", f"{key}, nobody decided")
        return False

    def _stay_away(self) -> None:
        try:
            self.wire.pause(self.habits.pace * self.dice.uniform(4, 40))
        except Stopped:
            return
        self._say("comes back", "and asks what is still its own")

    def _beat(self, health: str, **state: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.wire.post("/agent/heartbeat", {"health": health, **state}) or {}
        cursor = answer.get("notifications_cursor")
        if answer.get("notifications") and cursor is not None:
            self.wire.post("/agent/notifications/ack", {"up_to": cursor})
            self._say("reads", _counted(len(answer["notifications"])))
        return answer

    def _is_halted(self, beat: dict[str, Any]) -> bool:
        halts = [
            told
            for told in beat.get("directives", [])
            if told.get("type") in {"pause", "drain", "quarantine"}
        ]
        if halts:
            self._say("waits", f"told to {halts[0]['type']}: {halts[0].get('reason', '')}")
        return bool(halts)

    def _take_no(self, refusal: Refusal) -> None:
        advice = f" ({refusal.advice})" if refusal.advice else ""
        self._say("hears no", f"{refusal.code or refusal.status}: {refusal}{advice}")
        try:
            self.wire.pause(self.habits.pace)
        except Stopped:
            return

    def _step(self, key: str, to: str, **brought: Any) -> dict[str, Any]:
        task: dict[str, Any] = self.wire.post(f"/tasks/{key}/transition", {"to": to, **brought})
        return task

    def _rest(self) -> None:
        self.wire.pause(self.habits.pace * self.dice.uniform(0.5, 1.5))

    def _say(self, act: str, about: str = "") -> None:
        self.voice.say(self.slug, act, about)


def _counted(notifications: int) -> str:
    return f"{notifications} notification{'' if notifications == 1 else 's'}"
