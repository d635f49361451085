"""The full-text index, kept by database triggers: whatever writes a row, in bulk or one by one, indexes it.

PostgreSQL keeps two `tsvector` columns beside `tasks_searchdoc`: the words of titles, and all words. SQLite keeps two
FTS5 tables without content whose rowids are the ids of `tasks_searchdoc`, with the project as a word of its own. Text
is folded alike: lower case, without accents, cut at punctuation.
"""

# ruff: noqa: S608 - the statements are made of the constants of this module and of `Source`
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

DOCS = "tasks_searchdoc"
TITLES = "tasks_searchtitle"
TEXT = "tasks_searchtext"
SEPARATORS = r"\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\xbf\u2000-\u206f\u3000-\u303f"
"""What ends a word, as the inside of a character class that PostgreSQL and Python both read."""

MARKS = r"\u0300-\u036f"
MOST_CHARACTERS = 100_000
"""How much of one text PostgreSQL indexes: a tsvector may take a megabyte, and a write must never fail for it."""

Execute = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Source:
    """A table whose rows can be found. `gone` is a column that is set once a row shall be found no more."""

    kind: str
    table: str
    title: Sequence[str]
    body: Sequence[str]
    task: str = ""
    gone: str = ""

    @property
    def columns(self) -> list[str]:
        """The columns a change of which is a change of the index."""
        return [*self.title, *self.body, "project_id", *([self.gone] if self.gone else [])]


TASKS = Source("task", "tasks_task", title=("title",), body=("description",), task="id")
MESSAGES = Source("message", "tasks_message", title=(), body=("content",), task="task_id", gone="deleted_at")


def create(vendor: str, execute: Execute) -> None:
    """Make what the index is kept in, beside the table of `SearchDoc`."""
    for statement in _CREATE[vendor]:
        execute(statement)


def drop(vendor: str, execute: Execute) -> None:
    """Undo `create`."""
    for statement in _DROP[vendor]:
        execute(statement)


def connect(vendor: str, execute: Execute, source: Source) -> None:
    """Install the triggers of a table and index the rows it has, oldest first; doing it again begins anew."""
    disconnect(vendor, execute, source)
    statements = _sqlite(source) if vendor == "sqlite" else _postgresql(source)
    for statement in statements:
        execute(statement)


def disconnect(vendor: str, execute: Execute, source: Source) -> None:
    """Remove the triggers of a table; what was indexed stays until it is connected again."""
    if vendor == "sqlite":
        for event in ("added", "changed", "removed"):
            execute(f"DROP TRIGGER IF EXISTS search_{source.kind}_{event}")
    else:
        execute(f"DROP FUNCTION IF EXISTS search_{source.kind}() CASCADE")


def keep(connection: Any, source: Source) -> None:
    """Install triggers that are missing: SQLite loses a table's when a migration makes the table anew.

    The table is indexed again then, for nobody knows what was written in between.
    """
    if connection.vendor != "sqlite" or DOCS not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        trigger = f"search_{source.kind}_changed"
        cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = %s", [trigger])
        if cursor.fetchone() is None:
            connect(connection.vendor, cursor.execute, source)


def _text(columns: Sequence[str], row: str) -> str:
    dot = f"{row}." if row else ""
    return " || ' ' || ".join(f"COALESCE(CAST({dot}{column} AS text), '')" for column in columns) or "''"


def _task(source: Source, row: str) -> str:
    dot = f"{row}." if row else ""
    return f"{dot}{source.task}" if source.task else "NULL"


def _changed(source: Source, differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in source.columns)


def _sqlite(source: Source) -> list[str]:
    kind, table = source.kind, source.table
    there = f"NEW.{source.gone} IS NULL" if source.gone else "1"
    unindex = "".join(
        f"""
        INSERT INTO {index} ({index}, rowid, words, home)
        SELECT 'delete', id, {words}, 'p' || OLD.project_id FROM {DOCS} WHERE ref = OLD.id;"""
        for index, words in _words(source, "OLD").items()
    )
    index = f"""
        INSERT INTO {DOCS} (kind, ref, project_id, task_id)
        SELECT '{kind}', NEW.id, NEW.project_id, {_task(source, "NEW")}
        WHERE {there} AND NOT EXISTS (SELECT 1 FROM {DOCS} WHERE ref = NEW.id);""" + "".join(
        f"""
        INSERT INTO {index} (rowid, words, home)
        SELECT id, {words}, 'p' || NEW.project_id FROM {DOCS} WHERE ref = NEW.id;"""
        for index, words in _words(source, "NEW").items()
    )
    begin = f"CREATE TRIGGER search_{kind}"
    return [
        f"{begin}_added AFTER INSERT ON {table} BEGIN {index} END",
        f"""{begin}_changed AFTER UPDATE OF {", ".join(source.columns)} ON {table}
        WHEN {_changed(source, "IS NOT")}
        BEGIN {unindex} DELETE FROM {DOCS} WHERE ref = NEW.id AND NOT ({there}); {index} END""",
        f"{begin}_removed AFTER DELETE ON {table} BEGIN {unindex} DELETE FROM {DOCS} WHERE ref = OLD.id; END",
        *_sqlite_fill(source),
    ]


def _words(source: Source, row: str) -> dict[str, str]:
    """What goes into each index of SQLite: the title, where there is one, and everything."""
    title = {TITLES: _text(source.title, row)} if source.title else {}
    return {**title, TEXT: _text([*source.title, *source.body], row)}


def _sqlite_fill(source: Source) -> list[str]:
    """Rows that are indexed already are taken for stale: their words stay behind, under ids that are not used again."""
    there = f"{source.gone} IS NULL" if source.gone else "1"
    return [
        f"DELETE FROM {DOCS} WHERE kind = '{source.kind}'",
        f"""INSERT INTO {DOCS} (kind, ref, project_id, task_id)
        SELECT '{source.kind}', id, project_id, {_task(source, "")} FROM {source.table}
        WHERE {there} ORDER BY created_at, id""",
        *(
            f"""INSERT INTO {index} (rowid, words, home)
            SELECT doc.id, {words}, 'p' || origin.project_id FROM {DOCS} doc
            JOIN {source.table} origin ON origin.id = doc.ref WHERE doc.kind = '{source.kind}' ORDER BY doc.id"""
            for index, words in _words(source, "origin").items()
        ),
    ]


def _postgresql(source: Source) -> list[str]:
    kind, table = source.kind, source.table
    gone = f"NEW.{source.gone} IS NOT NULL" if source.gone else "false"
    there = f"WHERE {source.gone} IS NULL" if source.gone else ""

    def put(row: str) -> str:
        title, body = _text(source.title, row), _text(source.body, row)
        dot = f"{row}."
        return f"tasks_search_put('{kind}', {dot}id, {dot}project_id, {_task(source, row)}, {title}, {body})"

    return [
        f"""
        CREATE FUNCTION search_{kind}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                DELETE FROM {DOCS} WHERE ref = OLD.id;
            ELSIF {gone} THEN
                DELETE FROM {DOCS} WHERE ref = NEW.id;
            ELSE
                PERFORM {put("NEW")};
            END IF;
            RETURN NULL;
        END
        $$
        """,
        f"CREATE TRIGGER search_{kind}_kept AFTER INSERT OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION search_{kind}()",
        f"CREATE TRIGGER search_{kind}_changed AFTER UPDATE OF {', '.join(source.columns)} ON {table} "
        f"FOR EACH ROW WHEN ({_changed(source, 'IS DISTINCT FROM')}) EXECUTE FUNCTION search_{kind}()",
        f"DELETE FROM {DOCS} WHERE kind = '{kind}'",
        f"SELECT {put('origin')} FROM (SELECT * FROM {table} {there} ORDER BY created_at, id) origin",
    ]


_CREATE: dict[str, list[str]] = {
    "sqlite": [
        f"""CREATE VIRTUAL TABLE {index} USING fts5(
        words, home, content='', prefix='2 3', tokenize='unicode61 remove_diacritics 2')"""
        for index in (TITLES, TEXT)
    ],
    "postgresql": [
        f"ALTER TABLE {DOCS} ADD COLUMN title_words tsvector, ADD COLUMN words tsvector",
        f"CREATE INDEX search_title_words ON {DOCS} USING gin (title_words)",
        f"CREATE INDEX search_words ON {DOCS} USING gin (words)",
        f"""
        CREATE FUNCTION tasks_search_folded(said text) RETURNS tsvector LANGUAGE sql STABLE AS $$
            SELECT to_tsvector('simple'::regconfig, left(regexp_replace(regexp_replace(
                normalize(lower(said), NFKD), '[{MARKS}]', '', 'g'), '[{SEPARATORS}]+', ' ', 'g'),
                {MOST_CHARACTERS}))
        $$
        """,
        f"""
        CREATE FUNCTION tasks_search_put(kind text, ref uuid, project uuid, task uuid, title text, body text)
        RETURNS void LANGUAGE sql AS $$
            INSERT INTO {DOCS} (kind, ref, project_id, task_id, title_words, words)
            VALUES (kind, ref, project, task, tasks_search_folded(title),
                    tasks_search_folded(title || ' ' || body))
            ON CONFLICT (ref) DO UPDATE SET title_words = excluded.title_words, words = excluded.words,
                project_id = excluded.project_id, task_id = excluded.task_id
        $$
        """,
    ],
}
_DROP: dict[str, list[str]] = {
    "sqlite": [f"DROP TABLE IF EXISTS {TITLES}", f"DROP TABLE IF EXISTS {TEXT}"],
    "postgresql": [
        "DROP FUNCTION IF EXISTS tasks_search_put(text, uuid, uuid, uuid, text, text)",
        "DROP FUNCTION IF EXISTS tasks_search_folded(text)",
        f"ALTER TABLE {DOCS} DROP COLUMN title_words, DROP COLUMN words",
    ],
}
