"""Square's orders and payments as sales, returns and voids.

- An order counts once it is COMPLETED; CANCELED voids it; OPEN and DRAFT are no sale yet.
- Every refund, itemised or not, makes an order of its own with `returns`: that order is the one authority on what
  came back. A refund is counted by itself only when its order turns out to hold no returns.
- The sale's version is twice the order's own, plus one once the buyer is known: Square may name the buyer on the
  payment after the order's last change, and that must repeat the sale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, field

from regulars.connectors.reading import milliseconds, optional_id, quantity, required_id, short_id, text, utc
from regulars.vocabulary.errors import BadPayload
from regulars.vocabulary.events import Customer, Event, Line, Sale, Tender
from regulars.vocabulary.events import Payment as Settled

from . import shapes
from .people import customer_of
from .shapes import Money, Order, Payment, Refund

ONLINE_PRODUCTS: Final = frozenset({"ECOMMERCE_API", "ONLINE_STORE"})
TENDER_KINDS: Final = {"SQUARE_GIFT_CARD": "gift_card", "THIRD_PARTY_CARD": "card", "NO_SALE": "other"}
TENDERS_MAX: Final = 50


class Article(Struct, frozen=True):
    """What the catalogue says of a variation."""

    sku: str
    name: str | None = None
    category: str | None = None
    barcode: str | None = None


class Joined(Struct, frozen=True):
    """An order with what had to be asked beside it."""

    order: Order
    payment: Payment | None = None
    customer: shapes.Customer | None = None
    articles: Mapping[str, Article] = field(default_factory=dict)


def buyer_id(order: Order, payment: Payment | None) -> str | None:
    """Who bought: the order's customer, else the payment's, else a tender's."""
    named = [order.customer_id, payment.customer_id if payment else None]
    named += [tender.customer_id for tender in order.tenders or []]
    return next((name for name in named if name), None)


def events_of(joined: Joined) -> list[Event]:
    """The facts an order stands for at present; none while it is still open."""
    order = joined.order
    if order.state not in ("COMPLETED", "CANCELED"):
        return []
    if order.state == "CANCELED":
        return [_event(joined, "sale.voided", _sale(joined, []), suffix=("voided",))]
    events = []
    if order.line_items or not order.returns:
        lines = [_line(line, joined.articles, _currency(order)) for line in order.line_items or []]
        events.append(_event(joined, "sale.completed", _sale(joined, lines), suffix=()))
    for position, back in enumerate(order.returns or []):
        name = back.uid or str(position)
        sale = _returned(joined, back, alone=len(order.returns or []) == 1, name=name)
        events.append(_event(joined, "sale.refunded", sale, suffix=("return", name)))
    return events


def _event(joined: Joined, kind: str, sale: Sale, suffix: tuple[str, ...]) -> Event:
    order, payment = joined.order, joined.payment
    event = Event(
        id=short_id("order", order.id, str(sale.version), *suffix),
        type=kind,
        occurred_at=_occurred_at(order),
        channel=_channel(order, payment),
        customer=_customer(joined),
        sale=sale,
    )
    if kind != "sale.voided":  # A void finds its sale by the receipt alone.
        event.store = optional_id(order.location_id)
    if payment is not None:
        event.staff = optional_id(payment.team_member_id or payment.employee_id)
        event.till = _till(payment)
    unexplained = _unexplained_minor(joined, sale) if kind == "sale.completed" else 0
    if unexplained:
        event.properties = {"unexplained_minor": unexplained}
    return event


def _sale(joined: Joined, lines: list[Line]) -> Sale:
    order = joined.order
    currency = _currency(order)
    return Sale(
        receipt=required_id(order.id, "order.id"),
        currency=currency,
        total_minor=amount(order.total_money, currency),
        tax_minor=amount(order.total_tax_money, currency),
        discount_minor=amount(order.total_discount_money, currency),
        tip_minor=amount(order.total_tip_money, currency),
        lines=lines,
        tenders=[] if order.state == "CANCELED" else _tenders(order.tenders or [], currency),
        version=_version(joined),
        receipt_unique=True,
    )


def _returned(joined: Joined, back: shapes.Return, *, alone: bool, name: str) -> Sale:
    order = joined.order
    currency = _currency(order)
    lines = [line for line in back.return_line_items or [] if _came_back(line)]
    sums = back.return_amounts or (order.return_amounts if alone else None)
    if sums is None:
        total = sum(amount(line.total_money, currency) for line in back.return_line_items or [])
        sums = shapes.Amounts(total_money=Money(total, currency))
    return Sale(
        receipt=required_id(order.id, "order.id") if alone else short_id(order.id, name),
        currency=currency,
        total_minor=amount(sums.total_money, currency),
        tax_minor=amount(sums.tax_money, currency),
        discount_minor=amount(sums.discount_money, currency),
        tip_minor=amount(sums.tip_money, currency),
        lines=[_line(line, joined.articles, currency) for line in lines],
        version=_version(joined),
        receipt_unique=True,
        original_receipt=optional_id(back.source_order_id),
    )


def _came_back(line: shapes.LineItem) -> bool:
    """Whether goods came back: a refund of a mere amount is told as a line as well, and is none."""
    return line.item_type != "CUSTOM_AMOUNT" or bool(line.source_line_item_uid)


def _line(line: shapes.LineItem, articles: Mapping[str, Article], currency: str) -> Line:
    variation = optional_id(line.catalog_object_id)
    article = articles.get(variation or "") or Article(sku=variation or "")
    return Line(
        line_id=optional_id(line.uid),
        original_line_id=optional_id(line.source_line_item_uid),
        sku=article.sku or None,
        name=text(line.name) or article.name,
        category=article.category,
        barcode=article.barcode,
        quantity=quantity(line.quantity),
        unit_price_minor=amount(line.base_price_money, currency),
        discount_minor=amount(line.total_discount_money, currency),
        tax_minor=amount(line.total_tax_money, currency),
        total_minor=amount(line.total_money, currency),
    )


def _tenders(tenders: Sequence[shapes.Tender], currency: str) -> list[Tender]:
    return [
        Tender(
            kind=TENDER_KINDS.get(tender.type or "", (tender.type or "other").lower()),
            amount_minor=amount(tender.amount_money, currency),
            reference=optional_id(tender.payment_id or tender.id),
        )
        for tender in tenders[:TENDERS_MAX]
    ]


def _customer(joined: Joined) -> Customer | None:
    order, payment = joined.order, joined.payment
    token = _payment_token(order, payment)
    name = buyer_id(order, payment)
    if joined.customer is not None:
        known = customer_of(joined.customer)
        known.payment_token = token
        return known
    if name is not None:
        return Customer(external_id=required_id(name, "customer_id"), payment_token=token)
    email = text(payment.buyer_email_address) if payment else None
    return Customer(payment_token=token, email=email) if token or email else None


def _payment_token(order: Order, payment: Payment | None) -> str | None:
    details = [payment.card_details if payment else None]
    details += [tender.card_details for tender in order.tenders or []]
    return next((token for token in map(card_token, details) if token), None)


def card_token(details: shapes.CardDetails | None) -> str | None:
    """Square's token for a bank card; a gift card is nobody's and has none."""
    card = details.card if details else None
    if card is None or card.card_brand == "SQUARE_GIFT_CARD":
        return None
    return optional_id(card.fingerprint)


def _till(payment: Payment) -> str | None:
    return optional_id(payment.device_details.device_id) if payment.device_details else None


def _channel(order: Order, payment: Payment | None) -> str:
    application = payment.application_details if payment else None
    product = application.square_product if application else None
    named = (order.source.name or "") if order.source else ""
    return "online" if product in ONLINE_PRODUCTS or "online" in named.lower() else "store"


def _occurred_at(order: Order) -> datetime:
    moment = order.closed_at or order.created_at or order.updated_at
    if moment is None:
        raise BadPayload("the order has no time", field="order.created_at")
    return utc(moment)


def _version(joined: Joined) -> int:
    order = joined.order
    # Orders that were not made through Square's API carry no version; their time of change serves instead.
    own = order.version
    if own is None:
        own = milliseconds(order.updated_at or _occurred_at(order))
    return 2 * own + (buyer_id(order, joined.payment) is not None)


def _currency(order: Order) -> str:
    sums = order.return_amounts.total_money if order.return_amounts else None
    for money in (order.total_money, sums):
        if money is not None and money.currency:
            return money.currency
    raise BadPayload("the order has no currency", field="order.total_money.currency")


def _unexplained_minor(joined: Joined, sale: Sale) -> int:
    """What the total holds beyond lines, charges, tip and rounding; 0 when everything adds up."""
    order = joined.order
    rounding = order.rounding_adjustment.amount_money if order.rounding_adjustment else None
    charges = sum(
        amount(charge.total_money, sale.currency)
        for charge in order.service_charges or []
        if charge.treatment_type != "APPORTIONED_TREATMENT"
    )
    parts = sum(line.total_minor for line in sale.lines) + charges + amount(rounding, sale.currency)
    # Square documents the total neither with nor without the tip: both readings add up.
    return 0 if sale.total_minor == parts else sale.total_minor - parts - sale.tip_minor


def amount(money: Money | None, currency: str) -> int:
    """Minor units; nothing is 0. Raises BadPayload on another currency than the sale's."""
    if money is None or money.amount is None:
        return 0
    if money.currency != currency:
        raise BadPayload("amounts of two currencies in one object", field="currency")
    return money.amount


def sale_of_payment(payment: Payment) -> Event:
    """A completed payment that belongs to no order, as a sale of its own without lines."""
    currency = payment_currency(payment)
    changed = payment.updated_at or payment.created_at
    version = 2 * milliseconds(changed) + (payment.customer_id is not None)
    total = amount(payment.total_money, currency)
    kind = (payment.source_type or "other").lower()
    return Event(
        id=short_id("payment", payment.id, str(version)),
        type="sale.completed",
        occurred_at=utc(payment.created_at),
        channel=_channel(Order(id=payment.id), payment),
        store=optional_id(payment.location_id),
        till=_till(payment),
        staff=optional_id(payment.team_member_id or payment.employee_id),
        customer=payer(payment),
        sale=Sale(
            receipt=required_id(payment.id, "payment.id"),
            currency=currency,
            total_minor=total,
            tip_minor=amount(payment.tip_money, currency),
            tenders=[Tender(kind=kind, amount_minor=total, reference=payment.id)],
            version=version,
            receipt_unique=True,
        ),
    )


def settled(payment: Payment, event_id: str) -> Event:
    """A completed payment of an order, for the books; the order itself is fetched."""
    currency = payment_currency(payment)
    fees = [amount(fee.amount_money, currency) for fee in payment.processing_fee or []]
    changed = payment.updated_at or payment.created_at
    return Event(
        id=event_id,
        type="payment.settled",
        occurred_at=utc(changed),
        store=optional_id(payment.location_id),
        customer=payer(payment),
        payment=Settled(
            reference=required_id(payment.id, "payment.id"),
            amount_minor=amount(payment.total_money, currency),
            currency=currency,
            receipt=optional_id(payment.order_id),
            fee_minor=sum(fees) if fees else None,
        ),
        version=milliseconds(changed),
    )


def payer(payment: Payment) -> Customer | None:
    """Who paid, as far as the payment itself tells."""
    return _customer(Joined(Order(id=payment.id), payment))


def payment_currency(payment: Payment) -> str:
    """The currency of a payment; raises BadPayload where there is none."""
    currency = payment.total_money.currency if payment.total_money else None
    if not currency:
        raise BadPayload("the payment has no currency", field="payment.total_money.currency")
    return currency


def refund_alone(refund: Refund) -> list[Event]:
    """A refund that no return order tells of; counted once it is COMPLETED, as a mere amount."""
    money, moment = refund.amount_money, refund.updated_at or refund.created_at
    if refund.status != "COMPLETED":
        return []
    if money is None or not money.currency or moment is None:
        raise BadPayload("the refund has no amount or time", field="refund.amount_money")
    version = milliseconds(moment)
    sale = Sale(
        receipt=required_id(refund.id, "refund.id"),
        currency=money.currency,
        total_minor=amount(money, money.currency),
        version=version,
        original_receipt=optional_id(refund.order_id or refund.payment_id),
        receipt_unique=True,
    )
    event = Event(
        id=short_id("refund", refund.id, str(version)),
        type="sale.refunded",
        occurred_at=utc(moment),
        store=optional_id(refund.location_id),
        staff=optional_id(refund.team_member_id),
        sale=sale,
    )
    return [event]
