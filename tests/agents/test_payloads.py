"""What a request carries, as the person who decides sees it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.payloads import MOST_FILES, MOST_LINES, Shown, shown


def lines(found: Shown, number: int = 0) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in found.changes[number].lines]


@pytest.mark.parametrize(("old", "new"), [("before", "after"), ("old", "new"), ("from", "to")])
def test_a_pair_of_texts_is_compared_line_by_line(old: str, new: str) -> None:
    found = shown({old: "one\ntwo", new: "one\nthree", "why": "better"})
    assert lines(found)[1:] == [("same", " one"), ("removed", "-two"), ("added", "+three")]
    assert found.rest == {"why": "better"}


def test_values_that_are_no_text_are_compared_as_json() -> None:
    found = shown({"before": {"a": 1, "b": None}, "after": {"b": None, "a": 2}})
    assert ("removed", '-  "a": 1,') in lines(found)
    assert ("added", '+  "a": 2,') in lines(found)
    assert lines(shown({"before": None, "after": "made"}))[1:] == [("added", "+made")]


def test_a_diff_that_the_requester_made_is_coloured_as_it_is() -> None:
    found = shown({"diff": "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z"})
    assert [kind for kind, _ in lines(found)] == ["place", "place", "place", "removed", "added", "same"]


def test_each_file_has_its_own_title_and_too_many_are_told() -> None:
    files = [{"path": f"f{n}.md", "diff": "+x"} for n in range(MOST_FILES + 3)]
    found = shown({"files": files})
    assert [change.title for change in found.changes][:2] == ["f0.md", "f1.md"]
    assert found.rest == {"files not shown": 3}


def test_files_without_changes_stay_as_they_are() -> None:
    payload = {"files": [{"path": "a"}, {"path": "b", "diff": "+x"}]}
    assert shown(payload) == Shown([], payload)


def test_what_is_too_long_is_cut_and_says_so() -> None:
    (change,) = shown({"before": "x\n" * 90_000, "after": "y"}).changes
    assert change.cut and len(change.lines) == MOST_LINES + 1
    (change,) = shown({"patch": "+x\n" * 5_000}).changes
    assert change.cut and len(change.lines) == MOST_LINES


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["before", "after", "old", "new", "diff", "files", "path", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["before", "after", "from", "to", "diff", "patch", "files", "x"]), JSON)
)
def test_any_payload_can_be_shown_and_is_not_changed(payload: dict[str, Any]) -> None:
    kept = repr(payload)
    found = shown(payload)
    assert set(found.rest) - {"files not shown"} <= set(payload)
    assert repr(payload) == kept
