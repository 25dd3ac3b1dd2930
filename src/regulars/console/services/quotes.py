"""Quotes: a basket priced with the promotions of now, for somebody or nobody, with what it means for their points."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.loyalty import state
from regulars.capabilities.offers import basket as offers
from regulars.capabilities.offers.basket import Answer, Line
from regulars.capabilities.offers.compiled import Snapshot, product_of
from regulars.capabilities.offers.model import Limits
from regulars.capabilities.offers.quoting import quote
from regulars.capabilities.offers.usage import DAY, MEMBER, TOTAL, WITH_CODE, Place, day_key
from regulars.capabilities.profile.receipt import micro
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.promotion_codes import code_hash
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput

from . import lookups
from .lookups import Found
from .members import Standing, Wanted, standings
from .quote_codes import Code, code_of_row, judged, presented
from .quote_points import points_of
from .quote_rest import Rest, rest_of
from .quote_sets import QuoteSets
from .quote_shapes import (
    AppliedPromotion,
    Basket,
    LineDiscount,
    NearPromotion,
    Quote,
    QuotedLine,
    QuotedMember,
    SkippedPromotion,
)
from .quote_text import till_text
from .quote_usage import Counted, counted
from .registers import REGISTERS
from .reward_options import Wallet

VALID_SECONDS: Final = 900
_NO_LIMITS: Final = Limits()
_UTC: Final = ZoneInfo("UTC")
_SQL = load_queries("regulars.store.views", "quotes.sql")
_CODES = load_queries("regulars.store", "promotions.sql")


class Shopper(Struct, frozen=True):
    """Who buys: their profile and where they stand, as far as they are known."""

    told: QuotedMember
    found: Found | None = None
    standing: Standing | None = None

    @property
    def records(self) -> list[str]:
        """The records of a member; none of anybody else."""
        return self.own if self.told.state == "known" else []

    @property
    def own(self) -> list[str]:
        """The records of who buys, member or not; none of who is blocked, or not known."""
        known = self.found is not None and self.told.state in ("known", "not_enrolled")
        return [part.record_id.hex for part in self.found.parts] if known and self.found else []


class Ground(Struct, frozen=True):
    """What a basket stands on: the store's zone and tax mode, products by sku, codes as they were presented."""

    zone: ZoneInfo
    tax_mode: str
    set_no: int
    products: Mapping[str, tuple[Any, ...]]
    codes: Mapping[str, Code]


class Quoted(Struct, frozen=True):
    """A quote with what it takes to reserve what it gives."""

    quote: Quote
    answer: Answer
    snapshot: Snapshot
    shopper: Shopper
    ground: Ground
    codes: Mapping[str, Code]


class Quotes:
    """Prices baskets of all workspaces. One object a process: it keeps compiled sets of promotions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sets = QuoteSets(database)

    async def quote(self, vault: Vault, asked: Basket, now: datetime) -> Quoted:
        """Price a basket.

        Raises InvalidInput for two lines of one id or a quantity out of range, NotFound for a programme that does not
        hold. Members and codes that nobody knows are answered, not refused.
        """
        clock = asked.clock or now
        lines = _quantities(asked)
        ground, found = await self._ground(vault, asked)
        shopper = await self._shopper(vault, asked, found, now)
        ready = await self._sets.at(vault.workspace_id, ground.set_no, clock)
        counts = await self._counts(vault, ready.snapshot, asked, ground, shopper, clock, now)
        codes = judged(
            ground.codes, taken=counts.codes, records=shopper.own, currency=asked.currency, clock=clock
        )
        basket = _basket(asked, lines, ground, shopper, clock, ready.snapshot, codes, counts)
        priced = await asyncio.to_thread(quote, ready.snapshot, basket, counts.usage)
        rest = _rest(asked, basket, priced, shopper, codes)
        answer = rest.answer
        points = points_of(
            asked, basket, answer, shopper.standing, shopper.told, clock, ground.tax_mode, rest
        )
        applied = _applied(answer, ready.snapshot, asked.codes, codes)
        ends = [now + timedelta(seconds=VALID_SECONDS)]
        ends += [ready.until] if ready.until is not None and ready.until > now else []
        made = Quote(
            quote_id=uuid4().hex,
            valid_until=min(ends),
            snapshot=answer.snapshot,
            clock=clock,
            zone=ground.zone.key,
            currency=asked.currency,
            member=shopper.told,
            base_minor=answer.base_minor,
            discount_minor=answer.discount_minor,
            total_minor=answer.total_minor,
            lines=_lines(answer),
            applied=applied,
            skipped=[*_skipped(answer, asked.codes, codes, ready.snapshot), *rest.skipped],
            nearly=_nearly(answer),
            points=points,
            vouchers=rest.vouchers,
            till_text=till_text(asked.currency, answer, ready.snapshot, points, rest.vouchers),
            optimality=answer.optimality,
            gap_minor=answer.gap_minor,
        )
        return Quoted(made, answer, ready.snapshot, shopper, ground, codes)

    # -- looking up -------------------------------------------------------------------------------

    async def _ground(self, vault: Vault, asked: Basket) -> tuple[Ground, Found | None]:
        """What the basket stands on, and who buys where one is named and known; one round trip."""
        workspace = {"workspace_id": vault.workspace_id}
        hashes = {code: code_hash(vault, code) for code in asked.codes}
        skus = sorted({line.sku for line in asked.lines if line.category is None or line.brand is None})
        number, store, products, codes, *people = await self._database.ask(
            vault.workspace_id,
            QuoteSets.number_call(vault.workspace_id),
            Call(REGISTERS.store, workspace | {"code": asked.store or ""}),
            Call(_SQL.products, workspace | {"skus": skus}),
            Call(_CODES.codes, workspace | {"hashes": "{" + ",".join(sorted(set(hashes.values()))) + "}"}),
            *_buyer_questions(vault, asked),
        )
        known = {code.hash: code for code in map(code_of_row, codes)}
        buyers = [one for found in people for one in lookups.people_among(vault, found)]
        ground = Ground(
            _zone(store[0][2] if store else None),
            (store[0][6] if store else None) or "inclusive",
            number[0][0] if number else 0,
            {one[0]: one for one in products},
            {text: known[name] for text, name in hashes.items() if name in known},
        )
        return ground, buyers[0] if len(buyers) == 1 else None

    async def _shopper(self, vault: Vault, asked: Basket, found: Found | None, now: datetime) -> Shopper:
        if asked.member_id is None and asked.card is None:
            return Shopper(QuotedMember("none"))
        if found is None:
            return Shopper(QuotedMember("unknown", asked.member_id))
        wanted = Wanted(asked.programme)
        standing = (await standings(self._database, vault.workspace_id, [found], wanted, now))[
            found.profile_id
        ]
        member_id = found.profile_id.hex
        if standing.status == state.BLOCKED:
            return Shopper(QuotedMember("blocked", member_id), found, standing)
        if not standing.enrolled:
            return Shopper(QuotedMember("not_enrolled", member_id), found, standing)
        tier = standing.tier.tier if standing.tier is not None else None
        return Shopper(QuotedMember("known", member_id, tier), found, standing)

    async def _counts(
        self,
        vault: Vault,
        snapshot: Snapshot,
        asked: Basket,
        ground: Ground,
        shopper: Shopper,
        clock: datetime,
        now: datetime,
    ) -> Counted:
        """How often what may apply was used; nothing is asked where nothing is bounded."""
        day = day_key(asked.store or "", clock.astimezone(ground.zone).date())
        bounded = set()
        for line in asked.lines:
            category, brand = _described(line, ground)
            for ready, _ in snapshot.hits(product_of(line.sku, category, brand)):
                if ready.promotion.limits != _NO_LIMITS:
                    bounded.add(ready.promotion.id)
        wanted: set[Place] = {(TOTAL, "", name) for name in bounded} | {(DAY, day, name) for name in bounded}
        wanted |= {(MEMBER, record, name) for record in shopper.records for name in bounded}
        wanted |= {
            (WITH_CODE, code.hash, code.promotion_id)
            for code in ground.codes.values()
            if code.uses_max is not None
        }
        return await counted(self._database, vault.workspace_id, wanted, day, shopper.records, now)


def _buyer_questions(vault: Vault, asked: Basket) -> list[Call]:
    """Asks who buys; nothing where nobody can be meant. A card that is several people's is nobody's."""
    if asked.member_id is not None and asked.card is not None:
        raise InvalidInput("Say who buys by member_id or by card, not by both.", field="card")
    if asked.member_id is not None:
        try:
            return [lookups.record_question(vault, UUID(asked.member_id))]
        except ValueError:
            return []
    hashes = lookups.hashes_of(vault, kinds.LOYALTY_CARD, asked.card or "", region="", sources=())
    cards = [(kinds.LOYALTY_CARD, one) for one in hashes]
    if not cards:
        return []
    return [lookups.identifiers_question(vault, cards, former=True, after=lookups.FIRST, limit=2)]


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else _UTC
    except (KeyError, ValueError, OSError):
        return _UTC


def _quantities(asked: Basket) -> list[int]:
    out = []
    for place, line in enumerate(asked.lines):
        quantity = micro(line.qty, f"lines[{place}].qty")
        if not 0 < quantity <= 10**11:
            raise InvalidInput("A quantity is above 0 and at most 100,000.", field=f"lines[{place}].qty")
        out.append(quantity)
    return out


def _described(line: Any, ground: Ground) -> tuple[str, str]:
    """Category and brand of a line, as told or as the register has them."""
    product = ground.products.get(line.sku)
    category = line.category if line.category is not None else (product[1] if product else None)
    brand = line.brand if line.brand is not None else (product[2] if product else None)
    return (category or "")[:400], (brand or "")[:120]


def _rest(
    asked: Basket, basket: offers.Basket, priced: Answer, shopper: Shopper, codes: Mapping[str, Code]
) -> Rest:
    """Rewards and vouchers, after the promotions."""
    standing = shopper.standing if shopper.told.state == "known" else None
    version = standing.version if standing is not None else None
    wallet = Wallet({}, {})
    if standing is not None:
        free = {point: held.available for point, held in standing.balances.items()}
        wallet = Wallet(free, {standing.point or "": standing.debt}, shopper.told.tier)
    return rest_of(
        basket,
        priced,
        programme=version.programme if version is not None else None,
        wallet=wallet,
        wanted=asked.rewards,
        vouchers=presented(codes),
    )


def _basket(
    asked: Basket,
    quantities: Sequence[int],
    ground: Ground,
    shopper: Shopper,
    clock: datetime,
    snapshot: Snapshot,
    codes: Mapping[str, Code],
    counts: Counted,
) -> offers.Basket:
    """The basket as promotions see it. Segments are those of nobody until there are any."""
    lines = []
    for line, quantity in zip(asked.lines, quantities, strict=True):
        category, brand = _described(line, ground)
        lines.append(
            Line(
                line.line_id,
                line.sku,
                quantity,
                line.unit_price_minor,
                category,
                brand,
                line.tax_rate_bp,
                line.no_discount,
            )
        )
    good = {text: code.promotion_id for text, code in codes.items() if _good(code, snapshot)}
    member = None
    if shopper.told.state == "known":
        member = offers.Member(tier=shopper.told.tier or "", used=dict(counts.member))
    return offers.Basket(
        lines=tuple(lines),
        currency=asked.currency,
        at=clock,
        zone=ground.zone.key,
        store=asked.store or "",
        channel=asked.channel,
        member=member,
        codes=tuple(sorted(good)),
        valid_codes=good,
    )


def _good(code: Code, snapshot: Snapshot) -> bool:
    return code.open and code.promotion_id in snapshot.by_id


def _lines(answer: Answer) -> list[QuotedLine]:
    return [
        QuotedLine(
            line.line_id,
            line.base_minor,
            [LineDiscount(one.promotion_id, one.version, one.amount_minor) for one in line.discounts],
            line.net_minor,
        )
        for line in answer.lines
    ]


def _applied(
    answer: Answer, snapshot: Snapshot, presented: Sequence[str], codes: Mapping[str, Code]
) -> list[AppliedPromotion]:
    out = []
    for one in answer.applied:
        code = code_of(one.promotion_id, snapshot, presented, codes)
        text = one.text or snapshot.by_id[one.promotion_id].promotion.name
        out.append(AppliedPromotion(one.promotion_id, one.version, text, one.times, one.amount_minor, code))
    return out


def code_of(
    promotion_id: str, snapshot: Snapshot, presented: Sequence[str], codes: Mapping[str, Code]
) -> str | None:
    """The code that brought a promotion: of several the first by its letters, so that the rest can be used later."""
    if not snapshot.by_id[promotion_id].promotion.code_required:
        return None
    fits = (text for text in presented if text in codes and codes[text].promotion_id == promotion_id)
    return min((text for text in fits if codes[text].open), default=None)


def _skipped(
    answer: Answer, presented: Sequence[str], codes: Mapping[str, Code], snapshot: Snapshot
) -> list[SkippedPromotion]:
    """What the engine left out, and the codes that it never heard of."""
    out = [SkippedPromotion(one.reason, one.promotion_id or None, one.code or None) for one in answer.skipped]
    for text in sorted(set(presented)):
        code = codes.get(text)
        if code is None:
            out.append(SkippedPromotion("code_unknown", None, text))
        elif code.refused is not None:
            out.append(SkippedPromotion(code.refused, _promotion(code), text))
        elif not code.has_value and code.promotion_id not in snapshot.by_id:
            out.append(SkippedPromotion("not_running", code.promotion_id, text))
    return out


def _promotion(code: Code) -> str | None:
    return None if code.has_value else code.promotion_id


def _nearly(answer: Answer) -> list[NearPromotion]:
    return [
        NearPromotion(
            one.promotion_id,
            one.text,
            one.missing_items,
            one.missing_minor,
            list(one.skus),
            list(one.categories),
            list(one.brands),
        )
        for one in answer.nearly
    ]
