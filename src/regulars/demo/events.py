"""The same world as our own JSON events: whole happenings for tests, plain sales in bulk for benchmarks.

All records come from one source here, whatever system they lived in. `EventView` renders a happening faithfully;
`sale_events` draws unrelated sales, as many and as fast as wanted; `customer_rows` are records for an import.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import IO, Final

import msgspec

from regulars.vocabulary.events import Address, Cart, Customer, Event, Line, Sale, Tender

from . import retail
from .basket import Baskets
from .hours import month_of, to_datetime, to_ms
from .ids import Ids
from .people import Person
from .retail import AccountSaved, CartStarted, Edited, Happening, Returned, Sold, Voided
from .till import fingerprint
from .world import Branch, World

CUSTOMER_FIELDS: Final = (
    "external_id", "given_name", "family_name", "email", "phone", "loyalty_card", "payment_token", "birth_date",
    "line1", "city", "postcode", "country",
)  # fmt: skip
ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class EventView:
    """Happenings as events. Ids are stable: the same happening, the same id."""

    def __init__(self, world: World) -> None:
        self._ids = world.ids

    def events(self, happening: Happening) -> list[Event]:
        """None for what our API has no event for."""
        match happening:
            case AccountSaved(account=account, at_ms=at_ms):
                id_ = f"customer-{account.id}-{account.version}"
                customer = self._account(account)
                return [
                    Event(id=id_, type="customer.updated", occurred_at=to_datetime(at_ms), customer=customer)
                ]
            case Sold(sale=sale) | Edited(sale=sale) if sale.state == "completed":
                return [self._sale(sale)]
            case Voided(sale=sale, at_ms=at_ms):
                return [self._head(sale, f"void-{sale.number}", "sale.voided", at_ms, self._receipt(sale))]
            case Returned(back=back):
                return [self._return(back)]
            case CartStarted(cart=cart):
                return [self._cart(cart)]
            case _:
                return []

    def _sale(self, sale: retail.Sale) -> Event:
        receipt = self._receipt(sale)
        receipt.lines = [_line(line, 1) for line in sale.lines]
        if sale.exchange is not None:
            back = sale.exchange
            receipt.total_minor -= back.total_minor
            receipt.tax_minor -= back.tax_minor
            receipt.lines += [_line(line, -1) for line in back.lines]
        receipt.tenders = [Tender(kind=sale.tender, amount_minor=paid.amount_minor) for paid in sale.payments]
        receipt.coupons = [sale.coupon] if sale.coupon else []
        return self._head(sale, f"sale-{sale.number}-{sale.version}", "sale.completed", sale.at_ms, receipt)

    def _receipt(self, sale: retail.Sale) -> Sale:
        return Sale(
            receipt=f"R{sale.number}",
            currency=sale.branch.currency,
            total_minor=sale.total_minor,
            tax_minor=sale.tax_minor,
            discount_minor=sale.discount_minor,
            shipping_minor=sale.shipping_minor,
            version=sale.version,
        )

    def _head(
        self, sale: retail.Sale | retail.Return, id_: str, kind: str, at_ms: int, receipt: Sale
    ) -> Event:
        return Event(
            id=id_,
            type=kind,
            occurred_at=to_datetime(at_ms),
            channel="online" if sale.branch.online else "store",
            store=store_code(sale.branch),
            till=f"{sale.till:02d}",
            staff=f"s-{sale.staff.number}" if sale.staff is not None else None,
            customer=self._buyer(sale),
            sale=receipt,
        )

    def _return(self, back: retail.Return) -> Event:
        receipt = Sale(
            receipt=f"B{back.number}",
            currency=back.branch.currency,
            total_minor=back.total_minor,
            tax_minor=back.tax_minor,
            lines=[_line(line, 1) for line in back.lines],
        )
        original = back.original
        if original is not None:
            receipt.original_receipt = f"R{original.number}"
            receipt.original_store = store_code(original.branch)
            receipt.original_till = f"{original.till:02d}"
            local = datetime.fromtimestamp(original.at_ms / 1000, original.branch.zone)
            receipt.original_business_date = local.date()
        return self._head(back, f"return-{back.number}", "sale.refunded", back.at_ms, receipt)

    def _cart(self, cart: retail.Cart) -> Event:
        return Event(
            id=f"cart-{cart.number}",
            type="cart.updated",
            occurred_at=to_datetime(cart.at_ms),
            channel="online",
            customer=self._account(cart.account) if cart.account else Customer(email=cart.email),
            cart=Cart(
                reference=f"K{cart.number}",
                currency=cart.branch.currency,
                total_minor=sum(line.total_minor for line in cart.lines),
                lines=[_line(line, 1) for line in cart.lines],
            ),
        )

    def _buyer(self, sale: retail.Sale | retail.Return) -> Customer | None:
        """What the till knows: the account, else the card, else the address the receipt went to."""
        if sale.account is not None:
            customer = self._account(sale.account)
            customer.device = sale.person.device if sale.branch.online else None
            return customer
        if isinstance(sale, retail.Return) or sale.record is None:
            return None
        token = (
            fingerprint(self._ids, sale.card) if sale.record.kind == "payment_token" and sale.card else None
        )
        return Customer(payment_token=token, email=sale.receipt_email)

    def _account(self, account: retail.Account) -> Customer:
        address = account.address
        return Customer(
            external_id=account.id,
            loyalty_card=account.loyalty_card,
            email=account.email,
            phone=account.phone,
            given_name=account.given,
            family_name=account.family,
            birth_date=account.birth,
            address=_address(address.line1, address.city, address.postcode, address.country)
            if address
            else None,
        )


def store_code(branch: Branch) -> str:
    """Our code for a branch: `london-0`."""
    return f"{branch.town.lower()}-{branch.number}"


def sale_events(
    world: World,
    rng: Random,
    count: int,
    *,
    known_share: float = 0.8,
    start: datetime,
    per_second: float = 1_000.0,
    first: int = 0,
) -> Iterator[Event]:
    """`count` sales of the world's people, `known_share` of them naming a customer, evenly spaced from `start`.

    Ids and receipts count up from `first`, so two calls with other numbers never collide. Busy customers come
    more often than others: the square of an even draw picks them.
    """
    baskets, people, branches, ids = Baskets(world.catalogue), world.people, world.branches, world.ids
    month, step = month_of(to_ms(start)), timedelta(seconds=1.0 / per_second)
    at = start.astimezone(UTC)
    for number in range(first, first + count):
        person = people[int(rng.random() ** 2 * len(people))]
        branch = branches[person.home]
        known = rng.random() < known_share
        lines = [_line(line, 1) for line in baskets.fill(rng, person, branch, month, coupon=False)]
        total = sum(line.total_minor for line in lines)
        yield Event(
            id=f"bench-{number}",
            type="sale.completed",
            occurred_at=at,
            channel="store",
            store=store_code(branch),
            till=f"{1 + number % branch.tills:02d}",
            staff=f"s-{branch.staff[number % len(branch.staff)].number}" if branch.staff else None,
            customer=customer_of(person, ids) if known else None,
            sale=Sale(
                receipt=f"R-{number}",
                currency=branch.currency,
                total_minor=total,
                tax_minor=sum(line.tax_minor for line in lines),
                lines=lines,
                tenders=[Tender(kind="card", amount_minor=total)],
            ),
        )
        at += step


def customer_of(person: Person, ids: Ids) -> Customer:
    """A person as a till with a good register knows them; `external_id` is `c-` and the person's number."""
    return Customer(
        external_id=f"c-{person.index}",
        loyalty_card=person.loyalty_card,
        email=person.emails[0],
        phone=person.mobile,
        given_name=person.given,
        family_name=person.family,
        payment_token=fingerprint(ids, person.cards[0]),
    )


def encoded(events: Iterable[Event], batch: int = 1) -> Iterator[bytes]:
    """Request bodies for `POST /v1/events`: one event each, or `{"events": […]}` of up to `batch`."""
    if batch == 1:
        yield from map(ENCODER.encode, events)
        return
    held: list[Event] = []
    for event in events:
        held.append(event)
        if len(held) == batch:
            yield ENCODER.encode({"events": held})
            held = []
    if held:
        yield ENCODER.encode({"events": held})


def customer_rows(people: Iterable[Person], ids: Ids) -> Iterator[tuple[str, ...]]:
    """Rows under CUSTOMER_FIELDS, for `regulars import customers`; empty text where nothing is known."""
    for person in people:
        address = person.address
        yield (
            f"c-{person.index}",
            person.given,
            person.family,
            person.emails[0],
            person.mobile,
            person.loyalty_card or "",
            fingerprint(ids, person.cards[0]),
            person.birth.isoformat(),
            address.line1,
            address.city,
            address.postcode,
            address.country,
        )


def write_customers(file: IO[str], people: Iterable[Person], ids: Ids) -> int:
    """A CSV file with a header; the number of people written."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(CUSTOMER_FIELDS)
    count = 0
    for row in customer_rows(people, ids):
        writer.writerow(row)
        count += 1
    return count


def _line(line: retail.Line, sign: int) -> Line:
    product = line.product
    return Line(
        line_id=str(line.number) if sign > 0 else f"back-{line.number}",
        sku=product.sku,
        name=f"{product.name} {product.variant}".rstrip(),
        category=product.category.name,
        barcode=product.barcode,
        quantity=Decimal(sign * line.quantity_milli) / 1000,
        unit_price_minor=line.unit_minor,
        discount_minor=sign * line.discount_minor,
        tax_minor=sign * line.tax_minor,
        total_minor=sign * line.total_minor,
    )


def _address(line1: str, city: str, postcode: str, country: str) -> Address:
    return Address(line1=line1, city=city, postcode=postcode, country=country)
