"""Following a thread, over HTTP."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.views import ApiView
from tasks.api.thread_shapes import SubscriptionAnswer
from tasks.models import Subscription, Task
from tasks.modes import Act
from tasks.services.access import Need, get_task
from tasks.services.subscriptions import follower, subscribe, unsubscribe


class TaskSubscription(ApiView):
    """GET, PUT and DELETE /tasks/{task}/subscription."""

    @extend_schema(operation_id="get_subscription", responses=SubscriptionAnswer)
    def get(self, request: Request, task: str) -> Response:
        """Whether the caller follows the thread."""
        found = get_task(self.actor, task)
        mine = Subscription.objects.filter(task=found, muted=False, **follower(self.actor))
        return self.respond(_shown(found, mine.exists()))

    @extend_schema(operation_id="subscribe", request=None, responses=SubscriptionAnswer)
    def put(self, request: Request, task: str) -> Response:
        """Follow the thread, also after unsubscribing."""
        found = get_task(self.actor, task, Need.READ, act=Act.MESSAGE)
        subscribe(actor=self.actor, task=found)
        return self.respond(_shown(found, True))

    @extend_schema(operation_id="unsubscribe", request=None, responses={204: None})
    def delete(self, request: Request, task: str) -> Response:
        """Stop following the thread, for good: taking part in it does not bring it back."""
        found = get_task(self.actor, task, Need.READ, act=Act.MESSAGE)
        unsubscribe(actor=self.actor, task=found)
        return self.respond(None, status=204)


def _shown(task: Task, following: bool) -> dict[str, object]:
    return {"task": task.key, "following": following}
