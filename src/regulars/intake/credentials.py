"""Finds the API key in a request: where each kind of client puts it."""

from __future__ import annotations

import base64
import binascii

from regulars.store.keys import looks_like_key
from regulars.vocabulary.errors import Unauthenticated

from .asgi import Incoming


def bearer_key(request: Incoming) -> str:
    """The key of `Authorization: Bearer <key>`. Raises Unauthenticated when there is none."""
    scheme, _, text = request.header(b"authorization").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise missing_key()
    return text.strip()


def tracking_key(request: Incoming) -> str | None:
    """The key of a tracking client's headers: Basic (with or without colon), X-Write-Key, or Bearer.

    A bearer token of another make is an OAuth token, whose sender puts the key in the body: None then.
    """
    scheme, _, text = request.header(b"authorization").partition(" ")
    if scheme.lower() == "basic":
        return _user_of(text)
    written = request.header(b"x-write-key").strip()
    if written:
        return written
    token = text.strip()
    return token if scheme.lower() == "bearer" and looks_like_key(token) else None


def missing_key() -> Unauthenticated:
    """The error for a request without a key."""
    return Unauthenticated("Send your API key in the header: Authorization: Bearer <key>.")


def _user_of(text: str) -> str | None:
    try:
        user, _, _ = base64.b64decode(text.strip(), validate=True).decode("latin-1").partition(":")
    except (binascii.Error, ValueError):
        raise Unauthenticated("The Authorization header is not readable as Basic.") from None
    return user or None
