"""The rows of who works, and under what rules."""

from .agents import (
    FLAGS,
    MISSED_BEATS_OFFLINE,
    ActivityEntry,
    Agent,
    AgentDocument,
    AgentDocumentVersion,
    AgentKey,
    AgentSession,
    AgentState,
    DocumentKind,
    Health,
    Level,
    Scope,
    ServiceToken,
)
from .approvals import (
    Alert,
    AlertState,
    Approval,
    ApprovalDecision,
    ApprovalStatus,
    LoopDetection,
    Risk,
    Severity,
)
from .execution import ExecutionRequest, ExecutionStatus
from .oversight import ChainCheck, CheckState
from .requests import RequestState, ResponseRequest

__all__ = [
    "FLAGS",
    "MISSED_BEATS_OFFLINE",
    "ActivityEntry",
    "Agent",
    "AgentDocument",
    "AgentDocumentVersion",
    "AgentKey",
    "AgentSession",
    "AgentState",
    "Alert",
    "AlertState",
    "Approval",
    "ApprovalDecision",
    "ApprovalStatus",
    "ChainCheck",
    "CheckState",
    "DocumentKind",
    "ExecutionRequest",
    "ExecutionStatus",
    "Health",
    "Level",
    "LoopDetection",
    "RequestState",
    "ResponseRequest",
    "Risk",
    "Scope",
    "ServiceToken",
    "Severity",
]
