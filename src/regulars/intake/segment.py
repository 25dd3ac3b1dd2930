"""The tracking door: Segment's HTTP API as its clients, and those of its relatives, speak it.

Three things clients depend on, and break without: success is exactly 200 `{"success": true}`, an error is
`{"code", "message"}`, and nothing is ever redirected. A call that cannot be understood is kept as a rejected
event and still answered 200, as the original does; only bodies that are no JSON or over a limit get 400.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw, Struct

from regulars.store.keys import Caller
from regulars.vocabulary import scopes
from regulars.vocabulary.errors import InvalidInput, NotFound, TooLarge, Unauthenticated
from regulars.vocabulary.events import EVENTS_PER_REQUEST_MAX
from regulars.vocabulary.intake import EventError

from .asgi import Answer, Headers, Incoming
from .credentials import missing_key, tracking_key
from .deps import Deps
from .segment_body import (
    BYTES_MAX,
    LIMITS_BY_NAME,
    SEGMENT_LIMITS,
    Limits,
    batch_context,
    key_in,
    read_batch,
    read_call,
    read_single,
)
from .segment_translate import CALL_TYPES, Delivery, translate
from .segment_values import currency_of, moment

DOOR: Final = "segment"
SETTINGS_PREFIX: Final = "/v1/projects/"
SETTINGS_SUFFIX: Final = "/settings"
BATCH_PATHS: Final = ("/v1/batch", "/v1/b", "/v1/import")
# Browsers use the short forms: /v1/t, /v1/i, /v1/p …
CALL_PATHS: Final = {path: kind for kind in CALL_TYPES for path in (f"/v1/{kind}", f"/v1/{kind[0]}")}

_SUCCESS: Final = b'{"success":true}'
# Translating is cheap but not free: other requests get their turn after this many calls.
_CALLS_PER_SLICE: Final = 100
_TYPE_BYTES: Final = 32
_JSON: Final = msgspec.json.Encoder(decimal_format="number")

CORS: Final[Headers] = ((b"access-control-allow-origin", b"*"),)
PREFLIGHT: Final[Headers] = (
    *CORS,
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"authorization, content-encoding, content-type, x-retry-count, x-write-key",
    ),
    (b"access-control-max-age", b"86400"),
)


class Success(Struct):
    """What a tracking client waits for."""

    success: bool = True


class _Unclear(NamedTuple):
    """A call that is no event."""

    body: bytes
    error: EventError


class SegmentDoor:
    """Calls in, events out. Answers 200 after everything is committed."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def routes(self) -> Mapping[str, Callable[[Incoming], Awaitable[Answer]]]:
        """What answers a POST, by path."""
        single = {path: partial(self._single, kind=kind) for path, kind in CALL_PATHS.items()}
        return {**single, **dict.fromkeys(BATCH_PATHS, self._batch)}

    async def settings(self, request: Incoming) -> Answer:
        """What a browser client asks first: where to send, and that nothing else is to be loaded."""
        key = request.path.rstrip("/").removeprefix(SETTINGS_PREFIX).removesuffix(SETTINGS_SUFFIX)
        try:
            caller = await self._deps.keys.verify(key)
        except Unauthenticated:
            raise NotFound("There is no such write key.") from None
        scopes.require(caller.scopes, scopes.EVENTS_WRITE)
        return Answer(HTTPStatus.OK, msgspec.json.encode(_browser_settings(key, self._deps)), CORS)

    async def _single(self, request: Incoming, *, kind: str) -> Answer:
        body, caller = await self._opened(request)
        call = read_single(body, kind)
        caller = caller or await self._caller(key_in(call.get("writeKey")))
        bytes_max = _limits(caller).call_bytes_max
        if len(body) > bytes_max:
            raise _over(bytes_max, "call")
        # From here on the call says its type itself, as calls in batches do.
        await self._take(caller, [Raw(_JSON.encode(call))], self._delivery(caller, {}, None))
        return Answer(HTTPStatus.OK, _SUCCESS, CORS)

    async def _batch(self, request: Incoming) -> Answer:
        body, caller = await self._opened(request)
        batch = read_batch(body)
        caller = caller or await self._caller(key_in(batch.write_key))
        limits = _limits(caller)
        if len(body) > limits.batch_bytes_max:
            raise _over(limits.batch_bytes_max, "batch")
        if len(batch.batch) > limits.calls_max:
            raise InvalidInput(f"A batch holds at most {limits.calls_max} calls.", field="batch")
        delivery = self._delivery(caller, batch_context(batch), batch.sent_at)
        await self._take(caller, batch.batch, delivery)
        return Answer(HTTPStatus.OK, _SUCCESS, CORS)

    async def _opened(self, request: Incoming) -> tuple[bytes, Caller | None]:
        """The body, and the caller where a header names the key: then it is checked before the body is read."""
        key = tracking_key(request)
        caller = None if key is None else await self._caller(key)
        bytes_max = BYTES_MAX if caller is None else _limits(caller).batch_bytes_max
        try:
            return await request.body(bytes_max=bytes_max), caller
        except TooLarge:
            raise _over(bytes_max, "body") from None

    async def _caller(self, key: str | None) -> Caller:
        if key is None:
            raise missing_key()
        caller = await self._deps.keys.verify(key)
        scopes.require(caller.scopes, scopes.EVENTS_WRITE)
        return caller

    def _delivery(self, caller: Caller, context: Mapping[str, Any], sent_at: Any) -> Delivery:
        return Delivery(
            received_at=self._deps.now(),
            sent_at=moment(sent_at, "sentAt"),
            context=context,
            currency=currency_of(caller.options.get("currency"), None, "currency"),
        )

    async def _take(self, caller: Caller, calls: Sequence[Raw], delivery: Delivery) -> None:
        """Translate and submit; what is unclear is kept last, so that a repeat after an outage adds nothing."""
        bodies: list[bytes] = []
        unclear: list[_Unclear] = []
        # Room for the type that was written into a single call.
        bytes_max = _limits(caller).call_bytes_max + _TYPE_BYTES
        for start in range(0, len(calls), _CALLS_PER_SLICE):
            for call in calls[start : start + _CALLS_PER_SLICE]:
                event = event_of(call, delivery, bytes_max=bytes_max)
                unclear.append(event) if isinstance(event, _Unclear) else bodies.append(event)
            await asyncio.sleep(0)
        for start in range(0, len(bodies), EVENTS_PER_REQUEST_MAX):
            part = bodies[start : start + EVENTS_PER_REQUEST_MAX]
            await self._deps.gate.submit(caller.source, part, door=DOOR)
        keep = partial(self._deps.gate.quarantine, caller.source, door=DOOR)
        await asyncio.gather(*(keep(call.body, call.error) for call in unclear))


def event_of(call: Raw, delivery: Delivery, *, bytes_max: int) -> bytes | _Unclear:
    """The JSON of the event a call stands for, or the call and what is wrong with it."""
    body = bytes(call)
    try:
        if len(body) > bytes_max:
            raise _over(bytes_max, "call")
        return _JSON.encode(translate(read_call(call), delivery))
    except InvalidInput as error:
        return _Unclear(body, EventError(error.code, error.message, error.field))


def _limits(caller: Caller) -> Limits:
    return LIMITS_BY_NAME.get(caller.options.get("tracking_limits", ""), SEGMENT_LIMITS)


def _over(bytes_max: int, what: str) -> InvalidInput:
    """Over a limit is 400 here, not 413: clients know that code and give up on it."""
    return InvalidInput(f"The {what} is over the limit of {bytes_max} bytes.", code="too_large")


def _browser_settings(key: str, deps: Deps) -> dict[str, Any]:
    scheme, _, address = deps.settings.base_url.partition("://")
    return {
        "integrations": {
            "Segment.io": {
                "apiKey": key,
                "apiHost": f"{address}/v1",
                "protocol": scheme,
                "unbundledIntegrations": [],
                "addBundledMetadata": True,
                "maybeBundledConfigIds": {},
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
            }
        },
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }
