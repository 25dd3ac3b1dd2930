"""Reads the bodies of tracking requests: one call, or a batch whose calls are cut out but not yet read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from regulars.vocabulary.errors import InvalidInput

from .asgi import check_utf8, not_json
from .segment_values import JsonObject, mapping, text


class Limits(Struct, frozen=True):
    """What one kind of client may send. Bytes are counted after compression is undone."""

    call_bytes_max: int
    batch_bytes_max: int
    calls_max: int = 2_500


SEGMENT_LIMITS: Final = Limits(call_bytes_max=32 * 1024, batch_bytes_max=500 * 1024)
# Rudder's clients count the calls alone, and stop after the one that goes over.
RUDDER_LIMITS: Final = Limits(call_bytes_max=4 * 1024 * 1024, batch_bytes_max=4 * 1024 * 1024 + 256 * 1024)
LIMITS_BY_NAME: Final = {"segment": SEGMENT_LIMITS, "rudder": RUDDER_LIMITS}
BYTES_MAX: Final = max(limits.batch_bytes_max for limits in LIMITS_BY_NAME.values())
"""No tracking request of any source may be larger."""


class Batch(Struct, rename="camel"):
    """A batch as sent; `sentAt`, `context` and `writeKey` hold for all its calls."""

    batch: list[Raw]
    sent_at: Any = None
    context: Any = None
    write_key: Any = None


_BATCH: Final = msgspec.json.Decoder(Batch, float_hook=Decimal)
_CALL: Final = msgspec.json.Decoder(float_hook=Decimal)


def read_batch(body: bytes) -> Batch:
    """The batch of a body. Raises InvalidInput for what is no JSON or has no `batch`."""
    check_utf8(body)
    try:
        return _BATCH.decode(body)
    except msgspec.ValidationError:
        raise InvalidInput('Send an object with a list of calls: {"batch": [ … ]}.', field="batch") from None
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise not_json() from None


def read_call(body: bytes | Raw) -> JsonObject:
    """One call. Raises InvalidInput for what is no JSON object."""
    try:
        call = _CALL.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError, ArithmeticError):
        raise not_json() from None
    if not isinstance(call, dict):
        raise InvalidInput("A call is a JSON object.", code="invalid_call")
    return call


def read_single(body: bytes, kind: str) -> dict[str, Any]:
    """The one call of a request whose address says its type. Raises InvalidInput."""
    check_utf8(body)
    return {**read_call(body), "type": kind}


def key_in(value: Any) -> str | None:
    """A write key out of a body."""
    return text(value)


def batch_context(batch: Batch) -> JsonObject:
    """The context all calls of a batch share."""
    return mapping(batch.context)
