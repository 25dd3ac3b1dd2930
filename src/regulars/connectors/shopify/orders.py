"""Shopify's orders as sales and voids.

- An order counts in full once any money is secured: paid, partially paid, authorised, or (partially) refunded.
  Pending ones (bank transfer, cash on delivery) count when the retailer says so. Test orders do not.
- A cancelled order, and one whose authorisation lapsed, is voided. Its refunds are still told, as returns of a sale
  that counts nothing any more.
- A refund that moved no money is an edit: its lines are taken off the sale, and no return is told.
- The receipt is the order's id; the name people know (#1001) goes along as a property. The sale's version is the
  order's time of change in milliseconds, so the topics that tell of one change make one event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from msgspec import UNSET, Struct

from regulars.connectors.reading import (
    milliseconds,
    minor,
    optional_id,
    quantity,
    required_id,
    short_id,
    text,
    utc,
)
from regulars.vocabulary.connector import SourceConfig
from regulars.vocabulary.errors import BadPayload
from regulars.vocabulary.events import Event, Line, Sale, Tender

from .people import buyer
from .shapes import Id, LineItem, MoneySet, Order, Refund, RefundLine, TaxLine, items

COUNTED: Final = frozenset({"paid", "partially_paid", "authorized", "partially_refunded", "refunded"})
LAPSED: Final = frozenset({"voided", "expired"})
CHANNELS: Final = {"pos": "store", "web": "online", "shopify_draft_order": "online"}
TENDER_KINDS: Final = {"shopify_payments": "card", "gift_card": "gift_card", "cash": "cash"}
COUPONS_MAX: Final = 50


class Taken(Struct):
    """What refunds that moved no money took off a line, in minor units."""

    units: Decimal = Decimal(0)
    value_minor: int = 0
    tax_minor: int = 0


def is_partial(order: Order) -> bool:
    """Whether a body was cut down so far that the order must be asked for."""
    wanted = (order.line_items, order.financial_status)
    if any(value is UNSET for value in wanted) or order.updated_at is None or not order.currency:
        return True
    return order.total_price is None and order.total_price_set is None


def sale_event(order: Order, config: SourceConfig) -> Event | None:
    """The sale or the void an order stands for at present; None while it does not count."""
    standing = _standing(order, config)
    moment = order.processed_at or order.created_at
    if standing == "none" or moment is None:
        return None
    voided = standing == "voided"
    sale = _sale(order, voided=voided)
    event = Event(
        # A void has an id of its own: it may fall into the same whole second as a change before it.
        id=short_id("order", sale.receipt, str(sale.version), *(["voided"] if voided else [])),
        type="sale.voided" if voided else "sale.completed",
        occurred_at=utc((order.cancelled_at or order.updated_at or moment) if voided else moment),
        channel=channel_of(order.source_name, config),
        customer=buyer(order),
        sale=sale,
    )
    unexplained = 0 if voided else _unexplained_minor(order, sale)
    notes = {"order_name": text(order.name), "unexplained_minor": unexplained or None}
    event.properties = {name: value for name, value in notes.items() if value is not None} or None
    if not voided:  # A void finds its sale by the receipt alone; a place that was set later must not hide it.
        event.store = optional_id(order.location_id or (order.location.id if order.location else None))
        event.till = optional_id(order.device_id)
        event.staff = _staff(order)
    return event


def _standing(order: Order, config: SourceConfig) -> Literal["counts", "voided", "none"]:
    if order.test and config.options.get("count_test_orders") != "true":
        return "none"
    status = order.financial_status.lower() if isinstance(order.financial_status, str) else "pending"
    ever_counted = status in COUNTED or status in LAPSED or config.options.get("count_pending") == "true"
    if not ever_counted:
        return "none"
    return "voided" if order.cancelled_at is not None or status in LAPSED else "counts"


def channel_of(source_name: str | None, config: SourceConfig) -> str:
    """Where it was sold; option `channels` ("755357713=marketplace, tiktok=social") comes first."""
    name = (source_name or "").strip().lower()
    for pair in config.options.get("channels", "").split(","):
        source, _, channel = pair.partition("=")
        if source.strip().lower() == name and channel.strip():
            return channel.strip()
    return CHANNELS.get(name, "online")


def _staff(order: Order) -> str | None:
    if order.user_id is not None:
        return optional_id(order.user_id)
    named = [member.id for item in items(order.line_items) for member in item.attributed_staffs or []]
    return tail(named[0]) if named else None


def _sale(order: Order, *, voided: bool) -> Sale:
    currency = currency_of(order)
    taken = _taken_off(order, currency)
    total = shop_minor(order.total_price_set, order.total_price, currency, "total_price")
    tax = shop_minor(order.total_tax_set, order.total_tax, currency, "total_tax")
    total -= sum(part.value_minor for part in taken.values())
    return Sale(
        receipt=required_id(order.id, "id"),
        currency=currency,
        total_minor=total,
        tax_minor=tax - sum(part.tax_minor for part in taken.values()),
        discount_minor=shop_minor(
            order.total_discounts_set, order.total_discounts, currency, "total_discounts"
        ),
        shipping_minor=sum(_shipping(order, currency)),
        tip_minor=_tip(order, currency),
        lines=[] if voided else _lines(order, taken, currency),
        tenders=[] if voided else _tenders(order, total),
        coupons=_coupons(order),
        version=milliseconds(order.updated_at) if order.updated_at else 0,
        receipt_unique=True,
    )


def currency_of(order: Order) -> str:
    """The shop's currency; what the customer saw may have been another one."""
    if not order.currency:
        raise BadPayload("the order has no currency", field="currency")
    return order.currency


def _lines(order: Order, taken: Mapping[str, Taken], currency: str) -> list[Line]:
    lines = []
    for item in items(order.line_items):
        off = taken.get(tail(item.id), Taken())
        left = quantity(item.quantity) - off.units
        if not _is_tip(item) and not (off.units and left <= 0):
            lines.append(_line(item, off, left, currency, tax_on_top=not order.taxes_included))
    return lines


def _line(item: LineItem, off: Taken, left: Decimal, currency: str, *, tax_on_top: bool) -> Line:
    unit = shop_minor(item.price_set, item.price, currency, "line_items.price")
    tax = _tax(item.tax_lines, currency) - off.tax_minor
    whole = rounded(unit * quantity(item.quantity)) - _discount(item, currency)
    # `off.value_minor` holds its tax when tax comes on top; the line without tax must lose only the rest.
    net = whole - off.value_minor + (off.tax_minor if tax_on_top else 0)
    return Line(
        line_id=tail(item.id) or None,
        sku=sku_of(item),
        name=text(item.name or item.title),
        category=text(item.product.product_type) if item.product else None,
        brand=text(item.vendor),
        quantity=left,
        unit_price_minor=unit,
        discount_minor=rounded(unit * left) - net,
        tax_minor=tax,
        total_minor=net + (tax if tax_on_top else 0),
    )


def line_of(item: LineItem, currency: str, *, tax_on_top: bool) -> Line:
    """A line from which nothing was taken off, as in a basket."""
    return _line(item, Taken(), quantity(item.quantity), currency, tax_on_top=tax_on_top)


def sku_of(item: LineItem) -> str | None:
    """The SKU, else the variant's or product's id: the same rule as for products."""
    for value in (
        text(item.sku),
        item.variant_id,
        item.variant.id if item.variant else None,
        item.product_id,
    ):
        if value is not None:
            return required_id(value, "line_items.sku")
    return None


def _is_tip(item: LineItem) -> bool:
    return item.tip_payment_gateway is not None or item.tip_payment_method is not None


def _discount(item: LineItem, currency: str) -> int:
    if item.discount_allocations is None:
        return minor(item.total_discount, currency, "line_items.total_discount")
    return sum(
        shop_minor(share.amount_set, share.amount, currency, "line_items.discount_allocations")
        for share in item.discount_allocations
    )


def _tax(taxes: Sequence[TaxLine] | None, currency: str) -> int:
    return sum(shop_minor(tax.price_set, tax.price, currency, "tax_lines.price") for tax in taxes or [])


def _taken_off(order: Order, currency: str) -> dict[str, Taken]:
    """What was taken off the order without money moving, by line ("" for what is no line's)."""
    taken: dict[str, Taken] = {}
    for refund in order.refunds or []:
        if not is_edit(refund):
            continue
        for part in items(refund.refund_line_items):
            line = taken.setdefault(_line_id(part), Taken())
            tax = shop_minor(part.total_tax_set, part.total_tax, currency, "refunds.total_tax")
            value = shop_minor(part.subtotal_set, part.subtotal, currency, "refunds.subtotal")
            line.units += quantity(part.quantity)
            line.tax_minor += tax
            line.value_minor += value + (0 if order.taxes_included else tax)
        for kept in items(refund.order_adjustments):
            whole = taken.setdefault("", Taken())
            whole.value_minor -= shop_minor(kept.amount_set, kept.amount, currency, "refunds.amount")
            whole.value_minor -= shop_minor(kept.tax_amount_set, kept.tax_amount, currency, "refunds.tax")
    return taken


def _line_id(part: RefundLine) -> str:
    return tail(part.line_item_id) or (tail(part.line_item.id) if part.line_item else "")


def is_edit(refund: Refund) -> bool:
    """Whether a refund moved no money and did not try to: the order was edited, or goods written off."""
    return refund.transactions is not UNSET and not items(refund.transactions)


def _tenders(order: Order, total_minor: int) -> list[Tender]:
    """Only where one gateway took it all: bodies of orders do not say how much each of several took."""
    names = [name for name in map(text, order.payment_gateway_names or []) if name]
    if len(names) != 1:
        return []
    kind = TENDER_KINDS.get(names[0].lower(), names[0].lower())
    return [Tender(kind=required_id(kind, "payment_gateway_names"), amount_minor=total_minor)]


def _coupons(order: Order) -> list[str]:
    codes = [entry if isinstance(entry, str) else entry.code for entry in order.discount_codes or []]
    return [required_id(code, "discount_codes.code") for code in codes if text(code)][:COUPONS_MAX]


def _shipping(order: Order, currency: str) -> Iterable[int]:
    for line in items(order.shipping_lines):
        price = line.price if line.discounted_price is None else line.discounted_price
        if not line.is_removed:
            yield shop_minor(line.discounted_price_set or line.price_set, price, currency, "shipping_lines")


def _tip(order: Order, currency: str) -> int:
    tip = order.total_tip_received
    return shop_minor(order.total_tip_received_set, tip, currency, "total_tip_received")


def _unexplained_minor(order: Order, sale: Sale) -> int:
    """What the total holds beyond lines, delivery, tip, duties and rounding; 0 when everything adds up."""
    beside = (
        order.original_total_duties_set,
        order.original_total_additional_fees_set,
        order.total_cash_rounding_payment_adjustment_set,
    )
    parts = sum(line.total_minor for line in sale.lines) + sale.shipping_minor + sale.tip_minor
    parts += sum(shop_minor(money, None, sale.currency, "total_price") for money in beside)
    parts -= _taken_off(order, sale.currency).get("", Taken()).value_minor
    if not order.taxes_included:
        parts += sum(_tax(line.tax_lines, sale.currency) for line in items(order.shipping_lines))
    return sale.total_minor - parts


def shop_minor(money: MoneySet | None, plain: Decimal | None, currency: str, field: str) -> int:
    """An amount in the shop's currency: the set's where there is one, else the plain number or text."""
    cash = money.shop_money if money else None
    if cash is None or cash.amount is None:
        return minor(plain, currency, field)
    if cash.currency_code not in (None, currency):
        raise BadPayload("amounts of two currencies in one object", field=field)
    return minor(cash.amount, currency, field)


def rounded(amount: Decimal) -> int:
    """Whole minor units, half to even."""
    return int(amount.to_integral_value())


def tail(value: Id | None) -> str:
    """The number in a Shopify id, whichever API it came by; "" for none."""
    return str(value).rpartition("/")[2].partition("?")[0] if value is not None else ""
