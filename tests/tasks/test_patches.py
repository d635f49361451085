"""A pasted diff: cut into its files, whatever their lines look like."""

from __future__ import annotations

import pytest

from missioncontrol.kernel.errors import Refused
from tasks.patches import files_of, lines_of

MODIFIED = """diff --git a/app/copy.py b/app/copy.py
index e32e7f2..a3e1ab4 100644
--- a/app/copy.py
+++ b/app/copy.py
@@ -1,3 +1,3 @@
 a
--- b
-c
++++ d
+c
"""
ADDED = """diff --git a/new.txt b/new.txt
new file mode 100644
--- /dev/null
+++ b/new.txt
@@ -0,0 +1 @@
+here
\\ No newline at end of file
"""
DELETED = "diff --git a/old.txt b/old.txt\ndeleted file mode 100644\n--- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
RENAMED = "diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n"
EMPTY = "diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n"
QUOTED = (
    'diff --git "a/\\303\\274 x.md" "b/\\303\\274 x.md"\n--- "a/\\303\\274 x.md"\n+++ "b/\\303\\274 x.md"\n'
    "@@ -1 +1 @@\n-y\n+z\n"
)
PLAIN = "--- one.txt\t2026-01-01 10:00:00\n+++ one.txt\t2026-01-02 10:00:00\n@@ -1 +1 @@\n-y\n+z\n"


@pytest.mark.parametrize(
    ("patch", "path", "change"),
    [
        (MODIFIED, "app/copy.py", "modify"),
        (ADDED, "new.txt", "add"),
        (DELETED, "old.txt", "delete"),
        (RENAMED, "new", "modify"),
        (EMPTY, "empty", "add"),
        (QUOTED, "ü x.md", "modify"),
        (PLAIN, "one.txt", "modify"),
        (MODIFIED.replace("\n", "\r\n"), "app/copy.py", "modify"),
    ],
)
def test_each_sort_of_change_is_known_by_its_path(patch: str, path: str, change: str) -> None:
    (found,) = files_of(patch)
    assert (found["path"], found["change"]) == (path, change)


def test_several_files_are_told_apart_even_where_their_lines_look_like_heads() -> None:
    found = files_of("Subject: two fixes\n\n" + MODIFIED + ADDED + PLAIN + PLAIN.replace("one", "two"))
    assert [each["path"] for each in found] == ["app/copy.py", "new.txt", "one.txt", "two.txt"]
    assert found[0]["diff"] == MODIFIED.rstrip("\n")
    assert found[1]["diff"].endswith("No newline at end of file")


@pytest.mark.parametrize(
    "text", ["", "Please change line 3", "+added\n-removed", "--- /dev/null\n+++ /dev/null\n"]
)
def test_what_is_no_diff_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(Refused) as refused:
        files_of(text)
    assert refused.value.errors[0].field == "patch"


def test_the_lines_of_a_diff_know_what_they_are() -> None:
    (found,) = files_of(MODIFIED)
    kinds = [line.kind for line in lines_of(found["diff"])]
    assert kinds == ["meta", "meta", "meta", "meta", "hunk", "same", "del", "del", "add", "add"]
    assert [line.kind for line in lines_of("-old\n+new\nsame")] == ["del", "add", "same"]
