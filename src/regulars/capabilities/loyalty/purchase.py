"""A sale as the rules see it: lines, what was paid for them and how, and which part of that earns.

What earns is the money paid: after discounts, without what was paid with points or vouchers, and without tax,
shipping, gift cards and deposits where the programme leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from regulars.capabilities.profile.receipt import micro
from regulars.capabilities.profile.state import MICRO
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Event, Line, Sale

from .spreading import spread
from .terms import Exclude, Kind

TaxMode = Literal["inclusive", "exclusive"]
SHIPPING_LINE: Final = "~shipping"
TIP_LINE: Final = "~tip"
WHOLE_LINE: Final = "~sale"
"""Names of what is no line of the receipt: shipping, tip, and the whole of a receipt that tells no lines."""


class PurchaseLine(Struct, frozen=True):
    """A line: `quantity_micro` in millionths, `net_minor` what it came to after discounts as the till states it.

    In a sale of tax mode inclusive `net_minor` holds `tax_minor`, in exclusive the tax comes on top. A negative line
    brings goods back (an exchange).
    """

    line_id: str
    net_minor: int
    sku: str | None = None
    category: str | None = None
    brand: str | None = None
    quantity_micro: int = MICRO
    tax_minor: int = 0
    kind: Kind = "goods"


class Purchase(Struct, frozen=True):
    """A sale. `tenders` are (kind, amount in minor units); line ids are unique; `occurred_at` carries an offset."""

    sale_id: str
    occurred_at: datetime
    currency: str
    lines: tuple[PurchaseLine, ...]
    tenders: tuple[tuple[str, int], ...] = ()
    store: str | None = None
    channel: str | None = None
    tax_mode: TaxMode = "inclusive"
    shipping_minor: int = 0
    tip_minor: int = 0

    def paid(self) -> dict[str, int]:
        """What each line came to with tax, in minor units, by line id; shipping and tip are lines as well."""
        on_top = self.tax_mode == "exclusive"
        out = {line.line_id: line.net_minor + (line.tax_minor if on_top else 0) for line in self.lines}
        if self.shipping_minor:
            out[SHIPPING_LINE] = self.shipping_minor
        if self.tip_minor:
            out[TIP_LINE] = self.tip_minor
        return out


def bases(purchase: Purchase, exclude: Exclude) -> dict[str, int]:
    """The part of each line that earns, in minor units, by line id; negative for lines that bring goods back.

    Lines that earn nothing are there with 0, shipping only where it earns. What was paid by tenders that are no money
    lowers all lines in proportion to what they came to, whether they earn or not.
    """
    gross = purchase.paid()
    away = _not_money(purchase, exclude, gross)
    out: dict[str, int] = {}
    for line in purchase.lines:
        paid = gross[line.line_id] - away.get(line.line_id, 0)
        if excluded(line, exclude):
            out[line.line_id] = 0
        elif exclude.tax and gross[line.line_id]:
            out[line.line_id] = paid - _part(line.tax_minor, paid, gross[line.line_id])
        else:
            out[line.line_id] = paid
    if SHIPPING_LINE in gross and not exclude.shipping:
        out[SHIPPING_LINE] = gross[SHIPPING_LINE] - away.get(SHIPPING_LINE, 0)
    return out


def _part(amount: int, numerator: int, denominator: int) -> int:
    """amount x numerator / denominator, rounded towards nothing."""
    product = amount * numerator
    whole = abs(product) // abs(denominator)
    return whole if (product < 0) == (denominator < 0) else -whole


def _not_money(purchase: Purchase, exclude: Exclude, gross: Mapping[str, int]) -> dict[str, int]:
    """What of each line was paid by something that is no money."""
    kinds = exclude.tenders if exclude.gift_cards else exclude.tenders | {"gift_card"}
    amount = sum(minor for kind, minor in purchase.tenders if kind in kinds)
    bought = {line_id: minor for line_id, minor in gross.items() if minor > 0}
    amount = min(amount, sum(bought.values()))
    return spread(amount, bought) if amount > 0 else {}


def excluded(line: PurchaseLine, exclude: Exclude) -> bool:
    """Whether a line earns nothing, for what it is."""
    if line.kind != "goods":
        return {"shipping": exclude.shipping, "gift_card": exclude.gift_cards, "deposit": exclude.deposits}[
            line.kind
        ]
    if not (exclude.skus or exclude.categories or exclude.brands):
        return False
    return (
        line.sku in exclude.skus
        or line.brand in exclude.brands
        or (line.category is not None and within(line.category, exclude.categories))
    )


def within(category: str, named: frozenset[str]) -> bool:
    """Whether a category is one of those named, or below one: "Drinks > Coffee" is within "Drinks".

    Capitals and the space around the marks do not matter.
    """
    path, paths = _path(category), _paths(named)
    return any(path[:length] in paths for length in range(1, len(path) + 1))


@lru_cache(maxsize=10_000)
def _path(category: str) -> tuple[str, ...]:
    return tuple(part.strip().casefold() for part in category.split(">"))


@lru_cache(maxsize=10_000)
def _paths(named: frozenset[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(map(_path, named))


def burned(purchase: Purchase, points: int, *, sku: str | None = None) -> dict[str, int]:
    """The points a sale was paid with, shared out over the lines bought in proportion to what they came to.

    With a `sku` they were spent on this product, where it was bought: its lines have them (R7). Lines that cost nothing
    share by quantity where no line cost anything. Empty where nothing was bought.
    """
    bought = {line.line_id: line for line in purchase.lines if line.quantity_micro > 0}
    chosen = {name for name, line in bought.items() if sku is not None and line.sku == sku}
    paid = {name: minor for name, minor in purchase.paid().items() if minor > 0}
    if chosen or not paid:
        weights = {name: bought[name].quantity_micro for name in chosen or bought}
        return spread(points, weights) if weights else {}
    return spread(points, paid)


def purchase_of(
    event: Event, *, sale_id: str, tax_mode: TaxMode = "inclusive", kinds: Mapping[str, Kind] | None = None
) -> Purchase:
    """The purchase a sale event tells of. `kinds` says which skus or categories are no goods (`Programme.kinds`).

    A line without an id of its own is named by its place, "#1" for the first. A discount on the whole receipt, by which
    the lines come to more than the total, is taken off the lines in proportion. A receipt without lines is one line,
    WHOLE_LINE. Raises InvalidInput for an event without a sale, or a quantity that is out of range.
    """
    sale = event.sale
    if sale is None:
        raise InvalidInput("%(type)s needs a sale", field="sale", type=event.type)
    ids = _ids([line.line_id for line in sale.lines])
    lines = [
        _line(line, name, number, kinds or {})
        for number, (line, name) in enumerate(zip(sale.lines, ids, strict=True))
    ]
    return Purchase(
        sale_id=sale_id,
        occurred_at=event.occurred_at,
        currency=sale.currency,
        lines=tuple(_settled(lines, sale, tax_mode) if lines else [_whole(sale, tax_mode)]),
        tenders=tuple((tender.kind, tender.amount_minor) for tender in sale.tenders),
        store=event.store,
        channel=event.channel,
        tax_mode=tax_mode,
        shipping_minor=sale.shipping_minor,
        tip_minor=sale.tip_minor,
    )


StoredLine = tuple[str | None, str | None, str | None, int, int, int, int, int]
"""A line as a sale row keeps it: id, sku, category, quantity in millionths, unit price, discount, tax, total."""


def purchase_of_row(
    sale_id: str,
    occurred_at: datetime,
    sale: Sale,
    lines: Sequence[StoredLine],
    *,
    store: str | None,
    channel: str | None,
) -> Purchase:
    """The purchase a stored sale was: what `purchase_of` gives, without the brands and tenders that no row keeps.

    `sale` has the amounts of the receipt; its lines are not looked at.
    """
    named = zip(_ids([line[0] for line in lines]), lines, strict=True)
    told = [
        PurchaseLine(
            name,
            -total if micros < 0 < total else total,
            sku,
            category,
            None,
            micros,
            -tax if micros < 0 < total else tax,
        )
        for name, (_, sku, category, micros, _, _, tax, total) in named
    ]
    settled = _settled(told, sale, "inclusive") if told else [_whole(sale, "inclusive")]
    return Purchase(sale_id, occurred_at, sale.currency, tuple(settled), (), store, channel)


def with_kinds(purchase: Purchase, kinds: Mapping[str, Kind]) -> Purchase:
    """The purchase with lines that a programme says are no goods (`Programme.kinds`) marked so."""
    found = [_kind(line, kinds) if line.kind == "goods" else line.kind for line in purchase.lines]
    if all(kind == line.kind for kind, line in zip(found, purchase.lines, strict=True)):
        return purchase
    lines = zip(purchase.lines, found, strict=True)
    return replace(purchase, lines=tuple(replace(line, kind=kind) for line, kind in lines))


def _ids(told: list[str | None]) -> list[str]:
    return [
        name if name is not None and told.count(name) == 1 else f"#{number}"
        for number, name in enumerate(told, 1)
    ]


def _line(line: Line, name: str, number: int, kinds: Mapping[str, Kind]) -> PurchaseLine:
    quantity = micro(line.quantity, f"sale.lines[{number}].quantity")
    # Some sources tell what came back with a negative quantity and a positive total.
    sign = -1 if quantity < 0 < line.total_minor else 1
    return PurchaseLine(
        line_id=name,
        net_minor=sign * line.total_minor,
        sku=line.sku,
        category=line.category,
        brand=line.brand,
        quantity_micro=quantity,
        tax_minor=sign * line.tax_minor,
        kind=_kind(line, kinds),
    )


def _kind(line: Line | PurchaseLine, kinds: Mapping[str, Kind]) -> Kind:
    if not kinds:
        return "goods"
    if line.sku is not None and line.sku in kinds:
        return kinds[line.sku]
    if line.category is not None:
        # The nearest of those above it, whatever the order of the file.
        path = _path(line.category)
        above = [name for name in kinds if (one := _path(name)) == path[: len(one)]]
        if above:
            return kinds[max(above, key=lambda name: (len(_path(name)), name))]
    return "goods"


def _whole(sale: Sale, tax_mode: TaxMode) -> PurchaseLine:
    net = sale.total_minor - sale.shipping_minor - sale.tip_minor
    return PurchaseLine(
        line_id=WHOLE_LINE,
        net_minor=net - (sale.tax_minor if tax_mode == "exclusive" else 0),
        tax_minor=sale.tax_minor,
    )


def _settled(lines: list[PurchaseLine], sale: Sale, tax_mode: TaxMode) -> list[PurchaseLine]:
    """The lines with their part of the tax and the discount that the receipt states only for the whole."""
    bought = {line.line_id: line.net_minor for line in lines if line.net_minor > 0}
    if sale.tax_minor > 0 and bought and not any(line.tax_minor for line in lines):
        taxes = spread(sale.tax_minor, bought)
        lines = [replace(line, tax_minor=taxes.get(line.line_id, 0)) for line in lines]
    off = _discount(lines, sale, tax_mode)
    if 0 < off <= sum(bought.values()):
        shares = spread(off, bought)
        lines = [replace(line, net_minor=line.net_minor - shares.get(line.line_id, 0)) for line in lines]
    return lines


def _discount(lines: list[PurchaseLine], sale: Sale, tax_mode: TaxMode) -> int:
    """What the lines come to beyond the total, as far as it is a discount of the receipt."""
    told = sum(line.net_minor + (line.tax_minor if tax_mode == "exclusive" else 0) for line in lines)
    off = told + sale.shipping_minor + sale.tip_minor - sale.total_minor
    # Not every source counts shipping or the tip in the total: what that explains is no discount.
    explained = (sale.shipping_minor, sale.tip_minor, sale.shipping_minor + sale.tip_minor)
    return 0 if off in explained or off > sale.discount_minor else off
