"""What the OpenAPI document says of answers. Answers are built by `representation`; a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from missioncontrol.kernel.api.schema import Described, ProblemField, listed
from tasks.api.bodies import ChecklistBody, DeliverableBody, WorkPlanBody
from tasks.filter_grammar import LANES
from tasks.models import ActorKinds, Autonomy, BlockCause, Mode, Role, Source, TaskType, Workflow
from tasks.workflow import Status


class SomebodyAnswer(Described):
    """An agent, by its slug, or a person, by the user name."""

    kind = serializers.ChoiceField(choices=["agent", "user"])
    slug = serializers.CharField()
    name = serializers.CharField()


class AuthorAnswer(Described):
    """Who made it."""

    kind = serializers.ChoiceField(choices=ActorKinds.choices)
    name = serializers.CharField()


class LeaseAnswer(Described):
    """The right to work on a task for a limited time."""

    token = serializers.IntegerField(help_text="Grows by one with every lease of the task.")
    expires_at = serializers.DateTimeField()


class UndoAnswer(Described):
    """How to take a change back, and how long that is possible."""

    change = serializers.UUIDField()
    until = serializers.DateTimeField()
    seconds = serializers.IntegerField(help_text="How long the server waits, from the change on.")


class SubtasksAnswer(Described):
    """How many subtasks there are, canceled ones left out."""

    total = serializers.IntegerField()
    done = serializers.IntegerField()


class TaskNamed(Described):
    """A task in few words."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)


class TaskLine(Described):
    """A task as lists show it."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    number = serializers.IntegerField()
    project = serializers.CharField(help_text="The project's slug.")
    title = serializers.CharField()
    type = serializers.ChoiceField(choices=TaskType.choices)
    priority = serializers.IntegerField(allow_null=True, min_value=1, max_value=4)
    status = serializers.ChoiceField(choices=Status.choices)
    status_since = serializers.DateTimeField()
    position = serializers.IntegerField()
    labels = serializers.ListField(child=serializers.CharField())
    required_skills = serializers.ListField(child=serializers.CharField())
    assignees = SomebodyAnswer(many=True)
    holder = serializers.CharField(allow_null=True, help_text="The agent that holds the lease.")
    lease = LeaseAnswer(allow_null=True, help_text="To its holder only.")
    reviewer = SomebodyAnswer(allow_null=True)
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    depends_on = serializers.ListField(child=serializers.CharField())
    open_dependencies = serializers.IntegerField()
    dependency_flag = serializers.CharField()
    subtasks = SubtasksAnswer()
    due_at = serializers.DateTimeField(allow_null=True)
    progress = serializers.IntegerField(min_value=0, max_value=100)
    progress_note = serializers.CharField()
    estimate_minutes = serializers.IntegerField(allow_null=True)
    actual_cost = serializers.DecimalField(max_digits=12, decimal_places=4)
    budget = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)
    review_cycles = serializers.IntegerField()
    blocked_reason = serializers.CharField()
    blocked_by = serializers.CharField()
    block_cause = serializers.ChoiceField(choices=BlockCause.choices)
    message_count = serializers.IntegerField()
    abandoned_attempts = serializers.IntegerField()
    external_chat_id = serializers.CharField()
    external_thread_id = serializers.CharField()
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]
    source_ref = serializers.CharField()
    created_by = AuthorAnswer()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class TaskAnswer(TaskLine):
    """A task in full."""

    description = serializers.CharField()
    work_plan = WorkPlanBody(allow_null=True)
    deliverable = DeliverableBody(allow_null=True)
    checklist = ChecklistBody(allow_null=True)
    allowed_transitions = serializers.ListField(
        child=serializers.ChoiceField(choices=Status.choices),
        help_text="The statuses the caller could move it to now.",
    )


class ChangedTaskAnswer(TaskAnswer):
    """A task in full after a change."""

    undo = UndoAnswer(
        required=False, allow_null=True, help_text="After a change that was asked to be `undoable`."
    )


class MissingAnswer(Described):
    """One requirement that is not met."""

    field = serializers.CharField()
    message = serializers.CharField()


class DryRunAnswer(Described):
    """What a step would need and do."""

    allowed = serializers.BooleanField()
    missing = MissingAnswer(many=True)
    effects = serializers.ListField(child=serializers.CharField())
    refusal = serializers.CharField(help_text="Why it would be refused whatever is sent along, or empty.")
    code = serializers.CharField()


class DependencyAnswer(TaskNamed):
    """A task that is waited for."""


class ProjectAnswer(Described):
    """A project and its settings."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    key_prefix = serializers.CharField()
    workflow = serializers.ChoiceField(choices=Workflow.choices)
    autonomy = serializers.ChoiceField(choices=Autonomy.choices)
    auto_triage = serializers.BooleanField()
    agents_may_close = serializers.BooleanField()
    done_needs_approval = serializers.BooleanField()
    lease_s = serializers.IntegerField()
    abandon_limit = serializers.IntegerField()
    auto_approve_after_s = serializers.IntegerField()
    wip_limits = serializers.DictField(child=serializers.IntegerField())
    loop_limits = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    timezone = serializers.CharField()
    mode = serializers.ChoiceField(choices=Mode.choices)
    mode_reason = serializers.CharField()
    mode_set_by = serializers.CharField()
    mode_since = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class MemberAnswer(Described):
    """A person and the role."""

    user = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)


class LabelAnswer(Described):
    """A label and how many tasks carry it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    tasks = serializers.IntegerField()
    open_tasks = serializers.IntegerField(help_text="Of these, the ones that are not finished.")


class LabelReachAnswer(LabelAnswer):
    """A label and what a change of it would touch."""

    views = serializers.IntegerField(help_text="Saved views that filter by it.")


class ViewAnswer(Described):
    """A saved view of the board."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    query = serializers.CharField(help_text="In the language of the board's search field.")
    lane = serializers.ChoiceField(
        choices=LANES, allow_blank=True, help_text="What makes its lanes, if anything."
    )
    shared = serializers.BooleanField(help_text="Whether everybody in the project has it.")
    owner = serializers.CharField(help_text="The user name.")
    may_change = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class BulkRow(Described):
    """What became of one card of a bulk change."""

    task = serializers.CharField(help_text="As it was named.")
    ok = serializers.BooleanField()
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    version = serializers.IntegerField(required=False)
    undo = UndoAnswer(required=False, allow_null=True)
    code = serializers.CharField(required=False, help_text="Why it was refused, one word.")
    detail = serializers.CharField(required=False)
    errors = ProblemField(many=True, required=False)  # type: ignore[assignment]


class BulkAnswer(Described):
    """A bulk change, card by card."""

    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = BulkRow(many=True)


class ProlongedAnswer(Described):
    """How long the changes can be undone now; null when none of them can any more."""

    until = serializers.DateTimeField(allow_null=True)


class StatusAnswer(Described):
    """One column of the board."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    closed = serializers.BooleanField()


class RequirementAnswer(Described):
    """What an edge needs."""

    name = serializers.CharField()
    text = serializers.CharField()
    gate = serializers.BooleanField(help_text="Applies in guarded projects only.")
    sendable = serializers.BooleanField(help_text="Can be sent along with the step.")


class EdgeAnswer(Described):
    """One step of the workflow."""

    to = serializers.CharField()
    actors = serializers.ListField(
        child=serializers.CharField(), help_text="A agent, H person or service, S system."
    )
    requirements = RequirementAnswer(many=True)

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that Python allows."""
        return {"from": serializers.CharField(), **super().get_fields()}


class WorkflowAnswer(Described):
    """The transition table."""

    statuses = StatusAnswer(many=True)
    edges = EdgeAnswer(many=True)


TASKS = listed(TaskLine)
PROJECTS = listed(ProjectAnswer)
MEMBERS = listed(MemberAnswer)
VIEWS = listed(ViewAnswer)
LABELS = listed(LabelAnswer)
DEPENDENCIES = listed(DependencyAnswer)
