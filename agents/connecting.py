"""The lines that connect a program to Mission Control as one of its agents, ready to be copied.

The key is written into a file that only its owner can read, and read from there: it is in no address, in no list of
processes and in no environment that a tool might hide or hand on.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

KEY_PLACE = "PASTE-THE-KEY-HERE"
"""Stands where the key goes; a page that has just been shown one puts it there."""

PROMPT = "Claim your next task in Mission Control, do it, and hand it in."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to copy: what it does, and the text."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Way:
    """How one program is connected, after the key is kept."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """The agent that is connected. `api` is the address of the API, without a slash at its end."""

    api: str
    project: str
    agent: str

    @property
    def file(self) -> str:
        """Where the key is kept, as a shell understands it."""
        return f"~/.mission-control/{self.project}-{self.agent}.conf"

    @property
    def curl(self) -> str:
        """The beginning of every call."""
        return f"curl -sSK {self.file}"


def keeping(who: Identity) -> tuple[Step, ...]:
    """What comes first for every program: keep the key, and see that it lets in."""
    header = f"""printf 'header = "Authorization: Bearer %s"\\n' '{KEY_PLACE}'"""
    keep = f"mkdir -p ~/.mission-control\n(umask 077 && {header} > {who.file})"
    return (
        Step("Keep the key in a file that only you can read", keep),
        Step("See that it lets you in", f"{who.curl} {who.api}/agent/me"),
    )


def ways(who: Identity) -> tuple[Way, ...]:
    """Every program whose connection is known, and a plain shell."""
    return (
        Way("Claude Code", (_file("CLAUDE.md", who), _claude())),
        Way("Codex", (_file("AGENTS.md", who), _codex())),
        Way("Cursor", (_cursor(who), Step("Ask its agent", PROMPT))),
        Way("OpenClaw", (_openclaw(who), _say_to_openclaw())),
        Way("Shell", shell(who)),
    )


def shell(who: Identity) -> tuple[Step, ...]:
    """One task from claim to review by hand."""
    post = _post(who)
    plan = '{"to": "in_progress", "work_plan": {"bullets": ["Read it", "Change it", "Check it"]}}'
    hand_in = (
        '{"to": "review", "deliverable": {"summary": "What was done."}, '
        '"checklist": {"items": [{"label": "Checked", "checked": true}]}}'
    )
    return (
        Step("Claim the next task", f"{post} {who.api}/agent/claim -d '{{}}'"),
        Step("Plan and start it", f"TASK=KEY-1\n{post} {who.api}/tasks/$TASK/transition -d '{plan}'"),
        Step("Hand it in", f"{post} {who.api}/tasks/$TASK/transition -d '{hand_in}'"),
    )


def instructions(who: Identity) -> str:
    """What an agent has to know, as Markdown."""
    claim, plan, hand_in = (indent(step.text, "    ") for step in shell(who))
    told = '{"type": "progress", "content": "What is done, what is next."}'
    progress = indent(f"{_post(who)} {who.api}/tasks/$TASK/messages -d '{told}'", "    ")
    beat = indent(f"""{_post(who)} {who.api}/agent/heartbeat -d '{{"health": "working"}}'""", "    ")
    return f"""# Mission Control

You are the agent `{who.agent}` of the project `{who.project}`. Your work is given out by Mission Control. The file
{who.file} holds your key: never print it, never copy it.

Claim a task. Status 204 means that there is none; otherwise the answer holds it under `task`, with its key:

{claim}

Before you begin, send a plan of 3 to 6 bullets, with the task's key in the place of KEY-1:

{plan}

While you work, tell how it goes in the task's thread (`"type": "comment"` asks or answers):

{progress}

When it is done, hand it in with a summary and a checklist whose items are all checked:

{hand_in}

A refusal is JSON: `detail` and `errors` say what is missing, `next_action` what to do. Everything else is described at
{who.api}/docs. Send a heartbeat now and then, and do what its `directives` say:

{beat}
"""


def _post(who: Identity) -> str:
    return f"{who.curl} -H 'Content-Type: application/json' -X POST"


def _file(name: str, who: Identity) -> Step:
    return Step(f"Tell it how, in {name} of the folder it works in", _append(name, instructions(who)))


def _append(path: str, text: str) -> str:
    return f"cat >> {path} <<'END'\n{text}END"


def _claude() -> Step:
    return Step("Start it", f'claude -p "{PROMPT}" --allowedTools "Bash(curl:*)" Read Edit Write')


def _codex() -> Step:
    network = "-c sandbox_workspace_write.network_access=true"
    return Step(
        "Start it, with the network open", f'codex exec --sandbox workspace-write {network} "{PROMPT}"'
    )


def _cursor(who: Identity) -> Step:
    head = "---\ndescription: How to get work from Mission Control and hand it in\nalwaysApply: true\n---\n"
    write = f"cat > .cursor/rules/mission-control.mdc <<'END'\n{head}{instructions(who)}END"
    return Step("Tell it how, with a rule in the folder it works in", f"mkdir -p .cursor/rules\n{write}")


def _openclaw(who: Identity) -> Step:
    folder = "~/.openclaw/workspace/skills/mission-control"
    head = "---\nname: mission-control\ndescription: Get work from Mission Control and hand it in.\n---\n"
    write = f"cat > {folder}/SKILL.md <<'END'\n{head}{instructions(who)}END"
    return Step("Give it a skill", f"mkdir -p {folder}\n{write}")


def _say_to_openclaw() -> Step:
    return Step("Ask it", f'openclaw agent --message "{PROMPT}"')
