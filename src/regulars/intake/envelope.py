"""A vendor's message as it is set aside: with the headers its reading needs, so that it can be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from regulars.vocabulary.connector import WebhookRequest

from .scrub import scrub_json, scrub_text

HEADER_CHARACTERS_MAX: Final = 1_000


class Envelope(Struct, omit_defaults=True):
    """The message in `body` where it is JSON, in `text` where it is not. `type` is what the vendor calls it."""

    headers: dict[str, str]
    type: str | None = None
    body: Raw | UnsetType = UNSET
    text: str | UnsetType = UNSET

    def message(self) -> bytes:
        """The bytes for the connector to read."""
        if isinstance(self.body, Raw):
            return bytes(self.body)
        return self.text.encode() if isinstance(self.text, str) else b""


class _Named(Struct):
    type: str | None = None


def wrap(webhook: WebhookRequest, headers_read: Sequence[str]) -> bytes:
    """The JSON text of a message's envelope, card numbers removed; other headers are dropped."""
    headers = {
        name: webhook.headers[name][:HEADER_CHARACTERS_MAX]
        for name in headers_read
        if name in webhook.headers
    }
    said = next(iter(headers.values()), None)
    try:
        webhook.body.decode()
        body = scrub_json(webhook.body)
        named = msgspec.json.decode(body, type=_Named)
        envelope = Envelope(headers, _type(said or named.type), body=Raw(body))
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        text = scrub_text(webhook.body.decode("utf-8", "replace"))
        envelope = Envelope(headers, _type(said), text=text)
    return msgspec.json.encode(envelope)


def unwrap(body: bytes) -> Envelope | None:
    """The envelope of a message that was set aside; None for an event, which is kept as it is."""
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    return None if envelope.body is UNSET and envelope.text is UNSET else envelope


def _type(said: str | None) -> str | None:
    """`orders/create` in the form our own types have."""
    return said.strip().lower().replace("/", ".")[:80] if said else None
