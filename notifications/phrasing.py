"""Every event in plain words: one table, from the event's type to what is said after the name of who did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.workflow import Status

Data = Mapping[str, Any]

KINDS = {
    "moves": "Moves",
    "tasks": "Tasks",
    "thread": "Thread",
    "approvals": "Approvals",
    "agents": "Agents",
    "alerts": "Alerts",
    "project": "Project",
}
"""The kinds a feed can be narrowed to, in the order they are offered."""


@dataclass(frozen=True, slots=True)
class Said:
    """`before`, then the task the event is about where it is known, then `after`; `detail` is what somebody wrote."""

    before: str
    after: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """How one type of event is told, and the kind it belongs to."""

    kind: str
    tell: Callable[[Data], Said]


def say(type: str, data: Data) -> Said:
    """What an event says. A type this version does not know is told by its own words."""
    phrase = PHRASES.get(type)
    return phrase.tell(data) if phrase else Said(type.replace(".", ": ").replace("_", " "))


def kind_of(type: str) -> str:
    """The kind of a type; what this version does not know belongs to the project."""
    phrase = PHRASES.get(type)
    return phrase.kind if phrase else "project"


def types_of(kind: str) -> list[str]:
    """The types of one kind."""
    return [type for type, phrase in PHRASES.items() if phrase.kind == kind]


def _plain(before: str, after: str = "", detail: str = "") -> Callable[[Data], Said]:
    """Always the same words, with the text under `detail` of the event's data."""
    return lambda data: Said(before, after, _text(data.get(detail)) if detail else "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _side(data: Data, side: str) -> Data:
    value = data.get(side)
    return value if isinstance(value, Mapping) else {}


def _words(value: object) -> str:
    return _text(value).replace("_", " ")


def _listed(names: object) -> str:
    known = [str(name).replace("_", " ") for name in names] if isinstance(names, (list, tuple, dict)) else []
    return known[0] if len(known) == 1 else " and ".join([", ".join(known[:-1]), known[-1]]) if known else ""


def _status(value: object) -> str:
    return dict(Status.choices).get(str(value), _words(value))


def _agent(data: Data) -> str:
    return _text(data.get("name")) or _text(data.get("slug")) or "an agent"


def _transitioned(data: Data) -> Said:
    origin, to = _side(data, "before").get("status"), _side(data, "after").get("status")
    if data.get("undoes"):
        return Said("took", f"back from {_status(origin)} to {_status(to)} by Undo")
    how = " by override" if data.get("override") else ""
    return Said("moved", f"from {_status(origin)} to {_status(to)}{how}", _text(data.get("reason")))


def _assigned(data: Data) -> Said:
    added, removed = _listed(_side(data, "added").get("names")), _listed(_side(data, "removed").get("names"))
    if added and removed:
        return Said("put", f"in the hands of {added}, and took {removed} off")
    return Said("took", f"off {removed}") if removed else Said("assigned", f"to {added or 'nobody'}")


def _updated(data: Data) -> Said:
    fields = _listed(_side(data, "after"))
    return Said(f"changed the {fields} of" if fields else "changed")


def _lease_over(words: str) -> Callable[[Data], Said]:
    return lambda data: Said(words, "", _text(data.get("reason")))


def _reviewed(data: Data) -> Said:
    verb = {
        "praise": "praised",
        "refute": "refuted",
        "approve": "approved",
        "changeset": "proposed changes to",
    }
    return Said(verb.get(_text(data.get("kind")), "reviewed"), "", _text(data.get("excerpt")))


def _answered(data: Data) -> Said:
    state = _words(_side(data, "after").get("state")) or "answered"
    return Said(f"{state} a review of", "", _text(data.get("excerpt")))


def _approval(verb: str) -> Callable[[Data], Said]:
    def tell(data: Data) -> Said:
        summary = _text(data.get("summary")) or _words(data.get("action_type"))
        return Said(
            f"{verb} “{summary}”" + (" for" if data.get("key") else ""), "", _text(data.get("reason"))
        )

    return tell


def _decided(data: Data) -> Said:
    return _approval("approved" if data.get("status") == "approved" else "denied")(data)


def _seconded(data: Data) -> Said:
    said = _approval("approved")(data)
    return Said(
        said.before, f"({data.get('approvals', 1)} of {data.get('needed', 2)} approvals)", said.detail
    )


def _requested(data: Data) -> Said:
    said = _approval(f"asked for {_words(data.get('risk'))} approval of".replace("  ", " "))(data)
    return Said(said.before, said.after)


def _agent_state(data: Data) -> Said:
    after = _side(data, "after").get("state")
    verb = {"active": "resumed", "paused": "paused", "drained": "drained", "quarantined": "quarantined"}
    together = " with all the others" if data.get("with_all") else ""
    return Said(f"{verb.get(str(after), 'changed')} {_agent(data)}{together}", "", _text(data.get("reason")))


def _health(data: Data) -> Said:
    after = _side(data, "after")
    health = _words(after.get("health")) or "something else"
    if after.get("task"):
        return Said(f"reports {health} on", f"({after.get('progress') or 0} %)")
    return Said(f"reports {health}")


def _about_agent(before: str, after: str = "", detail: str = "") -> Callable[[Data], Said]:
    return lambda data: Said(f"{before} {_agent(data)}{after}", "", _text(data.get(detail)) if detail else "")


def _agent_edited(data: Data) -> Said:
    after = _side(data, "after")
    if "removed_at" in after:
        verb = "took out of service" if after["removed_at"] else "brought back"
        return Said(f"{verb} {_agent(data)}")
    return Said(f"changed the {_listed(after)} of {_agent(data)}" if after else f"changed {_agent(data)}")


def _errors(data: Data) -> Said:
    return Said(
        f"counted {data.get('streak', 'several')} errors in a row of {_agent(data)}",
        "",
        _text(data.get("error")),
    )


def _key(verb: str) -> Callable[[Data], Said]:
    return lambda data: Said(f"{verb} the key {_text(data.get('prefix'))} of {_agent(data)}")


def _session(verb: str) -> Callable[[Data], Said]:
    return lambda data: Said(f"{verb} a session of {_agent(data)}")


def _document(data: Data) -> Said:
    names = {"working": "WORKING.md", "daily_note": "the daily note", "session_memory": "the session memory"}
    day = f" of {data['date']}" if data.get("date") else ""
    return Said(
        f"wrote {names.get(str(data.get('kind')), 'a document')}{day} (version {data.get('version', 1)})"
    )


def _execution(data: Data) -> Said:
    status = _words(_side(data, "after").get("status"))
    return Said(f"set the work of {_text(data.get('executor'))} on", f"to {status}")


def _alert(verb: str) -> Callable[[Data], Said]:
    def tell(data: Data) -> Said:
        about = " about" if data.get("task") else ""
        return Said(f"{verb} “{_text(data.get('title'))}”{about}")

    return tell


def _mode(data: Data) -> Said:
    after = _side(data, "after")
    scope = "Mission Control" if data.get("scope") == "global" else "the project"
    return Said(
        f"set {scope} to {_words(after.get('mode')) or 'another mode'}", "", _text(after.get("reason"))
    )


def _restored(data: Data) -> Said:
    backup = _text(_side(data, "after").get("restored_from"))
    return Said(f"restored the project from {f'the backup of {backup}' if backup else 'a backup'}")


def _view(verb: str) -> Callable[[Data], Said]:
    """What somebody did to a saved view; a private one is not named."""

    def said(data: Data) -> Said:
        name = _text(data.get("name"))
        return Said(f"{verb} the view “{name}”" if name else f"{verb} a view of their own")

    return said


def _import(verb: str) -> Callable[[Data], Said]:
    """What became of an import, with how many tasks it brought once it has ended."""

    def said(data: Data) -> Said:
        brought = [f"{data[name]} {name}" for name in ("created", "updated") if data.get(name)]
        about = _text(data.get("filename")) or "a file"
        numbers = f" ({', '.join(brought)})" if brought else ""
        return Said(f"{verb} {about}{numbers}", "", _text(data.get("reason")))

    return said


def _member(data: Data) -> Said:
    role = _words(_side(data, "after").get("role")) or "member"
    return Said(f"made {_text(data.get('name')) or 'somebody'} {'an' if role[:1] in 'aeiou' else 'a'} {role}")


def _renamed(data: Data) -> Said:
    name = _text(_side(data, "after").get("shown_name"))
    return Said(f"is called {name} now" if name else "has another name now")


def _settings(data: Data) -> Said:
    fields = _listed(_side(data, "after"))
    return Said(f"changed the project's {fields}" if fields else "changed the project")


def _token(verb: str) -> Callable[[Data], Said]:
    return lambda data: Said(f"{verb} the service token “{_text(data.get('name'))}”")


def _label(before: str, after: str = "") -> Callable[[Data], Said]:
    """What somebody did to a label, with how many tasks it changed."""

    def said(data: Data) -> Said:
        old, new = _text(_side(data, "before").get("name")), _text(_side(data, "after").get("name"))
        words = f"{before} the label “{old or new}”" + (f" {after} “{new}”" if after else "")
        count = data.get("tasks")
        on = f" on {count} {'task' if count == 1 else 'tasks'}" if isinstance(count, int) and count else ""
        return Said(words + on)

    return said


def _checked(data: Data) -> Said:
    after = _side(data, "after")
    broken = _side(after, "broken")
    if after.get("ok"):
        return Said(f"found the history whole: {after.get('checked', 0)} events hold")
    return Said(
        f"found the history broken at event {broken.get('seq', 'unknown')}", "", _text(broken.get("what"))
    )


PHRASES: dict[str, Phrase] = {
    "task.transitioned": Phrase("moves", _transitioned),
    "task.claimed": Phrase("moves", _plain("claimed")),
    "task.released": Phrase("moves", _plain("gave", "back", detail="handover")),
    "task.lease_granted": Phrase("moves", _plain("took up", "again")),
    "task.lease_expired": Phrase("moves", _lease_over("ended a lease that ran out on")),
    "task.lease_ended": Phrase("moves", _lease_over("ended the lease on")),
    "task.created": Phrase("tasks", _plain("created")),
    "task.imported": Phrase("tasks", _plain("imported")),
    "task.updated": Phrase("tasks", _updated),
    "task.undone": Phrase("tasks", _plain("undid a change to")),
    "task.moved": Phrase("tasks", _plain("changed the place of", "in its column")),
    "task.assigned": Phrase("tasks", _assigned),
    "task.dependency_added": Phrase(
        "tasks", lambda d: Said("made", f"wait for {_text(d.get('depends_on'))}")
    ),
    "task.dependency_removed": Phrase(
        "tasks", lambda d: Said("no longer lets", f"wait for {_text(d.get('depends_on'))}")
    ),
    "task.dependency_canceled": Phrase(
        "tasks", lambda d: Said("flagged", f"because {_text(d.get('depends_on'))} was canceled")
    ),
    "message.posted": Phrase("thread", _plain("wrote on", detail="excerpt")),
    "message.edited": Phrase("thread", _plain("edited a message on", detail="excerpt")),
    "message.deleted": Phrase("thread", _plain("deleted a message on")),
    "review.created": Phrase("thread", _reviewed),
    "review.responded": Phrase("thread", _answered),
    "response.requested": Phrase("thread", _plain("asked for an answer on", detail="excerpt")),
    "approval.requested": Phrase("approvals", _requested),
    "approval.seconded": Phrase("approvals", _seconded),
    "approval.decided": Phrase("approvals", _decided),
    "approval.canceled": Phrase("approvals", _approval("took back the request for")),
    "approval.reinstated": Phrase("approvals", _approval("undid the taking back of")),
    "approval.expired": Phrase("approvals", _approval("let expire")),
    "approval.escalated": Phrase("approvals", _approval("reminds that nobody has decided")),
    "approval.grant_used": Phrase("approvals", _approval("used the approval of")),
    "agent.created": Phrase("agents", _about_agent("registered")),
    "agent.updated": Phrase("agents", _agent_edited),
    "agent.state_changed": Phrase("agents", _agent_state),
    "agent.health_changed": Phrase("agents", _health),
    "agent.online": Phrase("agents", _plain("is back")),
    "agent.offline": Phrase("agents", _about_agent("lost touch with", ": three heartbeats are missing")),
    "agent.error_streak": Phrase("agents", _errors),
    "agent.key_created": Phrase("agents", _key("made")),
    "agent.key_revoked": Phrase("agents", _key("revoked")),
    "agent.session_opened": Phrase("agents", _session("opened")),
    "agent.session_ended": Phrase("agents", _session("ended")),
    "agent.document_written": Phrase("agents", _document),
    "execution.requested": Phrase("agents", lambda d: Said(f"asked {_text(d.get('executor'))} to work on")),
    "execution.claimed": Phrase("agents", _plain("took over the work on")),
    "execution.updated": Phrase("agents", _execution),
    "alert.raised": Phrase("alerts", _alert("raised the alert")),
    "alert.acknowledged": Phrase("alerts", _alert("took note of")),
    "alert.resolved": Phrase("alerts", _alert("resolved")),
    "loop.detected": Phrase("alerts", lambda d: Said("stopped a loop on", f"({_words(d.get('kind'))})")),
    "project.created": Phrase("project", _plain("created the project")),
    "project.updated": Phrase("project", _settings),
    "project.mode_changed": Phrase("project", _mode),
    "project.archived": Phrase("project", _plain("archived the project")),
    "project.unarchived": Phrase("project", _plain("opened the project again")),
    "project.restored": Phrase("project", _restored),
    "import.started": Phrase("project", _import("started to import")),
    "import.finished": Phrase("project", _import("finished importing")),
    "import.failed": Phrase("project", _import("could not go on importing")),
    "import.canceled": Phrase("project", _import("called off importing")),
    "view.saved": Phrase("project", _view("saved")),
    "view.changed": Phrase("project", _view("changed")),
    "view.deleted": Phrase("project", _view("deleted")),
    "project.member_set": Phrase("project", _member),
    "project.member_removed": Phrase(
        "project", lambda d: Said(f"took {_text(d.get('name'))} out of the project")
    ),
    "person.renamed": Phrase("project", _renamed),
    "project.history_pruned": Phrase("project", _plain("removed old history, as retention says")),
    "label.created": Phrase("project", _label("made")),
    "label.renamed": Phrase("project", _label("renamed", "to")),
    "label.merged": Phrase("project", _label("merged", "into")),
    "label.deleted": Phrase("project", _label("deleted")),
    "audit.check_requested": Phrase("project", _plain("asked for a check of the history")),
    "audit.checked": Phrase("project", _checked),
    "service_token.created": Phrase("project", _token("made")),
    "service_token.revoked": Phrase("project", _token("revoked")),
}
