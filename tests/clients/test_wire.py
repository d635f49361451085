"""The simulated agents' way with the server: what is tried again, how, and what is not."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from clients.demo.__main__ import main, token_in
from clients.demo.script import Script
from clients.demo.voice import Voice
from clients.demo.wire import Refusal, Stopped, Wire
from tasks import workflow

Answer = tuple[int, dict[str, str], Any]


class Server(ThreadingHTTPServer):
    """Gives the answers it was told to give, in order, and remembers what it was asked."""

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked = answers, list[tuple[str, str, dict[str, str], Any]]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        status, headers, told = self.server.answers.pop(0)
        content = b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = _answer


@contextmanager
def a_wire(*answers: Answer) -> Iterator[tuple[Wire, Server]]:
    with Server(list(answers)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        wire = Wire(server.url, "mca_key", threading.Event(), random.Random(1))
        with wire:
            yield wire, server
        server.shutdown()


def busy(**problem: Any) -> Answer:
    return 503, {}, {"code": "busy", "retry_after_s": 0.01, **problem}


def test_a_busy_server_is_asked_again_with_the_same_idempotency_key() -> None:
    with a_wire(busy(), (429, {"Retry-After": "0"}, None), (200, {}, {"ok": True})) as (wire, server):
        assert wire.post("/agent/claim", {"wait_s": 1}) == {"ok": True}
    keys = {headers["Idempotency-Key"] for _, _, headers, _ in server.asked}
    assert (len(server.asked), len(keys)) == (3, 1)
    assert {headers["Authorization"] for _, _, headers, _ in server.asked} == {"Bearer mca_key"}
    assert server.asked[0][:2] == ("POST", "/api/v1/agent/claim")


def test_two_calls_carry_two_keys() -> None:
    with a_wire((200, {}, {}), (200, {}, {})) as (wire, server):
        wire.patch("/tasks/A-1/status", {"status": "in_progress"})
        wire.patch("/tasks/A-1/status", {"status": "in_progress"})
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in server.asked}) == 2


def test_a_conflict_is_tried_again_only_when_the_server_says_so() -> None:
    with a_wire((409, {}, {"code": "conflict", "retryable": True}), (200, {}, {})) as (wire, server):
        wire.post("/x")
        assert len(server.asked) == 2
    lost = {"code": "stale_lease", "detail": "Gone.", "retryable": False, "next_action": "Claim again."}
    with a_wire((409, {}, lost)) as (wire, server):
        with pytest.raises(Refusal, match="Gone") as caught:
            wire.post("/x")
        assert (caught.value.code, caught.value.advice) == ("stale_lease", "Claim again.")
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_not_repeated(status: int) -> None:
    with a_wire((status, {}, {"code": "no"})) as (wire, server):
        with pytest.raises(Refusal):
            wire.get("/x")
        assert len(server.asked) == 1


def test_no_content_is_nothing() -> None:
    with a_wire((204, {}, None)) as (wire, _):
        assert wire.post("/agent/claim") is None


def test_a_server_that_is_not_there_is_reported_after_a_few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server([]) as server:
        url = server.url
    wire = Wire(url, "mca_key", threading.Event())
    monkeypatch.setattr(Wire, "pause", lambda self, seconds: None)
    with pytest.raises(Refusal, match="No connection"):
        wire.get("/x")


def test_a_stop_ends_a_wait_at_once() -> None:
    with a_wire((503, {}, {"retry_after_s": 9})) as (wire, _):
        threading.Timer(0.1, wire.stop.set).start()
        with pytest.raises(Stopped):
            wire.get("/x")


def test_the_token_may_be_the_whole_answer_of_the_command() -> None:
    assert token_in(" mcs_abc\n") == "mcs_abc"
    assert token_in('{"token": "mcs_abc", "name": "demo"}') == "mcs_abc"


def test_without_a_token_the_program_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MC_TOKEN", raising=False)
    assert main([]) == 2
    assert "MC_TOKEN" in capsys.readouterr().err


def test_what_agents_bring_passes_every_gate() -> None:
    for seed in range(50):
        script = Script(random.Random(seed))
        brought = script.hand_in("A task")
        assert workflow.check_plan(script.plan()) == []
        assert workflow.check_deliverable(brought["deliverable"]) == []
        assert workflow.check_checklist(brought["checklist"]) == []


def test_the_same_seed_says_the_same() -> None:
    one, other = Script(random.Random(7)), Script(random.Random(7))
    assert [one.idea() for _ in range(20)] == [other.idea() for _ in range(20)]


def test_one_act_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    voice = Voice()
    voice.say("sim-otter", "claims", "GT-1")
    voice.say("sim-otter", "claims", "GT-2")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == [
        "sim-otter   claims GT-1",
        "sim-otter   claims GT-2",
    ]
    assert voice.counts["claims"] == 2
