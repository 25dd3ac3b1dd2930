"""From one tracking call to one event of ours.

identify -> customer.updated, track -> a commerce event or `custom.<name>`, page and screen -> page.viewed,
group -> custom.group, alias -> customer.updated that carries the former id as an anonymous one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from anyascii import anyascii
from msgspec import Struct, field

from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import CUSTOM_PREFIX, Customer, Event

from .segment_commerce import commerce_teller
from .segment_traits import customer_of
from .segment_values import JsonObject, first, mapping, moment, text

ONLINE: Final = "online"
STORE: Final = "store"
_IN_STORE: Final = frozenset({"store", "in_store", "in-store", "pos", "retail", "physical"})
# The parts of a call's context worth keeping. Addresses and browsers of people are not among them.
_CONTEXT_KEPT: Final = ("campaign", "page", "referrer", "app", "groupId", "timezone")
# What a request takes on its way is no clock error; a clock wrong by more is corrected.
SKEW_SECONDS_MIN: Final = 10
_SKEW_MIN: Final = timedelta(seconds=SKEW_SECONDS_MIN)
_ID_CHARACTERS_MAX: Final = 200
_NAME_CHARACTERS_MAX: Final = 60
_WORD_EDGE: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
_CANONICAL: Final = msgspec.json.Encoder(order="deterministic", decimal_format="number")
# These differ between deliveries of the same call.
_OF_DELIVERY: Final = frozenset({"sentAt", "receivedAt", "writeKey", "integrations"})


class Delivery(Struct, frozen=True):
    """What all calls of a request share."""

    received_at: datetime
    sent_at: datetime | None = None
    context: JsonObject = field(default_factory=dict)
    currency: str | None = None


class _Heard(Struct, frozen=True):
    """One call with its context, that of its request merged in."""

    call: JsonObject
    context: JsonObject
    delivery: Delivery


def translate(call: JsonObject, delivery: Delivery) -> Event:
    """The event of a call. Raises InvalidInput with the call's field to blame."""
    kind = text(call.get("type")) or ""
    tell = _TELLERS.get(kind)
    if tell is None:
        raise InvalidInput("A call's type is track, identify, page, screen, group or alias.", field="type")
    heard = _Heard(call, {**delivery.context, **mapping(call.get("context"))}, delivery)
    customer = customer_of(call, heard.context)
    if customer is None or not (customer.external_id or customer.anonymous_id):
        raise InvalidInput("A call needs a userId or an anonymousId.", field="userId")
    event = Event(
        id=_event_id(call, delivery),
        type="",
        occurred_at=_occurred_at(call, delivery),
        customer=customer,
    )
    _place(event, heard)
    tell(event, heard)
    _keep_context(event, heard.context)
    return event


def _track(event: Event, heard: _Heard) -> None:
    name = text(heard.call.get("event"))
    if name is None:
        raise InvalidInput("A track call needs an event name.", field="event")
    properties = dict(mapping(heard.call.get("properties")))
    tell = commerce_teller(name)
    if tell is not None:
        tell(event, properties, heard.delivery.currency)
        return
    event.type = CUSTOM_PREFIX + snake(name)
    event.properties = {"event": name, **properties}


def _identify(event: Event, _: _Heard) -> None:
    event.type = "customer.updated"


def _page(event: Event, heard: _Heard) -> None:
    call = heard.call
    named = {name: call[name] for name in ("name", "category") if text(call.get(name))}
    screen = {"kind": "screen"} if call.get("type") == "screen" else {}
    event.type = "page.viewed"
    event.properties = {**screen, **named, **mapping(call.get("properties"))} or None


def _group(event: Event, heard: _Heard) -> None:
    group = text(heard.call.get("groupId"))
    if group is None:
        raise InvalidInput("A group call needs a groupId.", field="groupId")
    # The traits of this call describe the group, so the person keeps those of the context alone.
    event.customer = customer_of({**heard.call, "traits": None}, heard.context)
    event.type = "custom.group"
    event.properties = {"group_id": group, "traits": dict(mapping(heard.call.get("traits")))}


def _alias(event: Event, heard: _Heard) -> None:
    previous, user = text(heard.call.get("previousId")), text(heard.call.get("userId"))
    if previous is None or user is None:
        blame = "userId" if user is None else "previousId"
        raise InvalidInput("An alias call needs a previousId and a userId.", field=blame)
    event.customer = event.customer or Customer()
    event.customer.anonymous_id = previous if previous != user else None
    event.type = "customer.updated"


_TELLERS: Final[Mapping[str, Callable[[Event, _Heard], None]]] = {
    "track": _track,
    "identify": _identify,
    "page": _page,
    "screen": _page,
    "group": _group,
    "alias": _alias,
}
CALL_TYPES: Final = tuple(_TELLERS)


def _event_id(call: JsonObject, delivery: Delivery) -> str:
    """The messageId; without one, a hash of what the call says.

    A call without messageId and time is taken for a repeat only within the minute it came in.
    """
    message_id = text(call.get("messageId"))
    if message_id is not None and len(message_id) <= _ID_CHARACTERS_MAX:
        return message_id
    if message_id is not None:
        return "long-" + _digest(message_id.encode())
    said = {name: value for name, value in call.items() if name not in _OF_DELIVERY}
    if not (said.get("timestamp") or said.get("originalTimestamp")):
        said["minute"] = delivery.received_at.replace(second=0, microsecond=0).isoformat()
    return "call-" + _digest(_CANONICAL.encode(said))


def _occurred_at(call: JsonObject, delivery: Delivery) -> datetime:
    """When it happened by our clock: receivedAt - (sentAt - originalTimestamp).

    The correction is left out below SKEW_SECONDS_MIN, so that history keeps its exact times, and for calls
    that another server received, and corrected, before us.
    """
    original = moment(call.get("originalTimestamp"), "originalTimestamp")
    stated = moment(call.get("timestamp"), "timestamp")
    if stated is not None and call.get("receivedAt"):
        return stated
    at = original or stated
    sent = moment(call.get("sentAt"), "sentAt") or delivery.sent_at
    if at is None:
        return delivery.received_at
    if sent is None or abs(delivery.received_at - sent) < _SKEW_MIN:
        return at
    try:
        return delivery.received_at - (sent - at)
    except OverflowError:
        raise InvalidInput("timestamp is out of range", field="timestamp") from None


def _place(event: Event, heard: _Heard) -> None:
    """Channel, shop, till and staff: online, unless the call says that it comes from a shop."""
    properties = mapping(heard.call.get("properties"))
    channel = (first(properties, "channel") or text(heard.context.get("channel")) or "").lower()
    event.channel = STORE if channel in _IN_STORE else ONLINE
    event.store = first(properties, "store", "store_id")
    event.till = first(properties, "till", "till_id", "register")
    event.staff = first(properties, "staff", "staff_id")


def _keep_context(event: Event, context: JsonObject) -> None:
    kept = {name: context[name] for name in _CONTEXT_KEPT if context.get(name)}
    if kept:
        event.properties = {"context": kept, **(event.properties or {})}


def snake(name: str) -> str:
    """An event's name as the last part of our type: latin letters, digits and `_`, never empty.

    Names of other scripts are transliterated. Long names are cut and carry a hash, so that they stay apart.
    """
    latin = anyascii(name[:1_000])
    word = _NO_WORD.sub("_", _WORD_EDGE.sub("_", latin).lower()).strip("_")
    if not word or len(word) > _NAME_CHARACTERS_MAX:
        word = f"{word[:_NAME_CHARACTERS_MAX]}_{_digest(name.encode())[:8]}".strip("_")
    return word


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
