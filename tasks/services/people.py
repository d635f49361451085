"""People: operators made, and links that sign them in once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.transactions import unit
from tasks.models import Project, SignInLink, User
from tasks.services.projects import set_member

LINK_LIFETIME_S = 24 * 3600


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
