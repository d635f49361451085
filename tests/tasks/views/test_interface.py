"""Promises about the files of the interface themselves."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from tasks.templatetags.mc import GLYPHS, ICONS, sprite
from tasks.workflow import Status

BASE = Path(settings.BASE_DIR)
TEMPLATES = sorted((BASE / "templates").rglob("*.html"))
SCRIPTS = sorted((BASE / "static" / "js").rglob("*.js"))
DECLARED = r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)"
EXPORTED = r"(?m)^export (?:async )?(?:function|const|let|class) (\w+)"
STYLES = sorted((BASE / "static" / "css").glob("*.css"))


def test_no_template_carries_a_style_or_a_handler_that_the_policy_would_block() -> None:
    for path in TEMPLATES:
        text = path.read_text()
        assert not re.search(r"""\s(style|on[a-z]+|hx-on[a-z:-]*)=["']""", text), path
        assert not re.search(r"<script(?![^>]*(src=|application/json))", text), path
        assert "<style" not in text, path
        assert "|safe" not in text, path


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in [*TEMPLATES, *SCRIPTS, *STYLES]:
        addresses = set(re.findall(r"https?:[^\s\"')]*", path.read_text())) - {"https:"}
        assert not {one for one in addresses if "www.w3.org" not in one}, path


def test_every_status_has_a_glyph_and_a_colour_in_light_and_dark() -> None:
    tokens = (BASE / "static/css/tokens.css").read_text()
    base = (BASE / "static/css/base.css").read_text()
    for status in Status.values:
        assert status in GLYPHS
        assert f"--st-{status}: light-dark(" in tokens
        assert f'[data-status="{status}"]' in base


def test_every_icon_that_scripts_draw_is_in_the_sprite() -> None:
    drawn = {name for path in SCRIPTS for name in re.findall(r'\bicon\("([a-z-]+)"\)', path.read_text())}

    assert drawn
    assert drawn <= set(ICONS)
    assert all(f'id="i-{name}"' in sprite() for name in ICONS)


def test_every_colour_outside_the_tokens_is_a_token() -> None:
    loose = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(")
    for path in STYLES:
        if path.name != "tokens.css":
            text = re.sub(r"url\([^)]*\)", "", path.read_text())
            assert not loose.search(text), path


def test_vendored_files_are_what_the_list_says() -> None:
    folder = BASE / "static" / "vendor"
    listed = dict(re.findall(r"file +(\S+)\n(?:.*\n)*?sha256 +(\S+)", (folder / "VENDOR.txt").read_text()))
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")}

    assert listed == present


@pytest.mark.parametrize("code", [403, 404, 429, 500])
def test_every_error_page_says_what_to_do(code: int) -> None:
    text = (BASE / f"templates/errors/{code}.html").read_text()

    assert 'href="/"' in text
    assert "{% extends" not in text


def test_every_script_declares_a_name_once_and_imports_what_there_is() -> None:
    exported = {path: set(re.findall(EXPORTED, path.read_text())) for path in SCRIPTS}
    wrong = []
    for path in SCRIPTS:
        text = path.read_text()
        declared = Counter(re.findall(DECLARED, text, re.M) + _imported(text))
        wrong += [f"{path.name} declares {name} twice" for name, times in declared.items() if times > 1]
        for names, source in re.findall(r'^import \{([^}]*)\} from "([^"]+)"', text, re.M):
            there = exported.get((path.parent / source).resolve(), set())
            wrong += [f"{path.name}: no {name} in {source}" for name in _names(names) if name not in there]
    assert wrong == []


def _names(listed: str) -> list[str]:
    return [name.partition(" as ")[0].strip() for name in listed.split(",") if name.strip()]


def _imported(text: str) -> list[str]:
    listed = re.findall(r"^import \{([^}]*)\} from", text, re.M)
    return [
        name.rpartition(" as ")[2].strip() for names in listed for name in names.split(",") if name.strip()
    ]
