"""Going round many things when one that fails must not stop the others."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

logger = logging.getLogger("missioncontrol.isolation")


class Isolated:
    """Logs the error of what runs inside and goes on; `error` keeps it. What ends the process still ends it.

    `what` says in the log which thing it was. What runs inside opens its own `unit()`, so that a failure undoes it.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        logger.error("%s failed", self.what, exc_info=error)
        return True
