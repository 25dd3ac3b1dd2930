"""The parts of Shopify's objects that we read, by their names in webhook bodies.

The GraphQL documents in `documents.py` give their fields the same names, so one set of shapes reads both; where
the two differ (a list against a connection, a code against an object with a code) a field takes either form.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeAlias, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

T = TypeVar("T")
Instant = Annotated[datetime, Meta(tz=True)]
Id: TypeAlias = int | str


class PageInfo(Struct):
    """Whether a connection goes on."""

    has_next_page: bool = False
    end_cursor: str | None = None


class Nodes(Struct, Generic[T]):
    """A connection of the GraphQL API."""

    nodes: list[T] | None = None
    page_info: PageInfo | None = None


def items(value: list[T] | Nodes[T] | UnsetType | None) -> list[T]:
    """The entries of a list, of a connection, or of nothing."""
    if isinstance(value, Nodes):
        return value.nodes or []
    return value if isinstance(value, list) else []


class Cash(Struct):
    """A decimal amount in major units."""

    amount: Decimal | None = None
    currency_code: str | None = None


class MoneySet(Struct):
    """An amount in the shop's currency; what the customer saw in another one is not read."""

    shop_money: Cash | None = None


class Ref(Struct):
    """A thing by its id."""

    id: Id | None = None


class Address(Struct):
    """A postal address."""

    first_name: str | None = None
    last_name: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    zip: str | None = None
    country_code: str | None = None


class Consent(Struct):
    """What a customer said to marketing on one channel, and when."""

    state: str | None = None
    consent_updated_at: Instant | None = None


class Email(Struct):
    """An address with its consent, as GraphQL tells them together."""

    email: str | None = None
    state: str | None = None
    consent_updated_at: Instant | None = None


class Phone(Struct):
    """A number with its consent, as GraphQL tells them together."""

    phone: str | None = None
    consent: Consent | None = None


class Customer(Struct):
    """A customer."""

    id: Id | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    locale: str | None = None
    tags: str | list[str] | None = None
    default_address: Address | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    email_marketing_consent: Consent | None = None
    sms_marketing_consent: Consent | None = None
    default_email: Email | None = None
    default_phone: Phone | None = None


class TaxLine(Struct):
    """One tax on a line."""

    price: Decimal | None = None
    price_set: MoneySet | None = None


class Allocation(Struct):
    """A share of a discount on a line."""

    amount: Decimal | None = None
    amount_set: MoneySet | None = None


class ProductRef(Struct):
    """A line's product."""

    id: Id | None = None
    product_type: str | None = None


class LineItem(Struct):
    """A line of an order, a checkout or a refund."""

    id: Id | None = None
    name: str | None = None
    title: str | None = None
    sku: str | None = None
    vendor: str | None = None
    variant_id: Id | None = None
    product_id: Id | None = None
    variant: Ref | None = None
    product: ProductRef | None = None
    quantity: Decimal = Decimal(1)
    price: Decimal | None = None
    price_set: MoneySet | None = None
    total_discount: Decimal | None = None
    tax_lines: list[TaxLine] | None = None
    discount_allocations: list[Allocation] | None = None
    tip_payment_gateway: str | None = None
    tip_payment_method: str | None = None
    attributed_staffs: list[Ref] | None = None


class ShippingLine(Struct):
    """What delivery costs."""

    price: Decimal | None = None
    price_set: MoneySet | None = None
    discounted_price: Decimal | None = None
    discounted_price_set: MoneySet | None = None
    tax_lines: list[TaxLine] | None = None
    is_removed: bool | None = None


class Transaction(Struct):
    """Money moving; card details are not read."""

    kind: str | None = None
    status: str | None = None
    amount: Decimal | None = None
    amount_set: MoneySet | None = None
    currency: str | None = None
    location_id: Id | None = None
    device_id: Id | None = None
    source_name: str | None = None


class RefundLine(Struct):
    """A line of a refund: what came back or was taken off."""

    id: Id | None = None
    line_item_id: Id | None = None
    line_item: LineItem | None = None
    quantity: Decimal = Decimal(1)
    subtotal: Decimal | None = None
    subtotal_set: MoneySet | None = None
    total_tax: Decimal | None = None
    total_tax_set: MoneySet | None = None


class Adjustment(Struct):
    """What a refund gave back beside its lines (below zero) or kept back (above)."""

    amount: Decimal | None = None
    amount_set: MoneySet | None = None
    tax_amount: Decimal | None = None
    tax_amount_set: MoneySet | None = None


class RefundOrder(Struct):
    """The order of a refund, as GraphQL tells it."""

    id: Id | None = None
    currency: str | None = None
    taxes_included: bool | None = None


class Refund(Struct):
    """A refund; UNSET marks what a cut-down body left out."""

    id: Id
    order_id: Id | None = None
    order: RefundOrder | None = None
    created_at: Instant | None = None
    processed_at: Instant | None = None
    user_id: Id | None = None
    refund_line_items: list[RefundLine] | Nodes[RefundLine] | UnsetType | None = UNSET
    transactions: list[Transaction] | Nodes[Transaction] | UnsetType | None = UNSET
    order_adjustments: list[Adjustment] | Nodes[Adjustment] | None = None
    total_duties_set: MoneySet | None = None
    total_refunded_set: MoneySet | None = None


class DiscountCode(Struct):
    """A coupon."""

    code: str | None = None


class Order(Struct):
    """An order; UNSET marks what a cut-down body left out."""

    id: Id
    name: str | None = None
    test: bool | None = None
    currency: str | None = None
    taxes_included: bool | None = None
    created_at: Instant | None = None
    processed_at: Instant | None = None
    updated_at: Instant | None = None
    cancelled_at: Instant | None = None
    financial_status: str | UnsetType | None = UNSET
    source_name: str | None = None
    location_id: Id | None = None
    location: Ref | None = None
    user_id: Id | None = None
    device_id: Id | None = None
    email: str | None = None
    contact_email: str | None = None
    phone: str | None = None
    customer_locale: str | None = None
    customer: Customer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    discount_codes: list[DiscountCode | str] | None = None
    payment_gateway_names: list[str] | None = None
    line_items: list[LineItem] | Nodes[LineItem] | UnsetType | None = UNSET
    shipping_lines: list[ShippingLine] | Nodes[ShippingLine] | None = None
    refunds: list[Refund] | None = None
    total_price: Decimal | None = None
    total_price_set: MoneySet | None = None
    total_tax: Decimal | None = None
    total_tax_set: MoneySet | None = None
    total_discounts: Decimal | None = None
    total_discounts_set: MoneySet | None = None
    total_tip_received: Decimal | None = None
    total_tip_received_set: MoneySet | None = None
    original_total_duties_set: MoneySet | None = None
    original_total_additional_fees_set: MoneySet | None = None
    total_cash_rounding_payment_adjustment_set: MoneySet | None = None


class OrderEdit(Struct):
    """All that orders/edited tells of the order."""

    order_id: Id
    created_at: Instant | None = None


class OrderEdited(Struct):
    """The body of orders/edited."""

    order_edit: OrderEdit


class Checkout(Struct):
    """A basket on its way to an order."""

    token: str | None = None
    id: Id | None = None
    currency: str | None = None
    total_price: Decimal | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    completed_at: Instant | None = None
    closed_at: Instant | None = None
    email: str | None = None
    phone: str | None = None
    source_name: str | None = None
    location_id: Id | None = None
    customer_locale: str | None = None
    customer: Customer | None = None
    line_items: list[LineItem] | None = None


class Variant(Struct):
    """What is sold: it has the SKU and the price."""

    id: Id
    title: str | None = None
    sku: str | None = None
    barcode: str | None = None
    price: Decimal | None = None
    presentment_prices: list[PresentmentPrice] | None = None


class PresentmentPrice(Struct):
    """A price in one currency."""

    price: Cash | None = None


class Product(Struct):
    """A product; UNSET marks variants that a cut-down body left out."""

    id: Id
    title: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    status: str | None = None
    updated_at: Instant | None = None
    variants: list[Variant] | Nodes[Variant] | UnsetType | None = UNSET


class Location(Struct):
    """A shop or a warehouse."""

    id: Id
    name: str | None = None
    province: str | None = None
    country_code: str | None = None
    updated_at: Instant | None = None


class InventoryLevel(Struct):
    """A changed stock; it names no SKU."""

    inventory_item_id: Id
    location_id: Id
    updated_at: Instant | None = None


class ConsentUpdate(Struct):
    """The body of the consent topics, which name the customer and the address in two ways."""

    customer_id: Id | None = None
    id: Id | None = None
    email_address: str | None = None
    email: str | None = None
    phone: str | None = None
    email_marketing_consent: Consent | None = None
    sms_marketing_consent: Consent | None = None


class Merge(Struct):
    """The body of customers/merge."""

    admin_graphql_api_customer_kept_id: str | None = None
    admin_graphql_api_customer_deleted_id: str | None = None


class PrivacyRequest(Struct):
    """The body of the privacy topics."""

    shop_domain: str | None = None
    customer: Customer | None = None
    data_request: Ref | None = None


class Identified(Struct):
    """A body of which only the id matters."""

    id: Id
