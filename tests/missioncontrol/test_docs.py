"""What the pages say about settings is what the settings read."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
READ_ELSEWHERE = {"MC_OPERATOR_PASSWORD", "MC_URL", "MC_TOKEN", "MC_PROJECT"}
NOT_VARIABLES = {"MC_LONG_POLL_PATHS"}


def test_every_setting_is_described_and_every_described_one_exists() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"(MC_\w+)"', (ROOT / "missioncontrol/settings.py").read_text()))
    described = set(re.findall(r"`(MC_[A-Z_]+)", (ROOT / "docs/configuration.md").read_text()))
    assert read <= described
    assert described - NOT_VARIABLES == read | READ_ELSEWHERE


def test_every_check_is_described() -> None:
    checked = set(re.findall(r'"(mc\.[EW]\d+)"', (ROOT / "missioncontrol/checks.py").read_text()))
    described = set(re.findall(r"`(mc\.[EW]\d+)`", (ROOT / "docs/configuration.md").read_text()))
    assert checked == described
