"""What a person sees and changes about themselves: name, address, password, and where they are signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from missioncontrol.kernel import throttle
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.errors import Refused
from tasks.models import Membership, User
from tasks.services.access import visible_projects
from tasks.services.people import change_password, edit_profile, end_sessions

from .pages import ask_to_sign_in

OTHER_PERSON = "This page was drawn for somebody else. It now shows your own profile; nothing was changed."
PersonView = Callable[[HttpRequest, User], HttpResponse]


def for_oneself(view: PersonView) -> Callable[[HttpRequest], HttpResponse]:
    """A page of the person who is signed in; what was typed into another's page, left open, changes nothing."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            return ask_to_sign_in(request)
        if request.POST.get("drawn_for", str(request.user.pk)) != str(request.user.pk):
            messages.warning(request, OTHER_PERSON)
            return redirect("profile")
        return view(request, request.user)

    return wrapped


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_oneself
def profile(request: HttpRequest, user: User) -> HttpResponse:
    """The profile, and its name and address changed."""
    if request.method != "POST":
        return _page(request, user)
    given = {name: request.POST.get(name, "") for name in ("display_name", "email")}
    try:
        edit_profile(actor=person(user), user=user, **given)
    except Refused as refused:
        errors = {error.field: error.message for error in refused.errors}
        return _page(request, user, status=422, given=given, errors=errors)
    messages.success(request, "Your profile is saved.")
    return redirect("profile")


@never_cache
@sensitive_post_parameters()
@require_POST
@for_oneself
def password(request: HttpRequest, user: User) -> HttpResponse:
    """A new password; this browser stays signed in, every other one is signed out."""
    key = {"ip": request.META.get("REMOTE_ADDR", ""), "username": user.username}
    if (wait := throttle.login_wait(**key)) is not None:
        message = f"Too many wrong passwords. Try again in {max(1, wait // 60)} minutes."
        return _page(request, user, status=429, password_error=message)
    form = _password_form(user, request.POST)
    if not form.is_valid():
        if "old_password" in form.errors:
            throttle.login_failed(**key)
        return _page(request, user, status=422, password_form=form)
    throttle.login_succeeded(**key)
    changed = change_password(user=user, password=form.cleaned_data["new_password1"])
    update_session_auth_hash(request, changed)
    messages.success(request, "Your password is changed. Other browsers are signed out.")
    return redirect("profile")


@require_POST
@for_oneself
def sign_out_everywhere(request: HttpRequest, user: User) -> HttpResponse:
    """Ends every session of the person, this one too unless it is asked to stay."""
    ended = end_sessions(user=user)
    if "stay" not in request.POST:
        logout(request)
        return redirect("sign-in")
    update_session_auth_hash(request, ended)
    messages.success(request, "Every other browser is signed out.")
    return redirect("profile")


def _page(
    request: HttpRequest, user: User, *, status: int = 200, password_form: Any = None, **more: Any
) -> HttpResponse:
    memberships = Membership.objects.filter(user=user, project__archived_at__isnull=True)
    context = {
        "person": user,
        "given": {"display_name": user.display_name, "email": user.email},
        "password_form": password_form or _password_form(user),
        "memberships": memberships.select_related("project").order_by("project__name"),
        "projects": visible_projects(person(user)).only("slug", "name")[:100],
        **more,
    }
    return render(request, "tasks/profile.html", context, status=status)


def _password_form(user: User, given: Any = None) -> SetPasswordForm[User]:
    """With the present password where there is one; who came by a link has none yet."""
    made = PasswordChangeForm if user.has_usable_password() else SetPasswordForm
    return made(user, given)
