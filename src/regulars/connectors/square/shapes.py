"""The parts of Square's objects that we read, by their names in Square's API.

Left out on purpose, so that they cannot travel further: card numbers' first and last digits, expiry, addresses of
cards, notes and receipts' links.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Raw, Struct, field

Instant = Annotated[datetime, Meta(tz=True)]


class Money(Struct):
    """An amount in the currency's smallest unit."""

    amount: int | None = None
    currency: str | None = None


class Data(Struct):
    """What a webhook is about; `object` is decoded once the topic is known."""

    id: str | None = None
    object: Raw = Raw(b"{}")


class Envelope(Struct):
    """A webhook."""

    type: str
    event_id: str
    data: Data
    created_at: Instant | None = None
    location_id: str | None = None


class Card(Struct):
    """A card, reduced to Square's own token for it."""

    fingerprint: str | None = None
    card_brand: str | None = None


class CardDetails(Struct):
    """How a card was used; only the card itself matters here."""

    card: Card | None = None


class Address(Struct):
    """A postal address."""

    address_line_1: str | None = None
    address_line_2: str | None = None
    locality: str | None = None
    administrative_district_level_1: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Application(Struct):
    """What took a payment."""

    square_product: str | None = None


class Device(Struct):
    """The till or reader that took a payment."""

    device_id: str | None = None


class Fee(Struct):
    """What Square kept of a payment."""

    amount_money: Money | None = None


class Payment(Struct):
    """A payment; one order may have several."""

    id: str
    status: str
    created_at: Instant
    updated_at: Instant | None = None
    total_money: Money | None = None
    tip_money: Money | None = None
    source_type: str | None = None
    card_details: CardDetails | None = None
    location_id: str | None = None
    order_id: str | None = None
    customer_id: str | None = None
    team_member_id: str | None = None
    employee_id: str | None = None
    buyer_email_address: str | None = None
    device_details: Device | None = None
    application_details: Application | None = None
    processing_fee: list[Fee] | None = None


class Refund(Struct):
    """Money going back for a payment."""

    id: str
    status: str | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    amount_money: Money | None = None
    location_id: str | None = None
    payment_id: str | None = None
    order_id: str | None = None
    team_member_id: str | None = None


class OrderNotice(Struct):
    """All that an order webhook tells."""

    order_id: str | None = None
    version: int | None = None
    state: str | None = None
    location_id: str | None = None
    updated_at: Instant | None = None


class LineItem(Struct):
    """A line of an order; for a return, a line that came back."""

    uid: str | None = None
    source_line_item_uid: str | None = None
    name: str | None = None
    item_type: str | None = None
    quantity: Decimal = Decimal(1)
    catalog_object_id: str | None = None
    base_price_money: Money | None = None
    total_tax_money: Money | None = None
    total_discount_money: Money | None = None
    total_money: Money | None = None


class Tender(Struct):
    """One way an order was paid."""

    id: str | None = None
    payment_id: str | None = None
    type: str | None = None
    amount_money: Money | None = None
    customer_id: str | None = None
    card_details: CardDetails | None = None


class Amounts(Struct):
    """Sums of an order or a return."""

    total_money: Money | None = None
    tax_money: Money | None = None
    discount_money: Money | None = None
    tip_money: Money | None = None


class Return(Struct):
    """What came back of one source order; `source_order_id` is absent when nobody knew the original."""

    uid: str | None = None
    source_order_id: str | None = None
    return_line_items: list[LineItem] | None = None
    return_amounts: Amounts | None = None


class Rounding(Struct):
    """What cash rounding added to an order."""

    amount_money: Money | None = None


class ServiceCharge(Struct):
    """A charge on an order beside its lines; apportioned ones are in the lines already."""

    name: str | None = None
    total_money: Money | None = None
    treatment_type: str | None = None


class Source(Struct):
    """Where an order was made."""

    name: str | None = None


class Order(Struct):
    """An order: a sale, a return, or an exchange that is both."""

    id: str
    state: str | None = None
    version: int | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    closed_at: Instant | None = None
    location_id: str | None = None
    customer_id: str | None = None
    source: Source | None = None
    line_items: list[LineItem] | None = None
    service_charges: list[ServiceCharge] | None = None
    rounding_adjustment: Rounding | None = None
    returns: list[Return] | None = None
    return_amounts: Amounts | None = None
    tenders: list[Tender] | None = None
    total_money: Money | None = None
    total_tax_money: Money | None = None
    total_discount_money: Money | None = None
    total_tip_money: Money | None = None


class Preferences(Struct):
    """What a customer chose."""

    email_unsubscribed: bool | None = None


class Customer(Struct):
    """A customer of Square's directory."""

    id: str
    created_at: Instant | None = None
    updated_at: Instant | None = None
    version: int | None = None
    given_name: str | None = None
    family_name: str | None = None
    company_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    address: Address | None = None
    birthday: str | None = None
    reference_id: str | None = None
    preferences: Preferences | None = None
    group_ids: list[str] | None = None


class Merge(Struct):
    """Customers joined into a new one; the old ones are told as deleted."""

    from_customer_ids: list[str] | None = None
    to_customer_id: str | None = None


class Context(Struct):
    """Why a customer was created or deleted."""

    merge: Merge | None = None


class Mapping(Struct):
    """What a loyalty account is found by."""

    phone_number: str | None = None


class LoyaltyAccount(Struct):
    """An account of Square Loyalty."""

    id: str
    customer_id: str | None = None
    balance: int | None = None
    lifetime_points: int | None = None
    mapping: Mapping | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class Points(Struct):
    """The details of a loyalty event, whatever its type."""

    points: int | None = None
    order_id: str | None = None
    reason: str | None = None


class LoyaltyEvent(Struct):
    """A movement in Square Loyalty."""

    id: str
    type: str | None = None
    created_at: Instant | None = None
    loyalty_account_id: str | None = None
    location_id: str | None = None
    source: str | None = None
    accumulate_points: Points | None = None
    accumulate_promotion_points: Points | None = None
    adjust_points: Points | None = None
    create_reward: Points | None = None
    redeem_reward: Points | None = None
    delete_reward: Points | None = None
    expire_points: Points | None = None
    other_event: Points | None = None


class TeamMember(Struct):
    """A member of staff; what they earn is not read."""

    id: str
    status: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email_address: str | None = None
    updated_at: Instant | None = None


class Location(Struct):
    """A shop."""

    id: str
    name: str | None = None
    timezone: str | None = None
    country: str | None = None
    currency: str | None = None
    address: Address | None = None


class CategoryRef(Struct):
    """A category by its id."""

    id: str | None = None


class Item(Struct):
    """A product; what is sold are its variations."""

    name: str | None = None
    categories: list[CategoryRef] | None = None
    reporting_category: CategoryRef | None = None
    category_id: str | None = None
    is_archived: bool | None = None
    variations: list[CatalogObject] | None = None


class Variation(Struct):
    """What is sold: it has the SKU and the price."""

    item_id: str | None = None
    name: str | None = None
    sku: str | None = None
    upc: str | None = None
    price_money: Money | None = None


class Category(Struct):
    """A category's name."""

    name: str | None = None


class CatalogObject(Struct):
    """One object of the catalogue; which part is set depends on its type."""

    id: str
    type: str | None = None
    version: int | None = None
    updated_at: Instant | None = None
    is_deleted: bool | None = None
    item_data: Item | None = None
    item_variation_data: Variation | None = None
    category_data: Category | None = None


class Count(Struct):
    """Units of a variation at a location."""

    catalog_object_id: str | None = None
    location_id: str | None = None
    state: str | None = None
    quantity: Decimal | None = None
    calculated_at: Instant | None = None


class OrderAnswer(Struct):
    """GET /v2/orders/{id}."""

    order: Order


class PaymentAnswer(Struct):
    """GET /v2/payments/{id}; also the object of a payment webhook."""

    payment: Payment


class RefundAnswer(Struct):
    """GET /v2/refunds/{id}; also the object of a refund webhook."""

    refund: Refund


class CustomerAnswer(Struct):
    """GET /v2/customers/{id}; also the object of a customer webhook, which may tell of a merge."""

    customer: Customer
    event_context: Context | None = None


class LocationAnswer(Struct):
    """GET /v2/locations/{id}."""

    location: Location


class CatalogAnswer(Struct):
    """The catalogue calls."""

    objects: list[CatalogObject] | None = None
    related_objects: list[CatalogObject] | None = None
    cursor: str | None = None


class CountsAnswer(Struct):
    """POST /v2/inventory/counts/batch-retrieve."""

    counts: list[Count] | None = None


class LoyaltyAccountObject(Struct):
    """The object of a loyalty account webhook."""

    loyalty_account: LoyaltyAccount


class LoyaltyEventObject(Struct):
    """The object of a loyalty event webhook."""

    loyalty_event: LoyaltyEvent


class TeamMemberObject(Struct):
    """The object of a team member webhook."""

    team_member: TeamMember


class CatalogVersion(Struct):
    """When the catalogue last changed."""

    updated_at: Instant


class CatalogVersionObject(Struct):
    """The object of a catalogue webhook."""

    catalog_version: CatalogVersion


class CountsObject(Struct):
    """The object of an inventory webhook."""

    inventory_counts: list[Count] = field(default_factory=list)
