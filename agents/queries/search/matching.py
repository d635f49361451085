"""The words of a search in the language of the database's full-text index. Everything is quoted: no word is syntax."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Func, QuerySet, Value

from agents.search_words import Term
from tasks.models import SearchDoc, SearchText, SearchTitle


class _Matches(Func):
    """Whether a row's words match. `index` is a table of SQLite's, `column` a column of PostgreSQL's."""

    output_field = BooleanField()

    def __init__(
        self, query: str, index: type[SearchTitle | SearchText] | None = None, column: str = ""
    ) -> None:
        operator = (
            f"{index._meta.db_table} MATCH %(expressions)s"
            if index
            else f"tasks_searchdoc.{column} @@ to_tsquery('simple', %(expressions)s)"
        )
        super().__init__(Value(query), template=operator)


def with_title(
    terms: Sequence[Term], unwanted: Sequence[Term], projects: Sequence[UUID]
) -> tuple[QuerySet[Any], str]:
    """What has every term in its title, and the path from its rows to `SearchDoc`."""
    if connection.vendor == "sqlite":
        found = SearchTitle.objects.filter(_Matches(_fts5(terms, projects), SearchTitle))
        return _lacking(found, unwanted), "doc__"
    wanted = SearchDoc.objects.filter(_Matches(_all_tsquery(terms), column="title_words"))
    return _without(wanted, unwanted), ""


def with_text(
    terms: Sequence[Term], unwanted: Sequence[Term], projects: Sequence[UUID]
) -> tuple[QuerySet[Any], str]:
    """What has every term in it, but not all of them in its title; anything at all without a term."""
    if connection.vendor == "sqlite":
        return _with_text_in_fts5(terms, unwanted, projects)
    docs = SearchDoc.objects.all()
    if terms:
        query = _all_tsquery(terms)
        docs = docs.filter(_Matches(query, column="words")).exclude(_Matches(query, column="title_words"))
    return _without(docs, unwanted), ""


def _with_text_in_fts5(
    terms: Sequence[Term], unwanted: Sequence[Term], projects: Sequence[UUID]
) -> tuple[QuerySet[Any], str]:
    if not terms:
        return _lacking(SearchDoc.objects.all(), unwanted), ""
    query = _fts5(terms, projects)
    in_title = SearchTitle.objects.filter(_Matches(query, SearchTitle))
    found = SearchText.objects.filter(_Matches(query, SearchText)).exclude(pk__in=in_title.values("pk"))
    return _lacking(found, unwanted), "doc__"


def _fts5(terms: Sequence[Term], projects: Sequence[UUID]) -> str:
    words = f"{{words}} : ({' AND '.join(_fts5_term(term) for term in terms)})"
    # In one project, the index itself leaves out what is elsewhere.
    return f'({words}) AND ({{home}} : "p{projects[0].hex}")' if len(projects) == 1 else words


def _lacking(rows: QuerySet[Any], unwanted: Sequence[Term]) -> QuerySet[Any]:
    for term in unwanted:
        with_it = SearchText.objects.filter(_Matches(f"{{words}} : ({_fts5_term(term)})", SearchText))
        rows = rows.exclude(pk__in=with_it.values("pk"))
    return rows


def _without(docs: QuerySet[SearchDoc], unwanted: Sequence[Term]) -> QuerySet[SearchDoc]:
    for term in unwanted:
        docs = docs.exclude(_Matches(_tsquery_term(term), column="words"))
    return docs


def _fts5_term(term: Term) -> str:
    return f'"{" ".join(term.words)}"{"" if term.phrase else " *"}'


def _all_tsquery(terms: Iterable[Term]) -> str:
    return " & ".join(f"({_tsquery_term(term)})" for term in terms)


def _tsquery_term(term: Term) -> str:
    quoted = [f"'{word}'" for word in term.words]
    return " <-> ".join(quoted) + ("" if term.phrase else ":*")
