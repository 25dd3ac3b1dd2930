"""Codes presented with a basket: whose they are, what they bring, and why one does nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from regulars.capabilities.offers.usage import VOUCHER

from .quote_rest import Presented


class Code(Struct, frozen=True):
    """A code that is known. A voucher has an owner, an end, or a value of its own.

    `revoked`: the points it was had for came back. `refused`: why it cannot be used with this basket; None where it can.
    """

    hash: str
    promotion_id: str
    uses_max: int | None
    owner: str | None = None
    expires_at: datetime | None = None
    value_minor: int | None = None
    currency: str | None = None
    revoked: bool = False
    refused: str | None = None

    @property
    def open(self) -> bool:
        """Whether it may be used."""
        return self.refused is None

    @property
    def has_value(self) -> bool:
        """Whether it takes an amount of its own off the basket."""
        return self.promotion_id == VOUCHER


def code_of_row(row: Sequence[Any]) -> Code:
    """A code out of a row of `codes`."""
    hash_, promotion_id, uses_max, owner, expires_at, value_minor, currency, revoked = row
    return Code(
        hash_.hex,
        promotion_id,
        uses_max,
        owner.hex if owner is not None else None,
        expires_at,
        value_minor,
        currency,
        revoked,
    )


def judged(
    codes: Mapping[str, Code],
    *,
    taken: Mapping[str, int],
    records: Collection[str],
    currency: str,
    clock: datetime,
) -> dict[str, Code]:
    """The codes as they stand for a basket. `taken`: uses by hash; `records`: those of who buys."""
    return {
        text: structs.replace(code, refused=_refused(code, taken.get(code.hash, 0), records, currency, clock))
        for text, code in codes.items()
    }


def _refused(code: Code, taken: int, records: Collection[str], currency: str, clock: datetime) -> str | None:
    if code.revoked:
        return "code_revoked"
    if code.uses_max is not None and taken >= code.uses_max:
        return "code_used"
    if code.expires_at is not None and code.expires_at <= clock:
        return "code_expired"
    if code.owner is not None and code.owner not in records:
        return "code_of_other"
    return "other_currency" if code.currency is not None and code.currency != currency else None


def presented(codes: Mapping[str, Code]) -> list[Presented]:
    """The vouchers with a value that can be used, each once however often it was presented; the soonest to end first."""
    good = {code.hash: (text, code) for text, code in sorted(codes.items()) if code.open and code.has_value}
    ordered = sorted(good.values(), key=lambda one: (_end(one[1]), one[0]))
    return [Presented(text, code.value_minor or 0) for text, code in ordered]


def _end(code: Code) -> float:
    return code.expires_at.timestamp() if code.expires_at is not None else float("inf")
