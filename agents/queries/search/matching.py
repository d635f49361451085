"""The words of a search in the language of the database's full-text index. Everything is quoted: no word is syntax."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Func, Q, QuerySet, Value

from agents.search_words import Term
from tasks.models import SearchDoc, SearchText


class _Matches(Func):
    output_field = BooleanField()

    def __init__(self, column: str, query: str) -> None:
        operators = {
            "sqlite": "tasks_searchtext MATCH %(expressions)s",
            "postgresql": f"tasks_searchdoc.{column} @@ to_tsquery('simple', %(expressions)s)",
        }
        super().__init__(Value(query), template=operators[connection.vendor])


def with_title(
    terms: Sequence[Term], unwanted: Sequence[Term], projects: Sequence[UUID]
) -> tuple[QuerySet[Any], str]:
    """What has every term in its title, and the path from its rows to `SearchDoc`."""
    if connection.vendor == "sqlite":
        return _fts5(f"{{title}} : ({_all_fts5(terms)})", unwanted, projects)
    wanted = SearchDoc.objects.filter(_Matches("title_words", _all_tsquery(terms)))
    return _without(wanted, unwanted), ""


def with_text(
    terms: Sequence[Term], unwanted: Sequence[Term], projects: Sequence[UUID]
) -> tuple[QuerySet[Any], str]:
    """What has every term in it, but not all of them in its title; anything at all without a term."""
    if not terms:
        return _lacking(unwanted), ""
    if connection.vendor == "sqlite":
        every = _all_fts5(terms)
        return _fts5(f"({{title body}} : ({every})) NOT ({{title}} : ({every}))", unwanted, projects)
    query = _all_tsquery(terms)
    wanted = SearchDoc.objects.filter(_Matches("words", query)).exclude(_Matches("title_words", query))
    return _without(wanted, unwanted), ""


def _fts5(query: str, unwanted: Sequence[Term], projects: Sequence[UUID]) -> tuple[QuerySet[Any], str]:
    without = "".join(f" NOT ({{title body}} : ({_fts5_term(term)}))" for term in unwanted)
    whole = f"({query}){without}"
    if len(projects) == 1:  # the index itself leaves out what is elsewhere
        whole = f'({{home}} : ("p{projects[0].hex}")) AND ({whole})'
    return SearchText.objects.filter(_Matches("", whole)), "doc__"


def _lacking(unwanted: Sequence[Term]) -> QuerySet[SearchDoc]:
    if connection.vendor != "sqlite":
        return _without(SearchDoc.objects.all(), unwanted)
    docs = SearchDoc.objects.all()
    for term in unwanted:
        found = SearchText.objects.filter(_Matches("", f"{{title body}} : ({_fts5_term(term)})"))
        docs = docs.exclude(pk__in=found.values("pk"))
    return docs


def _without(docs: QuerySet[SearchDoc], unwanted: Sequence[Term]) -> QuerySet[SearchDoc]:
    for term in unwanted:
        docs = docs.filter(~Q(_Matches("words", _tsquery_term(term))))
    return docs


def _all_fts5(terms: Iterable[Term]) -> str:
    return " AND ".join(_fts5_term(term) for term in terms)


def _fts5_term(term: Term) -> str:
    return f'"{" ".join(term.words)}"{"" if term.phrase else " *"}'


def _all_tsquery(terms: Iterable[Term]) -> str:
    return " & ".join(f"({_tsquery_term(term)})" for term in terms)


def _tsquery_term(term: Term) -> str:
    quoted = [f"'{word}'" for word in term.words]
    return " <-> ".join(quoted) + ("" if term.phrase else ":*")
