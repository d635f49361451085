"""Fields of settings forms: what may be stored, with a sentence for the person where it may not."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from missioncontrol.kernel import text

UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LENGTH = re.compile(r"(\d{1,9})\s*([dhms])", re.ASCII)


def seconds_of(written: str) -> int | None:
    """The seconds that `1h 30m` means, or None where it cannot be read; units are d, h, m and s."""
    found = _LENGTH.findall(written.lower())
    if not found or _LENGTH.sub("", written.lower()).strip():
        return None
    return sum(int(number) * UNITS[unit] for number, unit in found)


def written_as(seconds: int) -> str:
    """A number of seconds as people write it: `1h 30m`, `0s`."""
    parts = []
    for unit, size in UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


class Line(forms.CharField):
    """One visible line."""

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, widget=forms.TextInput(attrs=_attrs()), **options)

    def to_python(self, value: Any) -> Any:
        """The line, cleaned."""
        try:
            return text.clean_line(value or "", max_length=self.max_length or 300)
        except text.BadText as error:
            raise ValidationError(str(error)) from error


class Paragraphs(forms.CharField):
    """Text of several lines."""

    def __init__(self, *, max_length: int = 100_000, **options: Any) -> None:
        super().__init__(max_length=max_length, widget=forms.Textarea(attrs=_attrs(rows="4")), **options)

    def to_python(self, value: Any) -> Any:
        """The text, cleaned."""
        try:
            return text.clean_text(value or "", max_length=self.max_length or 100_000)
        except text.BadText as error:
            raise ValidationError(str(error)) from error


class Length(forms.CharField):
    """A length of time, in seconds, written like `1h 30m`."""

    def __init__(self, *, least: int, most: int, **options: Any) -> None:
        widget = forms.TextInput(attrs=_attrs(placeholder="30m", maxlength="40"))
        super().__init__(widget=widget, **options)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> Any:
        """The seconds; raises ValidationError for what cannot be read or is out of bounds."""
        seconds = seconds_of(str(value or "")[:40])
        if seconds is None:
            raise ValidationError("Write a length of time like 30m, 1h 30m or 45s.")
        if not self.least <= seconds <= self.most:
            raise ValidationError(f"From {written_as(self.least)} to {written_as(self.most)}.")
        return seconds

    def prepare_value(self, value: Any) -> Any:
        """As it is written; what a person typed stays as typed."""
        return written_as(value) if isinstance(value, int) else value


class Count(forms.IntegerField):
    """A whole number; empty stands for `standard`, or for no limit."""

    def __init__(self, *, least: int, most: int, standard: int | None = None, **options: Any) -> None:
        shown = {"placeholder": str(standard)} if standard is not None else {}
        widget = forms.NumberInput(attrs=_attrs(inputmode="numeric", **shown))
        super().__init__(min_value=least, max_value=most, widget=widget, **options)
        self.unset = "no limit" if standard is None else str(standard)


class Switch(forms.BooleanField):
    """On or off."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)


class Choice(forms.ChoiceField):
    """One of a list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Select(attrs=_attrs()), **options)


class Ways(forms.ChoiceField):
    """One of a few, each with what it means."""

    def __init__(self, *, meanings: dict[str, str], **options: Any) -> None:
        super().__init__(widget=forms.RadioSelect, **options)
        self.meanings = meanings


def _attrs(**more: str) -> dict[str, str]:
    return {"class": "input", "autocomplete": "off", **more}
