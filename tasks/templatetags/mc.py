"""Template tags of every page: icons, status glyphs, priorities, ages and hues."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from zlib import crc32

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide import _render_icon

from missioncontrol.kernel import markdown as kernel_markdown

register = template.Library()

ICONS = {
    "alert": "triangle-alert",
    "ban": "ban",
    "bell": "bell",
    "bot": "bot",
    "check": "check",
    "checks": "list-checks",
    "chevron": "chevron-down",
    "clock": "clock",
    "close": "x",
    "columns": "columns-3",
    "command": "command",
    "dots": "ellipsis",
    "drain": "droplets",
    "copy": "copy",
    "download": "download",
    "document": "file-text",
    "feed": "activity",
    "eye": "eye",
    "flag": "flag",
    "gear": "settings",
    "fold": "chevrons-left-right",
    "info": "info",
    "key": "key-round",
    "inbox": "inbox",
    "link": "link-2",
    "lock": "lock",
    "message": "message-square",
    "moon": "moon",
    "move": "arrow-right-left",
    "pause": "pause",
    "pencil": "pencil",
    "play": "play",
    "plus": "plus",
    "reply": "reply",
    "search": "search",
    "send": "send-horizontal",
    "shield": "shield-alert",
    "square": "square",
    "subtasks": "network",
    "sun": "sun",
    "tag": "tag",
    "theme": "sun-moon",
    "ticked": "square-check",
    "users": "users",
    "trash": "trash-2",
    "upload": "upload",
    "user": "circle-user-round",
    "wait": "hourglass",
    "x-circle": "circle-x",
}

# One drawing per status, so that a status is known by its shape and not by its colour alone.
_RING = '<circle cx="8" cy="8" r="6"/>'
GLYPHS = {
    "inbox": '<circle cx="8" cy="8" r="6" stroke-dasharray="2.1 2.1"/>',
    "ready": _RING,
    "assigned": _RING + '<circle cx="8" cy="8" r="2" class="filled"/>',
    "in_progress": _RING + '<path d="M8 4.6a3.4 3.4 0 0 1 0 6.8z" class="filled"/>',
    "review": _RING + '<path d="M8 8V4.6A3.4 3.4 0 1 1 4.6 8z" class="filled"/>',
    "needs_approval": _RING + '<path d="M8 4.8v3.8M8 11v.1"/>',
    "blocked": _RING + '<path d="M5.2 8h5.6"/>',
    "failed": _RING + '<path d="m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2"/>',
    "done": '<circle cx="8" cy="8" r="6.8" class="filled"/><path d="m5.2 8.2 2 2 3.7-4.2" class="cut"/>',
    "canceled": _RING + '<path d="m4 12 8-8"/>',
}
PRIORITY_NAMES = {1: "Critical", 2: "High", 3: "Normal", 4: "Low", None: "No priority"}
HUES = 7


@register.simple_tag
@cache
def sprite() -> SafeString:
    """Every icon and glyph once, as symbols that `icon` and `glyph` point to."""
    symbols = [_symbol(f"i-{name}", "0 0 24 24", _drawing(source)) for name, source in ICONS.items()]
    symbols += [_symbol(f"s-{name}", "0 0 16 16", drawing) for name, drawing in GLYPHS.items()]
    symbols += [_symbol(f"p-{number}", "0 0 14 14", _priority_drawing(number)) for number in range(5)]
    return mark_safe(f'<svg hidden aria-hidden="true">{"".join(symbols)}</svg>')  # noqa: S308 - constants only


def _symbol(name: str, box: str, drawing: str) -> str:
    return f'<symbol id="{name}" viewBox="{box}">{drawing}</symbol>'


def _drawing(source: str) -> str:
    svg = _render_icon(source, None)
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")].strip()


@register.simple_tag
@cache
def icon(name: str, size: str = "") -> SafeString:
    """The icon called `name`; `size` is "", "s" or "l". Raises KeyError for a name the sprite lacks."""
    _ = ICONS[name]
    extra = f" icon-{size}" if size else ""
    return format_html('<svg class="icon{}" aria-hidden="true"><use href="#i-{}"/></svg>', extra, name)


@register.simple_tag
@cache
def glyph(status: str) -> SafeString:
    """The glyph of a status. Raises KeyError for an unknown status."""
    _ = GLYPHS[status]
    return format_html(
        '<svg class="glyph" data-status="{0}" aria-hidden="true"><use href="#s-{0}"/></svg>', status
    )


@register.simple_tag
@cache
def priority_mark(priority: int | None) -> SafeString:
    """Three bars, as many lit as the task is urgent; critical is a mark of its own."""
    return format_html(
        '<svg class="prio" data-priority="{0}" role="img" aria-label="{1}"><use href="#p-{0}"/></svg>',
        priority or 0,
        PRIORITY_NAMES[priority],
    )


def _priority_drawing(priority: int) -> str:
    if priority == 1:
        return '<rect x="1" y="1" width="12" height="12" rx="3"/><path class="cut" d="M7 3.6v4M7 10v.1"/>'
    lit = {2: 3, 3: 2, 4: 1}.get(priority, 0)
    return "".join(_bar(number, number < lit) for number in range(3))


def _bar(number: int, lit: bool) -> str:
    height = 4 + 3 * number
    off = "" if lit else " data-off"
    return f'<rect x="{1 + 4 * number}" y="{12 - height}" width="3" height="{height}" rx="1"{off}/>'


@register.filter
def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long since `moment` in one unit: 40s, 12m, 3h, 5d, 7w."""
    if moment is None:
        return ""
    return span((now or timezone.now()) - moment)


def span(length: timedelta) -> str:
    """A length of time in its largest whole unit; never negative."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit in ((604_800 * 2, "w"), (86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // (604_800 if unit == 'w' else size)}{unit}"
    return "now" if seconds < 10 else f"{seconds}s"


@register.simple_tag
def since(moment: datetime | None, css: str = "", *, words: bool = False) -> SafeString:
    """A `<time>` that says how long ago, or with `words` so that it ends a sentence: just now, 3m ago.

    The page keeps it true while it is open.
    """
    if moment is None:
        return mark_safe("")
    length = ago(moment)
    return format_html(
        '<time{} datetime="{}" data-ago{}>{}</time>',
        format_html(' class="{}"', css) if css else "",
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        mark_safe('="words"') if words else "",
        ("just now" if length == "now" else f"{length} ago") if words else length,
    )


@register.simple_tag
def until(moment: datetime) -> SafeString:
    """A `<time>` that says how much is left: 12m left. The page keeps it true while it is open."""
    left = moment - timezone.now()
    length = "less than a minute" if left < timedelta(minutes=1) else span(left)
    return format_html(
        '<time datetime="{}" data-until>{} left</time>', moment.strftime("%Y-%m-%dT%H:%M:%SZ"), length
    )


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """A `<time>` in UTC; the page shows it in the viewer's own time zone and keeps the UTC one as its title."""
    if at is None:
        return mark_safe("")
    at = at.astimezone(UTC)
    return format_html(
        '<time datetime="{0}" title="{1}" data-local>{1}</time>',
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{at.day} {at:%b %Y %H:%M} UTC",
    )


@register.filter
def report(text: str) -> SafeString:
    """A task's report as HTML under the page's own title: without its first line, no heading above h2."""
    html = kernel_markdown.render(text.partition("\n")[2])
    return mark_safe(html.replace("<h1>", "<h3>").replace("</h1>", "</h3>"))  # noqa: S308 - sanitised by the kernel


@register.filter
def length_of(seconds: int) -> str:
    """A number of seconds as `span` says it: 30m."""
    return span(timedelta(seconds=seconds))


@register.filter
def hue(text: str) -> int:
    """One of seven hues, always the same for the same text."""
    return crc32(str(text).encode()) % HUES


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown of anyone as safe HTML."""
    return kernel_markdown.render(text or "")


@register.filter
def money(amount: object) -> str:
    """US dollars with as many digits as matter: $0.04, $12.50, $1,240."""
    value = float(str(amount or 0))
    return f"${value:,.2f}" if value < 1000 else f"${value:,.0f}"


@register.simple_tag
def safe_link(url: object, name: object) -> SafeString:
    """A link to the outside, or only its name where the address is not a web address."""
    text = str(name or url or "")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        return format_html("<span>{}</span>", text)
    return format_html('<a class="link" rel="noopener noreferrer nofollow" href="{}">{}</a>', url, text)


@register.filter
def pretty(data: object) -> str:
    """JSON data as indented text."""
    return json.dumps(data, indent=2, ensure_ascii=False, default=str)
