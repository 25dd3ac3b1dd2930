"""One tracking call at a time: what the gate would read of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from regulars.intake.segment_body import read_call
from regulars.intake.segment_translate import Delivery, translate
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Event

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DELIVERY = Delivery(received_at=NOW)


def told(call: dict[str, Any], delivery: Delivery = DELIVERY) -> Event:
    """The event of a call, as the gate would read it."""
    read = read_call(msgspec.json.encode({"userId": "u-1", "messageId": "m-1", **call}))
    encoded = msgspec.json.Encoder(decimal_format="number").encode(translate(read, delivery))
    return msgspec.json.decode(encoded, type=Event)


def track(event: str, properties: dict[str, Any], delivery: Delivery = DELIVERY, **call: Any) -> Event:
    return told({"type": "track", "event": event, "properties": properties, **call}, delivery)


def blamed(event: str, properties: dict[str, Any]) -> str | None:
    with pytest.raises(InvalidInput) as caught:
        track(event, properties)
    return caught.value.field
