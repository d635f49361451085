"""The pages that bring tasks of another tracker: a file, its columns, a preview, how far it is, the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents.services.imported_agents import start_import
from missioncontrol.kernel.errors import DomainError, FieldError, NotFound, Refused
from missioncontrol.kernel.sheets import csv_lines
from tasks.importing.csv_columns import FIELDS
from tasks.importing.delimited import DELIMITERS
from tasks.importing.formats import NAMES
from tasks.jobs import work_on_imports
from tasks.models import Import, ImportState
from tasks.queries import imports as queries
from tasks.services.access import Need, can, require
from tasks.services.importing import imports as services
from tasks.services.importing.preview import sketches
from tasks.views.pages import Visit, frame, in_project
from tasks.workflow import Status

P = ParamSpec("P")
ImportView = Callable[Concatenate[Visit, Import, P], HttpResponse]
COLUMN = "column-"
STATUS = "status-"


def of_import(view: ImportView[P]) -> Callable[..., HttpResponse]:
    """A page of one import, for those who may operate the project."""

    @wraps(view)
    def wrapped(visit: Visit, ref: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        require(visit.actor, visit.project, Need.OPERATE)
        source = queries.find_import(visit.project, ref)
        if source is None:
            raise NotFound("There is no such import.")
        return view(visit, source, *args, **kwargs)

    return wrapped


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@in_project
def imports(visit: Visit) -> HttpResponse:
    """Where a file is chosen, and what was imported before."""
    require(visit.actor, visit.project, Need.OPERATE)
    if visit.request.method != "POST":
        return _choose(visit)
    try:
        return _begun(visit)
    except DomainError as error:
        return _choose(visit, error)


@never_cache
@require_GET
@in_project
@of_import
def one(visit: Visit, source: Import) -> HttpResponse:
    """The step at which an import stands."""
    return _page(visit, source)


@never_cache
@require_GET
@in_project
@of_import
def progress(visit: Visit, source: Import) -> HttpResponse:
    """How far it is; once there is nothing to wait for, the whole page is to be loaded anew."""
    context = {"project": visit.project, "source": source, "percent": _percent(source)}
    answer = render(visit.request, "agents/imports/_progress.html", context)
    if not source.is_worked or visit.request.GET.get("state") != source.state:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@in_project
@of_import
def piece(visit: Visit, source: Import, number: int) -> HttpResponse:
    """Takes in a piece of the file."""
    try:
        row = services.add_piece(actor=visit.actor, source=source, number=number, data=visit.request.body)
    except DomainError as error:
        return _as_json(error)
    if row.is_worked:
        work_on_imports.nudge()
    return JsonResponse({"received": row.received, "state": row.state})


@require_POST
@in_project
@of_import
def columns(visit: Visit, source: Import) -> HttpResponse:
    """Takes what the columns mean, or how the file is to be looked at again."""
    post = visit.request.POST
    if post.get("act") == "look":
        delimiter, has_head = post.get("delimiter", ""), bool(post.get("has_head"))
        return _done(visit, source, services.look_again, delimiter=delimiter, has_head=has_head)
    try:
        chosen = _chosen_columns(visit.request)
    except Refused as error:
        return _page(visit, source, error)
    statuses = source.options.get("statuses", {})
    name = post.get("name", "").replace("\0", "")[:100]
    return _done(visit, source, services.choose_columns, columns=chosen, name=name, statuses=statuses)


@require_POST
@in_project
@of_import
def statuses(visit: Visit, source: Import) -> HttpResponse:
    """Takes what the file's words for statuses mean, and reads it again."""
    post, met = visit.request.POST, source.shape.get("statuses", [])
    chosen = {word: post.get(f"{STATUS}{place}", to) for place, (word, to, _) in enumerate(met) if word}
    options = source.options
    told = {"columns": options.get("columns") or {}, "name": options.get("name", ""), "statuses": chosen}
    return _done(visit, source, services.choose_columns, **told)


@require_POST
@in_project
@of_import
def act(visit: Visit, source: Import, what: str) -> HttpResponse:
    """Starts it, goes back to the columns, or calls it off."""
    if what == "start":
        agents = bool(visit.request.POST.get("with_agents"))
        return _done(visit, source, start_import, with_agents=agents)
    acts: dict[str, Callable[..., Import]] = {"back": services.back_to_columns, "cancel": services.cancel}
    if what not in acts:
        raise NotFound("There is no such step.")
    return _done(visit, source, acts[what])


@never_cache
@require_GET
@in_project
@of_import
def report(visit: Visit, source: Import, kind: str) -> HttpResponse:
    """Everything that became of the rows, to keep."""
    if kind not in {"csv", "json"}:
        raise NotFound("There is no such report.")
    rows = queries.report(source)
    lines = _csv(rows) if kind == "csv" else _json(source, rows)
    types = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
    answer = StreamingHttpResponse(lines, content_type=types[kind])
    answer["Content-Disposition"] = f'attachment; filename="import-{source.created_at:%Y-%m-%d}.{kind}"'
    return answer  # type: ignore[return-value]


def _csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield "\ufeff"
    yield from csv_lines([queries.REPORT_HEAD])
    yield from csv_lines(row.values() for row in rows)


def _json(source: Import, rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    told = {
        "filename": source.filename,
        "format": source.format,
        "state": source.state,
        **services.counts(source),
    }
    yield json.dumps(told)[:-1] + ', "rows": ['
    for place, row in enumerate(rows):
        yield f"{',' if place else ''}\n{json.dumps(row)}"
    yield "\n]}\n"


def _begun(visit: Visit) -> HttpResponse:
    """A file is announced, or came whole with the form."""
    post, upload = visit.request.POST, visit.request.FILES.get("file")
    told = post.get("size", "")
    size = upload.size or 0 if upload else int(told) if told.isdecimal() and len(told) < 16 else 0
    name = (upload.name if upload else post.get("filename")) or ""
    source = services.begin(
        actor=visit.actor, project=visit.project, filename=name, size=size, format=post.get("format", "")
    )
    if upload:
        for number, start in enumerate(range(0, size, services.PIECE_BYTES)):
            data = upload.read(min(services.PIECE_BYTES, size - start))
            services.add_piece(actor=visit.actor, source=source, number=number, data=data)
        work_on_imports.nudge()
    where = f"/p/{visit.project.slug}/import/{source.pk}"
    if _wants_json(visit.request):
        return JsonResponse({"at": where, "piece_bytes": services.PIECE_BYTES}, status=201)
    return redirect(where)


def _done(visit: Visit, source: Import, service: Callable[..., Import], **told: Any) -> HttpResponse:
    """Call the service, then show where the import stands; a refusal is shown on the page it is about."""
    try:
        row = service(actor=visit.actor, source=source, **told)
    except DomainError as error:
        fresh = queries.find_import(visit.project, str(source.pk)) or source
        return _page(visit, fresh, error)
    if row.is_worked:
        work_on_imports.nudge()
    return redirect("import", slug=visit.project.slug, ref=str(source.pk))


def _chosen_columns(request: HttpRequest) -> dict[str, int]:
    chosen: dict[str, int] = {}
    wrong = []
    for key, value in request.POST.items():
        place = key.removeprefix(COLUMN)
        if not key.startswith(COLUMN) or not value or not place.isdecimal() or len(place) > 4:
            continue
        if value in chosen:
            wrong.append(
                FieldError(
                    str(value), f"Two columns are {FIELDS.get(str(value), 'the same')}. Leave one out."
                )
            )
        chosen[str(value)] = int(place)
    if wrong:
        raise Refused("The columns cannot be read like that.", errors=wrong)
    return chosen


def _choose(visit: Visit, error: DomainError | None = None) -> HttpResponse:
    if error is not None and _wants_json(visit.request):
        return _as_json(error)
    context = frame(visit, "import") | {
        "recent": queries.recent(visit.project),
        "formats": NAMES.items(),
        "format": visit.request.POST.get("format", ""),
        "errors": _by_field(error),
        "most": settings.MC_IMPORT_MAX_BYTES,
    }
    return render(
        visit.request, "agents/imports/imports.html", context, status=error.status if error else 200
    )


def _page(visit: Visit, source: Import, error: DomainError | None = None) -> HttpResponse:
    context = frame(visit, "import") | {
        "source": source,
        "percent": _percent(source),
        "error": error,
        "errors": _by_field(error),
        "owns": can(visit.actor, visit.project, Need.ADMIN),
        **_inside(source, visit.request),
    }
    return render(visit.request, "agents/imports/import.html", context, status=error.status if error else 200)


def _inside(source: Import, request: HttpRequest) -> dict[str, Any]:
    if source.state == ImportState.MAPPING:
        return _columns(source, request)
    if source.state == ImportState.PREVIEW:
        left_out, many = queries.notes(source)
        return {
            "sketches": sketches(source),
            "left_out": left_out,
            "left_out_count": many,
            "all_statuses": Status.choices,
            "verdicts": source.shape.get("verdicts", {}),
        }
    if source.has_ended:
        left_out, many = queries.notes(source)
        return {"left_out": left_out, "left_out_count": many, "results": queries.results(source)}
    return {}


def _columns(source: Import, request: HttpRequest) -> dict[str, Any]:
    shape, by_place = source.shape, {at: name for name, at in (source.options.get("columns") or {}).items()}
    posted = request.POST if request.method == "POST" else {}
    heads = [
        {
            "place": place,
            "head": head,
            "samples": shape["samples"][place],
            "becomes": posted.get(f"{COLUMN}{place}", by_place.get(place, "")),
        }
        for place, head in enumerate(shape["heads"])
    ]
    return {
        "heads": heads,
        "fields": FIELDS.items(),
        "delimiters": DELIMITERS.items(),
        "layout": shape["layout"],
        "name": posted.get("name", source.options.get("name", "")),
    }


def _percent(source: Import) -> int:
    return source.done * 100 // source.total if source.total else 0


def _by_field(error: DomainError | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in error.errors if error else ():
        found.setdefault(one.field, one.message)
    return found


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _as_json(error: DomainError) -> JsonResponse:
    told = {"code": error.code, "detail": error.message, "errors": [one.as_dict() for one in error.errors]}
    return JsonResponse(told, status=error.status)
