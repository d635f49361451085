"""People: operators made, and links that sign them in once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import FieldError, Refused
from missioncontrol.kernel.text import BadText, clean_line
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.models import Project, SignInLink, User
from tasks.services.projects import set_member

LINK_LIFETIME_S = 24 * 3600
MAX_NAME = 150
MAX_EMAIL = 254


def create_operator(
    *,
    actor: Actor,
    username: str,
    project: Project,
    role: str,
    password: str | None = None,
    email: str = "",
    staff: bool = False,
) -> User:
    """The person called `username`, made when new, with `role` in the project.

    A new person without a password can sign in only by a link; a known one keeps what is not given. Staff may use the
    admin. Raises `Refused` (422) when the role would leave the project without an owner.
    """
    with unit():
        user, made = User.objects.get_or_create(username=username, defaults={"email": email})
        if password:
            user.set_password(password)
        elif made:
            user.set_unusable_password()
        if staff:
            user.is_staff = user.is_superuser = True
        user.save()
        set_member(actor=actor, project=project, user=user, role=role)
    return user


def find_person(who: str) -> User:
    """The active person with this user name, or this e-mail address in capitals or not.

    Raises `Refused` (422) where there is none, and where an address is of several.
    """
    people = User.objects.filter(is_active=True)
    named = people.filter(username=who).first()
    if named is not None:
        return named
    found = list(people.filter(email__iexact=who)[:2]) if "@" in who else []
    if len(found) == 1:
        return found[0]
    message = "Several people have this address; use the user name." if found else f"Nobody here is “{who}”."
    raise Refused(message, code="no_such_person", errors=[FieldError("who", message)])


def edit_profile(*, actor: Actor, user: User, display_name: str, email: str) -> User:
    """Change what a person is called and where mail reaches them; the same again records nothing.

    Each of the person's projects is told of a new name. Raises `Refused` (422) with what is wrong, field by field.
    """
    name, address = _checked_profile(display_name, email)
    with unit():
        row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        before = row.shown_name
        row.display_name, row.email = name, address
        User.objects.filter(pk=row.pk).update(display_name=name, email=address)
        if row.shown_name != before:
            _tell_of_new_name(actor, row, before)
    return row


def change_password(*, user: User, password: str) -> User:
    """Give a person a password that was checked; every session opened with the one before ends."""
    with unit():
        row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        row.set_password(password)
        User.objects.filter(pk=row.pk).update(password=row.password)
    return row


def end_sessions(*, user: User) -> User:
    """End every session of a person, in every browser."""
    with unit():
        User.objects.filter(pk=user.pk).update(sign_outs=F("sign_outs") + 1)
    return User.objects.get(pk=user.pk)


def issue_sign_in_link(*, user: User, lifetime_s: int = LINK_LIFETIME_S) -> str:
    """The secret of a new link that signs this person in once within `lifetime_s` seconds."""
    secret = secrets.token_urlsafe(32)
    expires = timezone.now() + timedelta(seconds=lifetime_s)
    SignInLink.objects.create(user=user, digest=_digest(secret), expires_at=expires)
    return secret


def knows_sign_in_link(secret: str) -> bool:
    """Whether the link would still sign somebody in; asking does not use it up."""
    live = SignInLink.objects.filter(
        digest=_digest(secret), used_at__isnull=True, expires_at__gt=timezone.now()
    )
    return live.filter(user__is_active=True).exists()


def redeem_sign_in_link(secret: str) -> User | None:
    """The person the link signs in, once; None when it is unknown, used or expired."""
    now = timezone.now()
    live = SignInLink.objects.filter(digest=_digest(secret), used_at__isnull=True, expires_at__gt=now)
    if not live.update(used_at=now):
        return None
    user = SignInLink.objects.select_related("user").get(digest=_digest(secret)).user
    return user if user.is_active else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _checked_profile(display_name: str, email: str) -> tuple[str, str]:
    found, errors = {}, []
    for field, value, most in (("display_name", display_name, MAX_NAME), ("email", email, MAX_EMAIL)):
        try:
            found[field] = clean_line(value, max_length=most)
        except BadText as error:
            errors.append(FieldError(field, str(error)))
    if found.get("email") and not _is_address(found["email"]):
        errors.append(FieldError("email", "Not an e-mail address. It looks like name@example.org."))
    if errors:
        raise Refused("This cannot be kept.", errors=errors, code="invalid")
    return found["display_name"], found["email"]


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _tell_of_new_name(actor: Actor, user: User, before: str) -> None:
    names = {"before": {"shown_name": before}, "after": {"shown_name": user.shown_name}}
    data = {"user": user.pk, "name": user.username, **names}
    for project_id in user.memberships.order_by("project_id").values_list("project_id", flat=True):
        record(project_id=project_id, type="person.renamed", actor=actor, target=("user", user.pk), data=data)
