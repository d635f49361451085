"""The rows of the board."""

from .changes import Change
from .common import ActorKinds, ActorStamped, stamp
from .events import Event, EventStream
from .history import Refusal, Transition
from .imports import Import, ImportedTask, ImportNote, ImportPiece, ImportRow, ImportState, RowResult, Verdict
from .projects import (
    Autonomy,
    Membership,
    Mode,
    ModeFields,
    Project,
    Role,
    SignInLink,
    SystemState,
    TaskCounter,
    User,
    Workflow,
)
from .search import SearchDoc, SearchText, SearchTitle
from .tasks import Assignment, BlockCause, Dependency, Label, Priority, Source, Task, TaskType
from .thread import (
    Mention,
    Message,
    MessageType,
    MessageVersion,
    Review,
    ReviewKind,
    ReviewState,
    Subscription,
)
from .views import SavedView

__all__ = [
    "ActorKinds",
    "ActorStamped",
    "Assignment",
    "Autonomy",
    "BlockCause",
    "Change",
    "Dependency",
    "Event",
    "EventStream",
    "Import",
    "ImportNote",
    "ImportPiece",
    "ImportRow",
    "ImportState",
    "ImportedTask",
    "Label",
    "Membership",
    "Mention",
    "Message",
    "MessageType",
    "MessageVersion",
    "Mode",
    "ModeFields",
    "Priority",
    "Project",
    "Refusal",
    "Review",
    "ReviewKind",
    "ReviewState",
    "Role",
    "RowResult",
    "SavedView",
    "SearchDoc",
    "SearchText",
    "SearchTitle",
    "SignInLink",
    "Source",
    "Subscription",
    "SystemState",
    "Task",
    "TaskCounter",
    "TaskType",
    "Transition",
    "User",
    "Verdict",
    "Workflow",
    "stamp",
]
