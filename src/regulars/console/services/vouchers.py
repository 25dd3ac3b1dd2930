"""Vouchers of customers: codes that are somebody's, for a promotion or for an amount, used once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.store.database import AsyncConnection
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.store.vault import Vault, open_sealed

from .common import id_array, rows

VOUCHERS: Final = load_queries("regulars.store.views", "vouchers.sql")
SHOWN_MAX: Final = 50
"""Of all the customers that are asked about together."""
EVER_MAX: Final = 10_000


class Voucher(Struct, frozen=True):
    """A voucher somebody may use: `promotion` with its `name`, or `value_minor` of `currency` off a basket.

    `expires_at`: the first instant it is no good any more; None: it never ends. `hold_id`: of the points it was had for.
    `used`: it was, at least once.
    """

    record_id: UUID | None
    code: str
    promotion: str | None
    name: str | None
    value_minor: int | None
    currency: str | None
    expires_at: datetime | None
    hold_id: str | None
    used: bool = False

    @property
    def masked(self) -> str:
        """The code with its last four characters, as a customer tells it from their others."""
        return f"•••• {self.code[-4:]}"

    @property
    def until(self) -> datetime | None:
        """The last moment it is good for; None: it never ends."""
        return self.expires_at - timedelta(microseconds=1) if self.expires_at is not None else None

    def day_in(self, zone: ZoneInfo) -> date | None:
        """The last day it is good for there."""
        return self.until.astimezone(zone).date() if self.until is not None else None


def voucher_question(
    workspace_id: int, records: Collection[UUID], now: datetime, *, all_: bool = False
) -> Call:
    """Asks for the vouchers that some records may use now, or for all they ever had."""
    asked = {
        "workspace_id": workspace_id,
        "ids": id_array(one.hex for one in records),
        "now": now,
        "open": not all_,
        "limit": EVER_MAX if all_ else SHOWN_MAX,
    }
    return Call(VOUCHERS.of_records, asked)


async def load_vouchers(
    conn: AsyncConnection, vault: Vault, records: Collection[UUID], *, now: datetime, all_: bool = False
) -> list[Voucher]:
    """The vouchers that some records may use now, or all they ever had, the soonest to end first."""
    call = voucher_question(vault.workspace_id, records, now, all_=all_)
    return vouchers_among(vault, await rows(conn, call[0], call[1]))


def vouchers_among(vault: Vault, found: Sequence[tuple[Any, ...]]) -> list[Voucher]:
    """Vouchers out of their rows."""
    return [voucher_of(vault, one) for one in found]


def by_record(vouchers: Sequence[Voucher]) -> Mapping[UUID, list[Voucher]]:
    """The vouchers of each record."""
    out: dict[UUID, list[Voucher]] = defaultdict(list)
    for one in vouchers:
        if one.record_id is not None:
            out[one.record_id].append(one)
    return out


def voucher_of(vault: Vault, row: Sequence[Any]) -> Voucher:
    """A voucher out of its row."""
    record_id, _code_hash, promotion, name, value_minor, currency, expires_at, hold_id, sealed, used = row
    code = open_sealed(vault.workspace_key, sealed).decode() if sealed is not None else ""
    return Voucher(
        record_id,
        code,
        promotion if value_minor is None else None,
        name,
        value_minor,
        currency,
        expires_at,
        hold_id.hex if hold_id is not None else None,
        used,
    )
