"""Reading what a vendor sent: decode into typed shapes, clean texts, exact money, instants in UTC.

Everything that is wrong in a payload, whatever it is, ends as BadPayload with the field to blame and without
the value: a vendor's message holds personal data.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from regulars.vocabulary.errors import BadPayload, InvalidInput
from regulars.vocabulary.events import Event
from regulars.vocabulary.money import to_minor

T = TypeVar("T")

ID_CHARACTERS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 500
QUANTITY_MAX: Final = 10**6
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MICRO: Final = Decimal("0.000001")
_PATH: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_ENCODER: Final = msgspec.json.Encoder()
_EVENTS: Final = msgspec.json.Decoder(list[Event])


@contextmanager
def vendor_message(name: str) -> Iterator[None]:
    """Turn every way a payload can be wrong into BadPayload; the four vendor errors pass unchanged."""
    try:
        yield
    except msgspec.ValidationError as error:
        found = _PATH.search(str(error))
        path = found["path"] if found else None
        reason = _PATH.sub("", str(error))
        raise BadPayload(f"{name} is not as its vendor describes it: {reason}", field=path or None) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadPayload(f"{name} is not JSON ({type(error).__name__})") from None
    except InvalidInput as error:
        raise BadPayload(f"{name}: {error.message}", field=error.field) from None
    except (ArithmeticError, ValueError) as error:
        raise BadPayload(f"{name} holds a value out of range ({type(error).__name__})") from None


def decode(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    """JSON bytes as a typed shape. Call it inside `vendor_message`."""
    return msgspec.json.decode(body, type=shape)


def checked(events: Sequence[Event]) -> list[Event]:
    """The same events, held to the public contract (lengths, ranges, names): what leaves here is valid."""
    return _EVENTS.decode(_ENCODER.encode(events))


def text(value: str | None, characters_max: int = TEXT_CHARACTERS_MAX) -> str | None:
    """A vendor's text for people: trimmed, cut at the limit, None when nothing is left."""
    if value is None:
        return None
    return value.replace("\0", "").strip()[:characters_max].strip() or None


def optional_id(value: str | int | None) -> str | None:
    """A vendor's id as text, or None where there is none."""
    return None if value is None or value == "" else required_id(value, "id")


def required_id(value: str | int | None, field: str) -> str:
    """A vendor's id as text. Never cut: two ids must not become one. Raises BadPayload."""
    if value is None or isinstance(value, bool):
        raise BadPayload(f"{field} is missing", field=field)
    # A number of thousands of digits is no id, and turning it into text is refused by the interpreter.
    if isinstance(value, int) and abs(value) >= 10**ID_CHARACTERS_MAX:
        raise BadPayload(f"{field} is too long to be an id", field=field)
    name = str(value).strip()
    if not name or len(name) > ID_CHARACTERS_MAX or not name.isprintable():
        raise BadPayload(f"{field} is no id", field=field)
    return name


def short_id(*parts: str) -> str:
    """Parts joined to an event id; hashed where they are too long together, stable either way."""
    joined = ":".join(parts)
    return joined if len(joined) <= ID_CHARACTERS_MAX else f"{parts[0]}:{digest(joined.encode())}"


def digest(data: bytes) -> str:
    """32 hex digits that stand for the bytes, for events whose vendor gives them no id."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def minor(amount: Decimal | None, currency: str, field: str) -> int:
    """A decimal amount in minor units; nothing counts as 0."""
    return 0 if amount is None else to_minor(amount, currency, field=field)


def quantity(value: Decimal | None) -> Decimal:
    """A count or weight with at most six places; nothing is 0. Raises BadPayload on what is no number."""
    if value is None:
        return Decimal(0)
    if not value.is_finite() or abs(value) > QUANTITY_MAX:
        raise BadPayload("the quantity is out of range", field="quantity")
    rounded = value.quantize(_MICRO)
    return value if rounded == value else rounded


def utc(moment: datetime) -> datetime:
    """The same instant in UTC."""
    return moment.astimezone(UTC)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, never negative: a version that rises with the vendor's time of change."""
    return max(0, (moment - EPOCH) // _MILLISECOND)


def from_milliseconds(value: int) -> datetime:
    """The instant that `milliseconds` was made from, to the millisecond."""
    return EPOCH + value * _MILLISECOND


def birth_date(value: str | None) -> date | None:
    """A date of birth, or None where it is no whole date (vendors let people leave out the year)."""
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return None
