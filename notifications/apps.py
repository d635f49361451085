"""The notifications app: everything that reacts and reaches out."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Joins the app to the event stream and to signing out."""

    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Register what listens."""
        from django.contrib.auth.signals import user_logged_out

        from notifications.jobs import relay_soon
        from notifications.live import nudge
        from notifications.services import heartbeat, inbox, telling
        from tasks.events import on_events

        heartbeat.register()
        on_events(nudge.hint_events)
        on_events(relay_soon)
        telling.on_told(nudge.hint_told)
        inbox.on_read(nudge.hint_read)
        user_logged_out.connect(_signed_out, dispatch_uid="notifications.signed_out")


def _signed_out(*, request: Any, **_: Any) -> None:
    from notifications.live.nudge import hint_signed_out

    session = getattr(request, "session", None)
    if session is not None and session.session_key:
        hint_signed_out(session.session_key)
