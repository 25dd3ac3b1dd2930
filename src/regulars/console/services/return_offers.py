"""What goods of a sale with promotions give back: what was paid, less what is kept costs by the sale's promotions (R8).

The sale says which versions of promotions it used, so nothing that changed since matters, and it met their conditions
then. Its basket is made again out of what is kept of it, and is believed only where it is priced as it was sold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from regulars.capabilities.loyalty.back import paid_with_points
from regulars.capabilities.loyalty.purchase import Purchase, StoredLine
from regulars.capabilities.loyalty.returning import SoldLine
from regulars.capabilities.offers.basket import LINES_MAX, Basket, Line, Member
from regulars.capabilities.offers.compiled import Snapshot, compile_promotions
from regulars.capabilities.offers.model import Limits, Promotion, PromotionError, TierPrices, Window
from regulars.capabilities.offers.quoting import quote
from regulars.capabilities.offers.returning import refund
from regulars.capabilities.offers.usage import VOUCHER
from regulars.capabilities.profile.state import MICRO
from regulars.store.database import AsyncConnection
from regulars.store.promotions import read
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.events import OfferUse

from .common import id_array, row, rows
from .quote_usage import OFFERS
from .till_sales import KnownSale

_SQL = load_queries("regulars.store", "promotions.sql")
_QUANTITY_MAX = 10**11
_lines = msgspec.json.Decoder(list[StoredLine]).decode


class SoldOffers(Struct, frozen=True):
    """The basket of a sale as it was quoted, and the promotions it used."""

    snapshot: Snapshot
    basket: Basket


class UsedOffers(Struct, frozen=True):
    """What a sale used of promotions, and the texts of their versions by id and number."""

    uses: list[OfferUse]
    texts: dict[tuple[str, int], str]


async def used_offers(conn: AsyncConnection, vault: Vault, sale: KnownSale) -> UsedOffers | None:
    """What a sale used; None where that is nothing."""
    workspace = {"workspace_id": vault.workspace_id}
    found = await row(conn, OFFERS.load_sales, workspace | {"sales": id_array([sale.sale_id.hex])})
    uses = msgspec.convert(found[5], list[OfferUse]) if found is not None else []
    uses = [use for use in uses if use.amount_minor]
    names = sorted({use.promotion for use in uses if use.promotion != VOUCHER})
    if not names:
        return None
    texts = await rows(conn, _SQL.some_versions, workspace | {"ids": names})
    return UsedOffers(uses, {(name, version): content for name, version, content in texts})


def remade(
    used: UsedOffers, sale: KnownSale, purchase: Purchase, sold: Sequence[SoldLine]
) -> SoldOffers | None:
    """The sale's basket again; None where it cannot be made, or would not be priced as it was sold."""
    promotions = list(_promotions(used))
    wanted = {use.promotion: use.amount_minor for use in used.uses if use.promotion != VOUCHER}
    if len(promotions) != len(wanted) or not 0 < len(sold) <= LINES_MAX:
        return None
    snapshot = compile_promotions(promotions)
    for lines in _ways(used.uses, _lines(sale.lines), purchase, sold):
        for tier in _tiers(promotions, known=sale.profile_id is not None):
            basket = Basket(lines, sale.currency, sale.occurred_at, member=Member(tier) if tier else None)
            answer = quote(snapshot, basket)
            if {one.promotion_id: one.amount_minor for one in answer.applied} == wanted:
                return SoldOffers(snapshot, basket)
    return None


def given_back(
    used: UsedOffers,
    sale: KnownSale,
    purchase: Purchase,
    sold: Sequence[SoldLine],
    coming: Mapping[str, int],
    refunded_minor: int,
) -> dict[str, int] | None:
    """What goes back by line id, after `refunded_minor` went back before; None where the basket cannot be made again.

    `sold` has what came back before. What was paid with points goes back whatever is kept.
    """
    offers = remade(used, sale, purchase, sold)
    if offers is None:
        return None
    return refund(
        offers.snapshot,
        offers.basket,
        coming,
        paid={line.line_id: line.amount_minor for line in sold},
        earlier={line.line_id: min(line.returned_micro, line.quantity_micro) for line in sold},
        refunded_minor=refunded_minor,
        with_points=paid_with_points(purchase),
    ).lines


def _promotions(used: UsedOffers) -> Iterator[Promotion]:
    """The versions that were used, without the conditions that the sale met; never for more than the last of a budget."""
    for use in used.uses:
        content = used.texts.get((use.promotion, use.version))
        try:
            promotion = read(content) if content is not None else None
        except PromotionError:
            promotion = None
        if promotion is None:
            continue
        limits = promotion.limits
        yield replace(
            promotion,
            version=use.version,
            window=Window(),
            happy_hours=(),
            stores=frozenset(),
            channels=frozenset(),
            tiers=frozenset(),
            segments=frozenset(),
            member_only=False,
            code_required=False,
            limits=Limits(
                basket=limits.basket,
                budget_minor=use.amount_minor if limits.budget_minor is not None else None,
            ),
        )


def _tiers(promotions: Iterable[Promotion], *, known: bool) -> list[str]:
    """The tiers that may have had these prices, the named ones first; nobody keeps which it was."""
    named = {
        price.tier
        for one in promotions
        if isinstance(one.effect, TierPrices)
        for price in one.effect.prices
        if price.tier
    }
    return [*(sorted(named) if known else ()), ""]


def _ways(
    uses: Iterable[OfferUse], stored: Sequence[StoredLine], purchase: Purchase, sold: Sequence[SoldLine]
) -> Iterator[tuple[Line, ...]]:
    """The lines at the prices that the till told; else at what they came to and what came off them."""
    if len(stored) != len(purchase.lines):
        return
    told = {line.line_id: row[4] for line, row in zip(purchase.lines, stored, strict=True)}
    off: dict[str, int] = {}
    for use in uses:
        for one in use.lines:
            off[one.line_id] = off.get(one.line_id, 0) + one.amount_minor
    whole = {line.line_id: line.net_minor + off.get(line.line_id, 0) for line in purchase.lines}
    worked_out = {
        line.line_id: whole[line.line_id] * MICRO // line.quantity_micro
        for line in sold
        if whole[line.line_id] * MICRO % line.quantity_micro == 0
    }
    for prices in (told, worked_out):
        lines = _at(prices, purchase, sold)
        if lines is not None:
            yield lines


def _at(prices: Mapping[str, int], purchase: Purchase, sold: Sequence[SoldLine]) -> tuple[Line, ...] | None:
    """The lines at these prices; None where one has no price, no SKU or too large a quantity."""
    bought = {line.line_id: line for line in purchase.lines}
    out = []
    for line in sold:
        price, known = prices.get(line.line_id, 0), bought[line.line_id]
        if price <= 0 or not line.sku or line.quantity_micro > _QUANTITY_MAX:
            return None
        category, brand = known.category or "", known.brand or ""
        out.append(Line(line.line_id, line.sku, line.quantity_micro, price, category, brand))
    return tuple(out)
