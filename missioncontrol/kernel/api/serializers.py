"""Fields and serializers that take JSON at its word: no field unknown, no type guessed, no text that cannot
be stored.

The same fields read query strings, where every value arrives as text: `ApiView.query` says so through the
context.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from missioncontrol.kernel import text

MAX_TEXT = 100_000
MAX_LINE = 300
MAX_INTEGER = 2**31 - 1
SLUG = r"^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\Z"


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not know, naming each of them; use it for nested objects too."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated members; raises ValidationError with every unknown and every wrong field at once."""
        unknown = self._unknown(data)
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise ValidationError({**error.detail, **unknown}) from error
            raise
        if unknown:
            raise ValidationError(unknown)
        return value

    def _unknown(self, data: Any) -> dict[str, list[str]]:
        if not isinstance(data, Mapping):
            return {}
        known = {name for name, field in self.fields.items() if not field.read_only}
        return {str(key)[:100]: ["There is no such field here."] for key in data if key not in known}


class FilterSerializer(StrictSerializer):
    """Typed query parameters. `paged` says that `limit`, `cursor` and `ordering` may stand beside them."""

    paged = True


def _from_query(field: serializers.Field[Any, Any, Any, Any]) -> bool:
    return bool(field.context.get("from_query"))


class TextField(serializers.CharField):
    """Text of several lines, by default at most 100,000 characters; white space around it goes, CRLF becomes
    LF.
    """

    default_error_messages = {"type": "Must be a string."}

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", MAX_TEXT)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """The text, cleaned."""
        if not isinstance(data, str):
            self.fail("type")
        return self._cleaned(data)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """DRF looks for blank text before it cleans; here only a string can be blank."""
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("type")
        return super().run_validation(data)

    def _cleaned(self, data: str) -> str:
        try:
            return text.clean_text(data, max_length=self.max_length or MAX_TEXT)
        except text.BadText as error:
            raise ValidationError(str(error)) from error


class LineField(TextField):
    """One visible line, for titles and names; by default at most 300 characters."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", MAX_LINE)
        super().__init__(**options)

    def _cleaned(self, data: str) -> str:
        try:
            return text.clean_line(data, max_length=self.max_length or MAX_LINE)
        except text.BadText as error:
            raise ValidationError(str(error)) from error


class SlugField(serializers.RegexField):
    """Lower-case ASCII letters, digits, hyphens and underscores, beginning and ending with a letter or digit."""

    default_error_messages = {
        "invalid": "Use lower-case letters, digits, hyphens, underscores; begin and end with a letter or digit.",
        "type": "Must be a string.",
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 64)
        super().__init__(SLUG, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Only a string can be a slug."""
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("type")
        return super().run_validation(data)


class IntegerField(serializers.IntegerField):
    """A whole number, written as a number; by default within ±(2^31-1), which every database column holds."""

    default_error_messages = {"type": "Must be a whole number."}

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", -MAX_INTEGER)
        options.setdefault("max_value", MAX_INTEGER)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> int:
        """The number; text is read only from a query string."""
        if isinstance(data, str) and _from_query(self) and data.isascii():
            return super().to_internal_value(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("type")
        return data


class BooleanField(serializers.BooleanField):
    """`true` or `false`; text is read only from a query string."""

    default_error_messages = {"type": "Must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        """The truth value."""
        if _from_query(self):
            return bool(super().to_internal_value(data))
        if not isinstance(data, bool):
            self.fail("type")
        return data


class ChoiceField(serializers.ChoiceField):
    """One of a set of words."""

    default_error_messages = {"type": "Must be a string."}

    def to_internal_value(self, data: Any) -> Any:
        """The word."""
        if not isinstance(data, str):
            self.fail("type")
        return super().to_internal_value(data)


class UUIDField(serializers.UUIDField):
    """A UUID written as text."""

    default_error_messages = {"type": "Must be a string."}

    def to_internal_value(self, data: Any) -> Any:
        """The UUID."""
        if not isinstance(data, str):
            self.fail("type")
        return super().to_internal_value(data)


class InstantField(serializers.DateTimeField):
    """A moment as RFC 3339 text; one without an offset is in UTC."""

    default_error_messages = {"type": "Must be a string with a date and a time."}

    def to_internal_value(self, value: Any) -> Any:
        """The moment, with its time zone."""
        if not isinstance(value, str):
            self.fail("type")
        return super().to_internal_value(value)


class ListField(serializers.ListField):
    """A list of bounded length (by default 200); in a query string the parameter is repeated or comma-
    separated.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 200)
        super().__init__(**options)
