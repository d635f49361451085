"""Service tokens, and checks of the history."""

from __future__ import annotations

from rest_framework import serializers

from agents.models import CheckState, Scope, ServiceToken
from missioncontrol.kernel.api.schema import Described, listed


class TokenLine(serializers.ModelSerializer[ServiceToken]):
    """A service token, known by its prefix."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))

    class Meta:
        model = ServiceToken
        fields = (
            "id", "name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at",
        )  # fmt: skip


class NewTokenAnswer(Described):
    """A token that was just made."""

    token = serializers.CharField(help_text="Shown once.")
    prefix = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class ChainCheckAnswer(Described):
    """The last check of a project's history, and whether one is on its way."""

    state = serializers.ChoiceField(choices=CheckState.choices)
    ok = serializers.BooleanField(allow_null=True, help_text="Null before the first check.")
    finished_at = serializers.DateTimeField(allow_null=True)
    finished_by = serializers.CharField()
    checked = serializers.IntegerField(help_text="How many events were looked at.")
    floor = serializers.IntegerField(help_text="Events up to this number were removed by retention.")
    head = serializers.IntegerField()
    compared = serializers.IntegerField(help_text="How many checkpoints were held against them.")
    broken_seq = serializers.IntegerField(allow_null=True, help_text="The first event that does not hold.")
    broken_what = serializers.CharField()
    notes = serializers.CharField()
    checkpoint_seq = serializers.IntegerField(allow_null=True)
    checkpoint_at = serializers.DateTimeField(allow_null=True)
    file_note = serializers.CharField(help_text="What is wrong with the file of checkpoints, if anything.")


TOKENS = listed(TokenLine)
