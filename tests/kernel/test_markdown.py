"""Markdown from anyone is shown well, runs nothing and costs little."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from missioncontrol.kernel.markdown import MAX_LENGTH, render

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


class Seen(HTMLParser):
    """Every tag and attribute that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Seen(html).tags:
        assert tag in TAGS
        assert set(attributes) <= {"href", "title", "rel", "class", "start", "tabindex"}
        assert attributes.get("tabindex", "0") == "0"
        address = (attributes.get("href") or "").strip().lower()
        assert not re.match(r"[a-z][a-z0-9+.-]*:", address) or address.startswith(
            ("http:", "https:", "mailto:")
        )


HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://tracker.example/p.png)",
    '![x"onload="alert(1)](y)',
    '[x](y "a\\" onclick=alert(1) b=\\"")',
    '```"onclick=alert(1)\nx\n```',
    "```js onclick=x\nx\n```",
    '<a href="x" style="position:fixed">x</a>',
    "<svg/onload=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "[a]: javascript:alert(1)\n\n[a]",
    "<style>*{display:none}</style>",
    "|<td onclick=x>|\n|-|\n|`<b>`|",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_runs_nothing(text: str) -> None:
    assert_harmless(render(text))


@given(st.text(alphabet="<>[]()!*_`~|-#&;:\"'/\\= \n\tjavascript:onclick.a1", max_size=300))
def test_no_text_becomes_anything_but_harmless_html(text: str) -> None:
    assert_harmless(render(text))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>"),
        ('@ada and @"Ada B" <me>', '<p>@ada and @"Ada B" &lt;me&gt;</p>'),
        ("mail a@b.example, www.b.example", "<p>mail a@b.example, www.b.example</p>"),
        ("```python\nx < y\n```", '<pre tabindex="0"><code class="language-python">x &lt; y\n</code></pre>'),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("//b.example ftp://b.example", "<p>//b.example ftp://b.example</p>"),
        ("", ""),
    ],
)
def test_it_renders_as_expected(text: str, html: str) -> None:
    assert render(text).strip() == html


def test_links_go_out_without_a_trace_and_pictures_are_links() -> None:
    rel = 'rel="noopener noreferrer nofollow"'
    assert render("https://b.example/?a=1") == (
        f'<p><a href="https://b.example/?a=1" {rel}>https://b.example/?a=1</a></p>\n'
    )
    assert render("![a plot](https://b.example/p.png)") == (
        f'<p><a href="https://b.example/p.png" {rel}>a plot</a></p>\n'
    )
    assert f'<a href="/tasks/PRJ-1" {rel}>here</a>' in render("[here](/tasks/PRJ-1)")


def test_a_table_is_aligned_by_class_not_style() -> None:
    html = render("|a|b|\n|:-:|-:|\n|1|2|")
    assert '<td class="align-center">1</td>' in html
    assert '<td class="align-right">2</td>' in html


def test_too_long_a_text_is_shown_as_it_stands() -> None:
    html = render("<b>" + "x" * MAX_LENGTH)
    assert html.startswith('<pre tabindex="0">&lt;b&gt;x')


def test_the_same_text_is_rendered_once() -> None:
    text = "*a* " * 20_000
    render(text)
    started = time.perf_counter()
    assert "<em>" in render(text)
    assert time.perf_counter() - started < 0.05


@pytest.mark.parametrize(
    "piece",
    ["[", "![", ">", "> ", "*", "*a ", "*_", "**a", "`a", "<", "- ", "://", "http://a.b ", "|a", "[a](", "&"],
)
def test_malice_of_full_length_costs_seconds_not_minutes(piece: str) -> None:
    text = (piece * MAX_LENGTH)[:MAX_LENGTH]
    started = time.perf_counter()
    render(text)
    assert time.perf_counter() - started < 15


def test_the_deepest_emphasis_neither_fails_nor_overflows() -> None:
    assert_harmless(render("*_" * 25_000 + "a" + "_*" * 24_000))
