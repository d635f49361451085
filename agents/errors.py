"""The refusals around agents that clients may see, each with its stable code."""

from __future__ import annotations

from missioncontrol.kernel.errors import Conflict


class BoardFull(Conflict):
    """There is work, but a column is at its limit, so none is handed out; `reasons` say which."""

    code, title = "board_full", "The board is full"


class ClaimLost(Conflict):
    """A named task went to somebody else, or cannot be claimed as it is."""

    code, title = "claim_lost", "Not yours to claim"
