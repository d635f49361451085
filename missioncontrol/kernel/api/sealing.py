"""Keeping an answer that held a secret (a new key is shown once) unreadable to whoever reads the database."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from missioncontrol.kernel.errors import Conflict


def seal(body: bytes) -> bytes:
    """`body`, encrypted and authenticated under the installation's secret."""
    return _box().encrypt(body)


def unseal(sealed: bytes) -> bytes:
    """What was sealed; raises Conflict when the secret has been changed since."""
    try:
        return _box().decrypt(sealed)
    except InvalidToken as error:
        raise Conflict("The first answer can no longer be shown.", code="idempotency_sealed") from error


def _box() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(str(secret))) for secret in secrets])


def _derived(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"mc.idempotency:{secret}".encode()).digest())
