"""Headers, form tokens and addresses to return to: the small defences every page shares."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_CSRF_BYTES = 32

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# Pages show personal data: no shared or disk cache keeps them.
PAGE_HEADERS: Final[Mapping[str, str]] = {
    **HEADERS,
    "Cache-Control": "no-store",
    "Vary": "HX-Request, Cookie",
}


def csrf_token(secret: str) -> str:
    """A form token bound to a session (or to the cookie of the sign-in form).

    Masked anew each time, so that compressed answers do not leak it.
    """
    mask = os.urandom(_CSRF_BYTES)
    return base64.urlsafe_b64encode(mask + _xor(mask, _digest(secret))).decode()


def csrf_holds(secret: str, token: str | None) -> bool:
    """Whether a form token belongs to the session; any malformed one does not."""
    try:
        raw = base64.urlsafe_b64decode((token or "").encode("ascii", "replace"))
    except (binascii.Error, ValueError):
        return False
    if len(raw) != 2 * _CSRF_BYTES:
        return False
    return hmac.compare_digest(_xor(raw[:_CSRF_BYTES], raw[_CSRF_BYTES:]), _digest(secret))


def comes_from_elsewhere(headers: Mapping[str, str], own_origins: frozenset[str]) -> bool:
    """Whether the browser says that another site sent this form. Says no where the browser says nothing."""
    if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return True
    origin = headers.get("origin")
    return origin is not None and headers.get("sec-fetch-site") is None and origin not in own_origins


def safe_path(target: str | None) -> str:
    """Where to go next: a path of our own, else the front page.

    Refuses other hosts in all their spellings: `//host`, `/\\host`, schemes, control characters.
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    if any(ord(char) < 32 or char == "\\" for char in target) or len(target) > 2000:
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else "/"


def _digest(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"regulars/form", hashlib.sha256).digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
