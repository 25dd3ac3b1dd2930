"""What else is kept of a person, for access requests: their receipts, promotions they used, and rejected messages that name them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from regulars.capabilities.profile.state import MICRO
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries
from regulars.store.vault import Unreadable, Vault, open_sealed

from .common import rows
from .lookups import PROFILES
from .people import Part
from .vouchers import load_vouchers

TEXT_LETTERS_MIN: Final = 4
PAGE_MESSAGES: Final = 500
_EXPORT = load_queries("regulars.store.views", "export.sql")
_KINDS: Final = {1: "sale", 2: "return", 3: "void"}


class ReceiptLine(Struct, frozen=True):
    """One line of a receipt."""

    sku: str | None
    category: str | None
    quantity: float
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int


class Receipt(Struct, frozen=True):
    """A receipt on the person. A void one counts nothing."""

    kind: str
    receipt: str
    occurred_at: datetime
    business_date: date
    store: str | None
    till: str | None
    channel: str | None
    currency: str
    total_minor: int
    tax_minor: int
    discount_minor: int
    counted: bool
    void: bool
    lines: list[ReceiptLine]


class UsedPromotion(Struct, frozen=True):
    """A promotion the person used, in so many sales, for so much in minor units; `held` ones are reserved at tills."""

    promotion: str
    uses: int
    held: int
    spent_minor: int


class VoucherOfPerson(Struct, frozen=True):
    """A voucher of the person: for a promotion, or for an amount off a basket; whether it was used."""

    code: str
    promotion: str | None
    value_minor: int | None
    currency: str | None
    expires_at: datetime | None
    used: bool


class RejectedMessage(Struct, frozen=True):
    """A message that was not understood and names the person."""

    quarantine_id: str
    received_at: datetime
    type: str
    message: Annotated[Any, Meta(description="As it came in, card numbers removed.")]


async def receipts_of(conn: AsyncConnection, workspace_id: int, profile_id: UUID) -> list[Receipt]:
    """All receipts of a profile, latest first."""
    params = {"workspace_id": workspace_id, "profile_id": profile_id}
    return [_receipt(one) for one in await rows(conn, PROFILES.sales_of, params)]


async def promotions_of(conn: AsyncConnection, workspace_id: int, profile_id: UUID) -> list[UsedPromotion]:
    """Promotions a profile used."""
    params = {"workspace_id": workspace_id, "profile_id": profile_id}
    return [UsedPromotion(*one) for one in await rows(conn, _EXPORT.promotions_used, params)]


async def vouchers_of_person(
    conn: AsyncConnection, vault: Vault, parts: Sequence[Part], *, now: datetime
) -> list[VoucherOfPerson]:
    """All vouchers of a person, used or not."""
    records = [part.record_id for part in parts]
    return [
        VoucherOfPerson(one.code, one.promotion, one.value_minor, one.currency, one.expires_at, one.used)
        for one in await load_vouchers(conn, vault, records, now=now, all_=True)
    ]


async def rejected_about(conn: AsyncConnection, vault: Vault, parts: Sequence[Part]) -> list[RejectedMessage]:
    """Rejected messages that hold one of the person's values: all of them are opened and searched."""
    texts = texts_of(parts)
    out: list[RejectedMessage] = []
    after = UUID(int=0)
    while texts:
        params = {"workspace_id": vault.workspace_id, "after": after, "limit": PAGE_MESSAGES}
        found = await rows(conn, _EXPORT.all_rejected, params)
        out += await asyncio.to_thread(_search, vault, found, texts)
        if len(found) < PAGE_MESSAGES:
            break
        after = found[-1][0]
    return out


def texts_of(parts: Sequence[Part]) -> set[str]:
    """Values long enough to tell a person by, in lower case."""
    texts = {one.value.casefold() for part in parts for one in part.identities()}
    for part in parts:
        given, family = part.fields.scalar("given_name"), part.fields.scalar("family_name")
        if given and family:
            texts.add(f"{given} {family}".casefold())
    return {text for text in texts if len(text) >= TEXT_LETTERS_MIN}


def _search(vault: Vault, found: Sequence[tuple[Any, ...]], texts: set[str]) -> list[RejectedMessage]:
    out = []
    for quarantine_id, received_at, type_, wrapped, sealed in found:
        try:
            body = open_sealed(vault.unwrap(wrapped), sealed)
        except Unreadable:
            continue
        shown = body.decode("utf-8", "replace")
        folded = shown.casefold()
        if any(text in folded for text in texts):
            out.append(RejectedMessage(quarantine_id.hex, received_at, type_, _message(body, shown)))
    return out


def _message(body: bytes, shown: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return shown


def _receipt(one: Sequence[Any]) -> Receipt:
    kind, *said, lines = one
    read = [_line(line) for line in msgspec.json.decode(lines)]
    names = Receipt.__struct_fields__[1:-1]
    return Receipt(kind=_KINDS[kind], lines=read, **dict(zip(names, said, strict=True)))


def _line(line: list[Any]) -> ReceiptLine:
    _, sku, category, micro, *amounts = line
    return ReceiptLine(sku, category, micro / MICRO, *amounts)
