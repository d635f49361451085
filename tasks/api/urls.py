"""The board's part of the API, relative to /api/v1/."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.urls import include, path

from tasks.api import assigning, bulk, labels, projects, tasks, undo, views, workflow

urlpatterns: list[Any] = [
    path("projects", projects.ProjectList.as_view(), name="api-projects"),
    path("projects/<str:slug>", projects.ProjectDetail.as_view(), name="api-project"),
    path("projects/<str:slug>/mode", projects.ProjectMode.as_view(), name="api-project-mode"),
    path("projects/<str:slug>/members", projects.MemberList.as_view(), name="api-members"),
    path("projects/<str:slug>/members/<str:username>", projects.MemberDetail.as_view(), name="api-member"),
    path("projects/<str:slug>/views", views.ViewList.as_view(), name="api-views"),
    path("projects/<str:slug>/views/<str:view>", views.ViewDetail.as_view(), name="api-view"),
    path("projects/<str:slug>/labels", labels.LabelList.as_view(), name="api-labels"),
    path("projects/<str:slug>/labels/<str:label>", labels.LabelDetail.as_view(), name="api-label"),
    path("projects/<str:slug>/labels/<str:label>/merge", labels.LabelMerge.as_view(), name="api-label-merge"),
    path("workflow", workflow.WorkflowTable.as_view(), name="api-workflow"),
    path("tasks", tasks.TaskList.as_view(), name="api-tasks"),
    path("tasks/bulk", bulk.TasksBulk.as_view(), name="api-bulk"),
    path("tasks/undo", undo.ChangesUndo.as_view(), name="api-undo-changes"),
    path("tasks/undo/prolong", undo.ChangesProlong.as_view(), name="api-prolong-undo"),
    path("tasks/<str:task>", tasks.TaskDetail.as_view(), name="api-task"),
    path("tasks/<str:task>/subtasks", tasks.SubtaskList.as_view(), name="api-subtasks"),
    path("tasks/<str:task>/transition", workflow.TaskTransition.as_view(), name="api-transition"),
    path("tasks/<str:task>/transition/dry-run", workflow.TaskDryRun.as_view(), name="api-dry-run"),
    path("tasks/<str:task>/status", workflow.TaskStatus.as_view(), name="api-status"),
    path("tasks/<str:task>/block", workflow.TaskBlock.as_view(), name="api-block"),
    path("tasks/<str:task>/unblock", workflow.TaskUnblock.as_view(), name="api-unblock"),
    path("tasks/<str:task>/move", workflow.TaskMove.as_view(), name="api-move"),
    path("tasks/<str:task>/assign", assigning.TaskAssign.as_view(), name="api-assign"),
    path("tasks/<str:task>/reassign", assigning.TaskReassign.as_view(), name="api-reassign"),
    path("tasks/<str:task>/undo", undo.TaskUndo.as_view(), name="api-undo"),
    path("tasks/<str:task>/dependencies", assigning.DependencyList.as_view(), name="api-dependencies"),
]
urlpatterns += [path("", include(module)) for module in ("tasks.api.thread_urls",) if find_spec(module)]
