"""The slip of a sale that was told: as it stands in the log, with what it did to its member's points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from regulars.capabilities.loyalty.fold import credits_of
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.programme import in_force
from regulars.capabilities.loyalty.state import Earning, Hold
from regulars.capabilities.loyalty.tiers import tier_at
from regulars.console.receipts.slip import Line, Points, Slip, Voucher
from regulars.observe import mask as mask_text
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.vault import Vault
from regulars.vocabulary.errors import NotFound

from .common import id_array, row
from .lookups import Found, by_record
from .member_books import LOYALTY, hold_of
from .members import Taking, Wanted, load_taking
from .registers import REGISTERS
from .slips import base_of, points_of, slip_of
from .store_card import masked_card
from .till_sales import TILL, KnownSale, earnings_among, earnings_question, told_of
from .vouchers import VOUCHERS, vouchers_among


async def load_slip(
    database: Database, vault: Vault, sale: KnownSale, *, shop: str, zone: str, now: datetime, clear: bool
) -> Slip:
    """The slip of a sale in the shop's zone, `zone` where the register does not say it.

    Who may see it is for the caller to look at. The card is masked, and unless `clear` so is a contact in what an
    article is called. Raises NotFound for one that was erased.
    """
    async with database.read(vault.workspace_id) as conn:
        event = await told_of(conn, vault, sale)
        asked = {"workspace_id": vault.workspace_id, "code": sale.store or ""}
        store = await row(conn, REGISTERS.store, asked)
        found = await by_record(conn, vault, sale.profile_id) if sale.profile_id is not None else None
    if event is None or event.sale is None:
        raise NotFound("Nothing readable is left of this sale; it may have been erased.", code="unknown_sale")
    slip = slip_of(
        event,
        shop=shop,
        zone=_zone(store[2] if store is not None else None) or zone,
        store=(store[1] if store is not None else None) or sale.store or "",
        points=await _points(database, vault, sale, found, now) if found is not None else None,
    )
    return slip if clear else replace(slip, lines=tuple(map(_masked, slip.lines)))


def _masked(line: Line) -> Line:
    return replace(line, name=mask_text(line.name))


def _zone(name: str | None) -> str | None:
    """A zone that can be used."""
    try:
        return ZoneInfo(name).key if name else None
    except (KeyError, ValueError, OSError):
        return None


async def _points(
    database: Database, vault: Vault, sale: KnownSale, found: Found, now: datetime
) -> Points | None:
    """What the sale did to its member's points of the first type; None for who takes no part."""
    taking = await load_taking(database, vault.workspace_id, found, Wanted(), now)
    version = in_force(taking.versions, now) if taking is not None else None
    if taking is None or version is None or taking.person.enrolled_at is None:
        return None
    programme = version.programme
    point = programme.point[0].code
    book = Book(taking.member, now=now, occurred_at=now, key="0" * 32, new_id=lambda *_: "0" * 32)
    book.settle()
    book.close("settle")
    balance = taking.member.balance(point, now)
    records = [part.record_id.hex for part in found.parts]
    question = earnings_question(vault.workspace_id, records, sale.sale_id.hex)
    told = earnings_among((await database.ask(vault.workspace_id, question))[0])
    earning = next((one for one in told if one.programme == taking.number), None)
    holds = await _holds(database, vault, sale)
    used = sum(
        hold.captured - hold.returned
        for hold in holds
        if hold.point == point and hold.programme == taking.number
    )
    earned, pending = _earned(earning, point, now)
    moved = bool(book.transactions) or await _moved_since(database, vault, sale, taking)
    tier = tier_at(programme, credits_of(taking.member), programme.day_of(now)).tier
    return points_of(
        programme,
        point,
        card=masked_card(found.parts, found.profile_id) or "",
        before=None if moved else balance.balance - (earned - pending) + used,
        earned=earned,
        used=used,
        after=balance.balance,
        held=balance.held,
        pending=pending,
        base_minor=_base(taking, earning),
        currency=sale.currency,
        tier=next((one.name for one in programme.tier if one.code == tier), ""),
        offers=tuple(hold.words for hold in holds if hold.words and hold.returned < hold.captured),
        vouchers=await _vouchers(database, vault, holds, programme.zone),
    )


async def _vouchers(
    database: Database, vault: Vault, holds: Sequence[Hold], zone: ZoneInfo
) -> tuple[Voucher, ...]:
    """The vouchers that the sale's rewards gave; they are good by the programme's days."""
    bought = {hold.hold_id: hold.words for hold in holds if hold.reward is not None}
    if not bought:
        return ()
    asked = {"workspace_id": vault.workspace_id, "holds": id_array(bought)}
    (found,) = await database.ask(vault.workspace_id, Call(VOUCHERS.of_holds, asked))
    return tuple(
        Voucher(text=bought[one.hold_id or ""], code=one.code, valid_until=one.day_in(zone))
        for one in vouchers_among(vault, found)
    )


def _earned(earning: Earning | None, point: str, now: datetime) -> tuple[int, int]:
    """Points the sale earned, without what returns took back, and those of them that come later."""
    posted = [one for one in earning.posted if one.point == point] if earning is not None else []
    later = [one for one in posted if one.active_at > now]
    return sum(one.given - one.taken for one in posted), sum(one.given - one.taken for one in later)


def _base(taking: Taking, earning: Earning | None) -> int | None:
    """The part of the sale that earned, by the rules that counted it."""
    if earning is None or earning.purchase is None:
        return None
    for version in taking.versions:
        if version.number == earning.version:
            return base_of(version.programme, earning.purchase)
    return None


async def _holds(database: Database, vault: Vault, sale: KnownSale) -> list[Hold]:
    """The holds that the sale captured."""
    none = id_array(())
    asked = {
        "workspace_id": vault.workspace_id,
        "ids": none,
        "holds": none,
        "sales": id_array([sale.sale_id.hex]),
    }
    (found,) = await database.ask(vault.workspace_id, Call(LOYALTY.load_holds, asked))
    return [hold_of(one) for one in found]


async def _moved_since(database: Database, vault: Vault, sale: KnownSale, taking: Taking) -> bool:
    asked = {
        "workspace_id": vault.workspace_id,
        "ids": id_array(taking.member.records),
        "programme": taking.number,
        "event_key": sale.event_key,
    }
    (found,) = await database.ask(vault.workspace_id, Call(TILL.moved_since, asked))
    return bool(found[0][0])
