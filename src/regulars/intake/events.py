"""The events door: `POST /v1/events`, one event or up to 1,000, answered after the commit."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from regulars.vocabulary import scopes
from regulars.vocabulary.errors import InvalidInput, TooLarge
from regulars.vocabulary.events import EVENTS_PER_REQUEST_MAX, Event
from regulars.vocabulary.intake import Result

from .asgi import Answer, Incoming, check_utf8, not_json
from .credentials import bearer_key
from .deps import Deps


class EventBatch(Struct):
    """Several events; one bad event never fails its neighbours."""

    events: list[Event]


class Results(Struct):
    """What became of each event, in the order they were sent."""

    results: list[Result]


class _Body(Struct):
    events: list[Raw] | UnsetType = UNSET


_BODY: Final = msgspec.json.Decoder(_Body)
_RESULTS: Final = msgspec.json.Encoder()


class EventsDoor:
    """Splits a body into events without reading them; the gate does that."""

    def __init__(self, deps: Deps) -> None:
        self._keys = deps.keys
        self._gate = deps.gate
        self._bytes_max = deps.settings.batch_bytes_max

    async def post(self, request: Incoming) -> Answer:
        """Take events. The key is checked before the body is read."""
        caller = await self._keys.verify(bearer_key(request))
        scopes.require(caller.scopes, scopes.EVENTS_WRITE)
        bodies = split(await request.body(bytes_max=self._bytes_max))
        results = await self._gate.submit(caller.source, bodies, door="events") if bodies else []
        return Answer(HTTPStatus.OK, _RESULTS.encode(Results(results)))


def split(body: bytes) -> list[bytes]:
    """The JSON texts of the events in a body, uncopied where it is one event.

    Raises InvalidInput for what is neither an event's object nor `{"events": […]}`, TooLarge over 1,000.
    """
    check_utf8(body)
    try:
        events = _BODY.decode(body).events
    except msgspec.ValidationError as error:
        field = "events" if "$.events" in str(error) else None
        raise InvalidInput('Send one event as an object, or {"events": [ … ]}.', field=field) from None
    except (msgspec.DecodeError, RecursionError):
        raise not_json() from None
    if events is UNSET:
        return [body]
    if len(events) > EVENTS_PER_REQUEST_MAX:
        raise TooLarge(f"At most {EVENTS_PER_REQUEST_MAX} events go into one request.", field="events")
    return [bytes(event) for event in events]
