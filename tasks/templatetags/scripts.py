"""Scripts told ahead: a page names every module it starts with, so that the browser fetches them side by side."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()
IMPORTED = re.compile(r'^import [^"]*"(\.[^"]+)";', re.MULTILINE)


@register.simple_tag
def modules(*names: str) -> SafeString:
    """Links that fetch these modules ahead, with all they import; what they import only on use is left out."""
    found: dict[str, None] = {}
    for name in names:
        found |= dict.fromkeys(_reached(name) if settings.DEBUG else _remembered(name))
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(one),) for one in found))


def _reached(name: str) -> list[str]:
    """The module and everything it imports, the nearest first."""
    found = [name]
    for one in found:
        found += [each for each in dict.fromkeys(_imports(one)) if each not in found]
    return found


_remembered = lru_cache(maxsize=64)(_reached)


def _imports(name: str) -> list[str]:
    path = finders.find(name)
    text = Path(path).read_text() if isinstance(path, str) else ""
    folder = posixpath.dirname(name)
    return [posixpath.normpath(posixpath.join(folder, source)) for source in IMPORTED.findall(text)]
