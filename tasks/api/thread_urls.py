"""The thread's part of the API, relative to /api/v1/."""

from __future__ import annotations

from django.urls import path

from tasks.api import messages, reviews, subscriptions, timeline

urlpatterns = [
    path("tasks/<str:task>/messages", messages.MessageList.as_view(), name="api-messages"),
    path("messages/<str:message>", messages.MessageDetail.as_view(), name="api-message"),
    path("messages/<str:message>/versions", messages.MessageVersions.as_view(), name="api-message-versions"),
    path("tasks/<str:task>/reviews", reviews.ReviewList.as_view(), name="api-reviews"),
    path("reviews/<str:review>/respond", reviews.ReviewResponse.as_view(), name="api-review-respond"),
    path("tasks/<str:task>/history", timeline.TaskHistory.as_view(), name="api-history"),
    path("tasks/<str:task>/timeline", timeline.TaskTimeline.as_view(), name="api-timeline"),
    path("tasks/<str:task>/report", timeline.TaskReport.as_view(), name="api-report"),
    path("tasks/<str:task>/subscription", subscriptions.TaskSubscription.as_view(), name="api-subscription"),
]
