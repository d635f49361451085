"""What was said on tasks: messages with their versions, reviews, who is named and who follows."""

from __future__ import annotations

from django.contrib import admin

from missioncontrol.kernel.admin import BY, HouseRows, ReadOnlyInline
from tasks.models import Mention, Message, MessageVersion, Review, Subscription


class VersionInline(ReadOnlyInline):
    """What a message said before."""

    model = MessageVersion
    fields = ["version", "content", *BY, "at"]


class MentionInline(ReadOnlyInline):
    """Who is named in a message."""

    model = Mention
    fields = ["agent", "user"]


@admin.register(Message)
class MessageAdmin(HouseRows):
    """Threads, with everything that was said before an edit."""

    list_display = ["task", "type", *BY, "__str__", "created_at", "edited_at", "deleted_at"]
    list_filter = ["type", "actor_kind", "project"]
    search_fields = ["task__key", "content", "actor_name"]
    list_select_related = ["task"]
    date_hierarchy = "created_at"
    inlines = [VersionInline, MentionInline]


@admin.register(MessageVersion)
class MessageVersionAdmin(HouseRows):
    """Earlier versions, append-only."""

    list_display = ["message", "version", *BY, "at"]
    list_filter = ["actor_kind"]
    search_fields = ["message__task__key", "content"]
    list_select_related = ["message"]
    date_hierarchy = "at"


@admin.register(Review)
class ReviewAdmin(HouseRows):
    """Peer reviews."""

    list_display = ["task", "kind", "state", "score", "severity", *BY, "created_at"]
    list_filter = ["kind", "state", "severity", "project"]
    search_fields = ["task__key", "content", "actor_name"]
    list_select_related = ["task"]
    date_hierarchy = "created_at"


@admin.register(Subscription)
class SubscriptionAdmin(HouseRows):
    """Who follows which thread."""

    list_display = ["task", "agent", "user", "muted", "created_at"]
    list_filter = ["muted"]
    search_fields = ["task__key", "agent__slug", "user__username"]
    list_select_related = ["task", "agent", "user"]
    date_hierarchy = "created_at"


@admin.register(Mention)
class MentionAdmin(HouseRows):
    """Who was named where."""

    list_display = ["message", "agent", "user"]
    list_filter = ["message__project", ("agent", admin.EmptyFieldListFilter)]
    search_fields = ["agent__slug", "user__username"]
    list_select_related = ["message", "agent", "user"]
