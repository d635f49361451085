"""The addresses of claims, relative to `/api/v1/`."""

from django.urls import path

from agents.api.claims import ClaimView, ReleaseView, RenewView, WhyView

urlpatterns = [
    path("agent/claim", ClaimView.as_view(), name="agent-claim"),
    path("tasks/<str:task>/release", ReleaseView.as_view(), name="task-release"),
    path("tasks/<str:task>/renew", RenewView.as_view(), name="task-renew"),
    path("tasks/<str:task>/why", WhyView.as_view(), name="task-why"),
]
