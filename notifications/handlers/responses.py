"""Who is asked for an answer."""

from __future__ import annotations

from notifications.handlers.board import task_of
from notifications.handlers.registry import handles
from notifications.queries.recipients import audience
from notifications.services.telling import Telling, tell
from tasks.models import Event


@handles("response.requested")
def tell_the_asked(event: Event) -> None:
    """Everyone who was asked learns by whom and what."""
    task = task_of(event)
    asked = audience(event.data.get("asked"))
    if task is None or not asked:
        return
    question = " ".join(str(event.data.get("excerpt", "")).split())
    summary = f"{event.actor_name} asks you on {task.key}: {question}"
    tell(event, [Telling("response_request", asked, summary)], task=task)
