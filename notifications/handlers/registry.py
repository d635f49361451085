"""Which function reacts to which type of event."""

from __future__ import annotations

from collections.abc import Callable

from tasks.models import Event

Handler = Callable[[Event], None]
_handlers: dict[str, Handler] = {}


def handles(*types: str) -> Callable[[Handler], Handler]:
    """Let the decorated function react to events of these types. Raises ValueError when one is taken."""

    def declare(handler: Handler) -> Handler:
        for type_ in types:
            if type_ in _handlers:
                raise ValueError(f"{type_} has a handler")
            _handlers[type_] = handler
        return handler

    return declare


def is_handled(event: Event) -> bool:
    """Whether anything reacts to events of this type."""
    return event.type in _handlers


def handle(event: Event) -> None:
    """Run the event's handler, if there is one."""
    handler = _handlers.get(event.type)
    if handler is not None:
        handler(event)
