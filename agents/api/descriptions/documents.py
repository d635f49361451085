"""Documents that agents keep."""

from __future__ import annotations

from rest_framework import serializers

from agents.api.descriptions.agents import ByAnswer
from agents.models import DocumentKind
from missioncontrol.kernel.api.schema import Described, listed


class DocumentAnswer(Described):
    """A document as it is now."""

    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    date = serializers.DateField(allow_null=True)
    content = serializers.CharField()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class DocumentVersionLine(Described):
    """What a document said in one version."""

    version = serializers.IntegerField()
    content = serializers.CharField()
    at = serializers.DateTimeField()
    by = ByAnswer()


VERSIONS = listed(DocumentVersionLine)
