"""Markdown from anyone, as HTML that runs nothing: rendered by markdown-it, then sanitised by an allow-list.

Links go to http, https, mailto and addresses of this site only. Pictures are not loaded (that would tell their host
who reads what): they become links. Mentions stay text.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

MAX_LENGTH = 100_000

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}, "td": {"class"}, "th": {"class"}}
# What may scroll by itself is reached with the keyboard too.
_REACHED = {"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}}
_SCHEMES = {"http", "https", "mailto"}
_REL = "noopener noreferrer nofollow"
# The linkifier's cost grows with the number of addresses times the length: past this many they stay text.
_MAX_ADDRESSES = 200
_LANGUAGE = re.compile(r"language-[\w+#.-]{1,40}", re.ASCII)
_ALIGNED = re.compile(r"text-align:(left|center|right)")


def render(text: str) -> SafeString:
    """`text` as safe HTML; past 100,000 characters as it stands, escaped. Remembers what was rendered lately."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    html = _remembered.get(digest)
    if html is None:
        html = _render(text)
        _remembered.put(digest, html)
    return mark_safe(html)  # noqa: S308 - sanitised below


def _render(text: str) -> str:
    if len(text) > MAX_LENGTH:
        return f'<pre tabindex="0">{escape(text)}</pre>'
    parser = _linking if text.count("://") <= _MAX_ADDRESSES else _plain
    return _sanitised(parser.render(text))


def _sanitised(html: str) -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes=_SCHEMES,
        link_rel=_REL,
        set_tag_attribute_values=_REACHED,
    )


def _filtered(tag: str, name: str, value: str) -> str | None:
    """Classes are those of a code block's language and a cell's alignment, nothing else of the page's own."""
    if name != "class":
        return value
    allowed = _LANGUAGE.fullmatch(value) if tag == "code" else value.startswith("align-")
    return value if allowed else None


def _parser(*, linking: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": linking, "xhtmlOut": False})
    parser.enable(["table", "strikethrough"])
    if linking and parser.linkify is not None:
        parser.enable("linkify")
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
        parser.linkify.add("//", None).add("ftp:", None)
    parser.add_render_rule("image", _picture_as_link)
    parser.add_render_rule("th_open", _aligned_by_class)
    parser.add_render_rule("td_open", _aligned_by_class)
    return parser


def _picture_as_link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
) -> str:
    token = tokens[index]
    alternative = renderer.renderInlineAsText(token.children or [], options, env)
    address = str(token.attrGet("src") or "")
    return f'<a href="{escape(address)}">{escape(alternative or address)}</a>'


def _aligned_by_class(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
) -> str:
    """The page's security policy allows no inline style."""
    token = tokens[index]
    found = _ALIGNED.fullmatch(str(token.attrs.pop("style", "")))
    if found is not None:
        token.attrs["class"] = f"align-{found[1]}"
    return renderer.renderToken(tokens, index, options, env)


class _Remembered:
    """The latest renderings, bounded by their length together."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._pages: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: bytes) -> str | None:
        with self._lock:
            if digest in self._pages:
                self._pages.move_to_end(digest)
            return self._pages.get(digest)

    def put(self, digest: bytes, html: str) -> None:
        with self._lock:
            self._size += len(html) - len(self._pages.pop(digest, ""))
            self._pages[digest] = html
            while self._size > self._limit:
                self._size -= len(self._pages.popitem(last=False)[1])


_remembered = _Remembered(limit=8_000_000)
_plain = _parser(linking=False)
_linking = _parser(linking=True)
