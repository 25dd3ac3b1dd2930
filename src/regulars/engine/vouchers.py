"""Vouchers that rewards give: made in the turn in which the points are spent, from nothing but the hold.

A code is a keyed hash of its hold, so a turn that is run again makes the same one. A rebuild makes none: they are there.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from regulars.capabilities.loyalty.expiry import end_of
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.programme import in_force
from regulars.capabilities.loyalty.state import Hold
from regulars.capabilities.offers.codes import code_of_number
from regulars.capabilities.offers.usage import VOUCHER, WITH_CODE
from regulars.store.promotion_codes import code_hash
from regulars.store.queries import load_queries
from regulars.store.session import Call, Session
from regulars.store.vault import Vault, seal

from .batch import Batch, Memory
from .documents import document

_SQL = load_queries("regulars.store", "promotions.sql")
_OFFERS = load_queries("regulars.capabilities.offers")


def voucher_calls(vault: Vault, memory: Memory, batch: Batch, workspace: dict[str, Any]) -> Iterator[Call]:
    """One statement, where points were spent on vouchers."""
    made = [_made(vault, memory, batch, book, hold) for book, hold in _bought(batch)]
    if made:
        yield Call(_SQL.add_vouchers, workspace | {"doc": document(made)})


def _code(vault: Vault, hold: Hold) -> str:
    return code_of_number(int(vault.hash("voucher", hold.hold_id), 16))


def used_vouchers(session: Session, vault: Vault, batch: Batch, holds: Iterable[Hold]) -> set[str]:
    """Of holds that vouchers were had for, those whose voucher is used or reserved, if only by this batch."""
    codes = {code_hash(vault, _code(vault, hold)): hold.hold_id for hold in holds}
    if not codes:
        return set()
    places = [{"scope": WITH_CODE, "key": code, "promotion": VOUCHER} for code in sorted(codes)]
    asked = {"workspace_id": vault.workspace_id, "places": document(places)}
    rows = session.run([Call(_OFFERS.load_counts, asked)])[0]
    taken = {key for _, key, _, uses, held, *_ in rows if uses + held > 0}
    taken |= {
        use.code for p in batch.fresh if p.loyalty is not None for use in p.loyalty.promotions if use.code
    }
    return {codes[code] for code in codes.keys() & taken}


def _bought(batch: Batch) -> Iterator[tuple[Book, Hold]]:
    for book in batch.points.books:
        for hold_id in sorted(book.holds):
            hold = book.member.holds[hold_id]
            if hold.for_voucher:
                yield book, hold


def _made(vault: Vault, memory: Memory, batch: Batch, book: Book, hold: Hold) -> dict[str, Any]:
    reward = hold.reward
    assert reward is not None, "the caller looked"
    sale = batch.sales.rows.get(hold.sale_id or "")
    told = sale.currency if sale is not None else ""
    currency = told if told in reward.value_minor else next(iter(reward.value_minor))
    code = _code(vault, hold)
    version = in_force(memory.programmes[hold.programme], book.now)
    ends = None
    if reward.valid_days is not None and version is not None:
        zone = version.programme.zone
        ends = end_of(book.occurred_at.astimezone(zone).date() + timedelta(days=reward.valid_days), zone)
    return {
        "code": code_hash(vault, code),
        "promotion": VOUCHER,
        "record_id": hold.record_id,
        "expires_at": ends,
        "value_minor": reward.value_minor[currency],
        "currency": currency,
        "hold_id": hold.hold_id,
        "sealed": base64.b64encode(seal(vault.workspace_key, code.encode())).decode(),
    }
