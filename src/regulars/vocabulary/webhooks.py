"""The messages that outgoing webhooks carry, and how they are signed (the Standard Webhooks scheme).

A message holds ids and no contacts: whoever receives one asks the API for the rest, with a key that may see it.
The reference page is generated from `MESSAGES`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Protocol

import msgspec
from msgspec import Meta, Struct

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what all secrets begin with
ANSWER_BYTES_MAX: Final = 1_024
"""How much of an endpoint's answer is kept."""
TEST: Final = "webhook.test"

ProfileId = Annotated[str, Meta(description="Id of a profile, as `GET /v1/profiles/{id}` takes it.")]
ProfileIds = Annotated[list[str], Meta(description="Ids of profiles.")]


class ProfileCreated(Struct, frozen=True):
    """A customer is here who was not before."""

    profile_id: ProfileId


class ProfileMerged(Struct, frozen=True):
    """Several profiles turned out to be one person, or a profile shows another id now. The old ids go on to find it."""

    profile_id: Annotated[str, Meta(description="The profile that all of them are now.")]
    from_ids: Annotated[list[str], Meta(description="Ids that are no profiles of their own any more.")]


class ProfileSplit(Struct, frozen=True):
    """A profile turned out to be several people."""

    profile_id: Annotated[str, Meta(description="The profile as it was known.")]
    into_ids: Annotated[
        list[str], Meta(description="The profiles its records are in now, itself if it stays.")
    ]


class SaleRecorded(Struct, frozen=True):
    """A completed sale was taken, or a newer version of one: the same `sale_id` with a higher `version`."""

    sale_id: Annotated[str, Meta(description="Id of the sale, the same for all its versions.")]
    version: Annotated[
        int, Meta(description="As the source counts; 1 unless it tells a sale more than once.")
    ]
    profile_id: Annotated[str | None, Meta(description="Whose it is; null for an anonymous sale.")]
    amount_minor: Annotated[int, Meta(description="The total paid, in the currency's minor unit.")]
    currency: Annotated[str, Meta(description="ISO 4217.")]
    store: Annotated[str | None, Meta(description="Code of the shop.")]
    occurred_at: datetime


class ConsentChanged(Struct, frozen=True):
    """Another word holds now for an address of the customer, channel and purpose."""

    profile_id: Annotated[str | None, Meta(description="Whose word; null where only an address was named.")]
    channel: str
    purpose: str
    granted: bool
    occurred_at: datetime


class EventRejected(Struct, frozen=True):
    """A message of a source could not be taken and waits in the quarantine."""

    quarantine_id: Annotated[str, Meta(description="As `GET /v1/rejected/{id}` takes it.")]
    source: Annotated[str, Meta(description="Name of the source.")]
    code: Annotated[str, Meta(description="The fault.")]
    field: Annotated[str | None, Meta(description="The field to blame, if one is.")]


class CustomerErased(Struct, frozen=True):
    """A customer was erased: remove what you hold under this id, and under the ids that were merged into it."""

    profile_id: Annotated[str, Meta(description="The profile that was.")]
    record_ids: Annotated[list[str], Meta(description="All ids under which it could be found.")]
    erasure_id: Annotated[str, Meta(description="As the audit log names the erasure.")]


class PointsEnding(Struct, frozen=True):
    """Points that can be spent through a day and no longer."""

    last_day: date
    points: int


class PointsExpiring(Struct, frozen=True):
    """Points of a member end soon, as many days ahead as the programme says: once for each day and reminder."""

    profile_id: ProfileId
    programme: Annotated[int, Meta(description="Number of the loyalty programme.")]
    point: Annotated[str, Meta(description="Code of the type of points.")]
    ending: Annotated[
        list[PointsEnding],
        Meta(description="Every day on which points of the member end, the soonest first."),
    ]


class TierEnding(Struct, frozen=True):
    """A member will lose their tier unless they buy more, as many days ahead as the programme says."""

    profile_id: ProfileId
    programme: Annotated[int, Meta(description="Number of the loyalty programme.")]
    tier: Annotated[str, Meta(description="Code of the tier.")]
    until: Annotated[date, Meta(description="Its last day.")]
    becomes: Annotated[str, Meta(description="Code of the tier after that, if nothing more is bought.")]
    keep_missing: Annotated[
        int, Meta(description="Tier credit to be earned to keep it: minor units spent, unless points count.")
    ]


MESSAGES: Final[Mapping[str, type[Struct]]] = {
    "profile.created": ProfileCreated,
    "profile.merged": ProfileMerged,
    "profile.split": ProfileSplit,
    "sale.recorded": SaleRecorded,
    "consent.changed": ConsentChanged,
    "event.rejected": EventRejected,
    "customer.erased": CustomerErased,
    "loyalty.points_expiring": PointsExpiring,
    "loyalty.tier_ending": TierEnding,
}
"""Every type of message with what its `data` holds. A test message, of type `webhook.test`, holds nothing."""

TYPE_OF: Final[Mapping[type[Struct], str]] = {struct: name for name, struct in MESSAGES.items()}


class Answer(Struct, frozen=True):
    """How one try went. `status` is None when nothing was answered; `error` says in a word why.

    `body` is the beginning of the answer, at most `ANSWER_BYTES_MAX` bytes; `retry_after_seconds` what it asked for.
    """

    at: datetime
    took_ms: int
    status: int | None = None
    error: str | None = None
    body: bytes = b""
    retry_after_seconds: int = 0

    @property
    def delivered(self) -> bool:
        """Whether the endpoint took the message."""
        return self.status is not None and 200 <= self.status < 300


class Postman(Protocol):
    """Brings messages to addresses of the outside world, and to no others."""

    async def check(self, url: str) -> None:
        """Raises InvalidInput, with the field `url`, for an address that may not or cannot be told."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Try once; never raises but when cancelled."""
        ...


def message(data: Struct, *, id_: str, at: datetime) -> dict[str, Any]:
    """A message as the outbox keeps it: `id` stays the same over all attempts, `timestamp` is when it became true."""
    return envelope(TYPE_OF[type(data)], msgspec.to_builtins(data), id_=id_, at=at)


def envelope(type_: str, data: Mapping[str, Any], *, id_: str, at: datetime) -> dict[str, Any]:
    """The message of a type with its data."""
    return {"id": f"msg_{id_}", "type": type_, "timestamp": at.isoformat(), "data": data}


def body_of(kept: Mapping[str, Any]) -> bytes:
    """The bytes that are sent and signed; the id stands in the headers."""
    return msgspec.json.encode({name: kept[name] for name in ("type", "timestamp", "data")})


def write_secret(key: bytes) -> str:
    """A secret as its receiver is told it."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def sign(secrets: Iterable[str], *, id_: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of one attempt: a signature for each secret, the newest first. `at`: seconds since 1970."""
    said = f"{id_}.{at}.".encode() + body
    signatures = [hmac.new(_key(secret), said, hashlib.sha256).digest() for secret in secrets]
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in signatures),
    }


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise AssertionError("secrets are ours, and written by write_secret") from None
