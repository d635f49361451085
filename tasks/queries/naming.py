"""Names for a new project that nobody has yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import count

from django.utils.text import slugify

from tasks.models import Project

MAX_SLUG = 60


def is_slug_taken(slug: str) -> bool:
    """Whether a project, an archived one too, stands at this address."""
    return Project.objects.filter(slug=slug).exists()


def is_prefix_taken(prefix: str) -> bool:
    """Whether the keys of another project's tasks begin like this."""
    return Project.objects.filter(key_prefix=prefix).exists()


def free_slug(name: str) -> str:
    """An address made of the name."""
    wanted = slugify(name.replace("_", "-"))[: MAX_SLUG - 5].strip("-") or "project"
    taken = set(Project.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    return next(one for one in _numbered(wanted, "-") if one not in taken)


def free_prefix(name: str) -> str:
    """The letters that keys begin with: the initials of several words, or how the one word begins."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = re.findall(r"[A-Z][A-Z0-9]*", plain)
    wanted = "".join(word[0] for word in words)[:4] if len(words) > 1 else "".join(words)[:4]
    wanted = wanted or "PRJ"
    taken = set(Project.objects.filter(key_prefix__startswith=wanted).values_list("key_prefix", flat=True))
    return next(one for one in _numbered(wanted, "") if one not in taken)


def _numbered(wanted: str, between: str) -> Iterator[str]:
    yield wanted
    for number in count(2):
        yield f"{wanted}{between}{number}"
