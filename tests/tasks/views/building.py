"""Boards of any size, written straight into the tables: what is tested is reading them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from agents.models import Agent
from tasks.models import Assignment, Label, Project, Task, User
from tasks.workflow import CLOSED, Status


def fill(project: Project, count: int, user: User, agent: Agent) -> list[Task]:
    """This many tasks over all ten columns, with everything a card can show."""
    now = timezone.now()
    statuses = Status.values
    start = Task.objects.filter(project=project).count()
    tasks = [
        Task(
            project=project,
            number=start + number + 1,
            key=f"{project.key_prefix}-{start + number + 1}",
            title=f"Retry the delivery of hook {number} with back-off, so that a slow receiver loses nothing",
            description="Why and how.",
            status=(status := statuses[number % len(statuses)]),
            priority=number % 4 + 1,
            position=number << 20,
            progress=40,
            progress_note="Writing the second test",
            blocked_reason="The staging key expired" if status == "blocked" else "",
            message_count=3,
            due_at=now - timedelta(days=1),
            completed_at=now if status in CLOSED else None,
        )
        for number in range(count)
    ]
    Task.objects.bulk_create(tasks, batch_size=500)
    names = ("backend", "flaky-test", "launch")
    labels = [Label.objects.get_or_create(project=project, name=name)[0] for name in names]
    through = Task.labels.through
    through.objects.bulk_create(
        [through(task_id=task.pk, label_id=label.pk) for task in tasks for label in labels], batch_size=500
    )
    Assignment.objects.bulk_create([Assignment(task=task, agent=agent) for task in tasks], batch_size=500)
    Assignment.objects.bulk_create([Assignment(task=task, user=user) for task in tasks[::3]], batch_size=500)
    return tasks
