"""Cells that a spreadsheet shows and never runs."""

from __future__ import annotations

import pytest

from missioncontrol.kernel.sheets import csv_lines, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "  =1", "＝1", "|cmd"])
def test_what_begins_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", None, "plain", "a=b", 7, "2026-01-01"])
def test_everything_else_stays_what_it_is(value: object) -> None:
    assert safe_cell(value) == ("" if value is None else str(value))


def test_numbers_stay_numbers_and_quotes_are_quoted() -> None:
    assert list(csv_lines([[-5, "-5", 'a"b', "x,y"]])) == ['-5,\'-5,"a""b","x,y"\r\n']
