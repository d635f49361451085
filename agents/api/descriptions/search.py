"""What a search answers."""

from __future__ import annotations

from rest_framework import serializers

from agents.search_words import KINDS
from missioncontrol.kernel.api.schema import Described, listed

MATCHES = ("key", "title", "text", "event")


class FoundTask(Described):
    """The task that was found, or that what was found belongs to."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    title = serializers.CharField()
    status = serializers.CharField()


class FoundAnswer(Described):
    """One thing found."""

    kind = serializers.ChoiceField(choices=KINDS)
    id = serializers.CharField(help_text="The id; of an event, its number in the project's stream.")
    project = serializers.CharField(help_text="The project's slug.")
    match = serializers.ChoiceField(choices=MATCHES, help_text="What matched, best first.")
    title = serializers.CharField(help_text="Of a message, its task's title; of an event, its type.")
    title_html = serializers.CharField(help_text="The title as safe HTML with the words in `<mark>`.")
    snippet = serializers.CharField(help_text="A piece of the text as safe HTML with the words in `<mark>`.")
    by = serializers.CharField(help_text="Who made or wrote it.")
    at = serializers.DateTimeField()
    url = serializers.CharField(help_text="The address of its page.")
    task = FoundTask(allow_null=True)
    agent = serializers.CharField(allow_null=True, help_text="The slug of the agent that was found.")


class SuggestionAnswer(Described):
    """One way to go on."""

    kind = serializers.ChoiceField(choices=("task", "agent", "label"))
    text = serializers.CharField(help_text="What to show.")
    query = serializers.CharField(help_text="What to search for when it is chosen.")
    key = serializers.CharField(help_text="The task's key; empty for the others.")


class SuggestionsAnswer(Described):
    """Suggestions, best first; at most eight."""

    results = SuggestionAnswer(many=True)


FOUND = listed(FoundAnswer)
