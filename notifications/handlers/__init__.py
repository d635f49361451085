"""What each event means for whom: durable reactions, run by the relay."""

from notifications.handlers import alerts, approvals, board, responses, thread
from notifications.handlers.registry import handle, is_handled

__all__ = ["alerts", "approvals", "board", "handle", "is_handled", "responses", "thread"]
