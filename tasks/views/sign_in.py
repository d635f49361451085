"""Coming in and going out."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from missioncontrol.kernel import throttle
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.text import storable
from tasks.services.access import visible_projects
from tasks.services.people import knows_sign_in_link, redeem_sign_in_link

from .pages import ask_to_sign_in

BACKEND = "django.contrib.auth.backends.ModelBackend"
WRONG = "That user name and password do not go together."


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form for name and password; ten wrong passwords in a quarter of an hour close it for that name."""
    if request.method == "POST":
        return _check_password(request)
    if request.user.is_authenticated:
        return redirect(_destination(request))
    return _form(request)


def _check_password(request: HttpRequest) -> HttpResponse:
    username = storable(request.POST.get("username", ""))[:150]
    ip = request.META.get("REMOTE_ADDR", "")
    wait = throttle.login_wait(ip=ip, username=username)
    if wait is not None:
        message = f"Too many wrong passwords. Try again in {max(1, wait // 60)} minutes."
        return _form(request, username=username, error=message, status=429, wait=wait)
    password = request.POST.get("password", "").replace("\0", "")[:1000]
    user = authenticate(request, username=username, password=password)
    if user is None:
        throttle.login_failed(ip=ip, username=username)
        return _form(request, username=username, error=WRONG, status=401)
    throttle.login_succeeded(ip=ip, username=username)
    login(request, user)
    return redirect(_destination(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """A one-time link. It is used up by the button, not by whoever merely opens it (mail scanners do)."""
    if request.method != "POST":
        valid = knows_sign_in_link(secret)
        return render(request, "registration/link.html", {"valid": valid}, status=200 if valid else 410)
    user = redeem_sign_in_link(secret)
    if user is None:
        return render(request, "registration/link.html", {"valid": False}, status=410)
    login(request, user, backend=BACKEND)
    return redirect("home")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect("sign-in")


@never_cache
@ensure_csrf_cookie
@require_GET
def session(request: HttpRequest) -> HttpResponse:
    """Whose session this browser has now, `{"user": id or null}`, with a fresh CSRF cookie: for pages left open."""
    return JsonResponse({"user": request.user.pk if request.user.is_authenticated else None})


def home(request: HttpRequest) -> HttpResponse:
    """The first project's board, or a page that says how to get one."""
    if not request.user.is_authenticated:
        return ask_to_sign_in(request)
    project = visible_projects(person(request.user)).order_by("created_at").first()
    if project is None:
        return render(request, "tasks/no_project.html")
    return redirect("board", slug=project.slug)


def _form(
    request: HttpRequest, *, username: str = "", error: str = "", status: int = 200, wait: int | None = None
) -> HttpResponse:
    context = {"username": username, "error": error, "next": _next(request)}
    answer = render(request, "registration/sign_in.html", context, status=status)
    if wait is not None:
        answer["Retry-After"] = str(wait)
    return answer


def _next(request: HttpRequest) -> str:
    return storable(request.POST.get("next") or request.GET.get("next") or "")


def _destination(request: HttpRequest) -> str:
    wanted = _next(request)
    here = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=here, require_https=request.is_secure())
    return wanted if wanted and safe else "/"
