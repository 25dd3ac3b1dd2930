"""The fields a file can fill, by kind of import. The guide's tables of fields are held to these by a test."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal

from msgspec import Struct

from regulars.vocabulary.imports import ImportKind

Kind = ImportKind


class Type(Enum):
    """What a field holds, and so how its text is read."""

    ID = "id"
    TEXT = "text"
    TIME = "time"
    DATE = "date"
    AMOUNT = "amount"
    MINOR = "minor units"
    QUANTITY = "quantity"
    INTEGER = "whole number"
    CURRENCY = "currency"
    YES_NO = "yes or no"
    SALE_KIND = "sale, refund or void"


Part = Literal["event", "sale", "line", "customer", "address", "product", "balance", "voucher"]


class Field(Struct, frozen=True):
    """One field: where it goes, how it is read, what it is for. `into` is its name in our event."""

    name: str
    part: Part
    type: Type
    into: str
    about: str


def _fields(part: Part, *rows: tuple[str, Type, str]) -> dict[str, Field]:
    return {name: Field(name, part, kind, name, about) for name, kind, about in rows}


def _amounts(part: Part, *rows: tuple[str, str, str]) -> dict[str, Field]:
    """An amount can be given in units of the currency, or as `…_minor` in its smallest unit."""
    out: dict[str, Field] = {}
    for name, into, about in rows:
        out[name] = Field(name, part, Type.AMOUNT, into, about)
        minor = f"{name}_minor"
        out[minor] = Field(
            minor, part, Type.MINOR, into, f"the same in minor units, such as pence (not with `{name}`)"
        )
    return out


_CUSTOMER: Final = {
    **_fields(
        "customer",
        ("external_id", Type.ID, "the customer's number in this source"),
        ("loyalty_card", Type.ID, "card number of the loyalty programme"),
        ("anonymous_id", Type.ID, "a visitor's number before the customer is known"),
        ("payment_token", Type.ID, "the payment provider's token for a card; never a card number"),
        ("device", Type.ID, "a device's number"),
        ("email", Type.TEXT, "email address"),
        ("phone", Type.TEXT, "phone number"),
        ("given_name", Type.TEXT, "first name"),
        ("family_name", Type.TEXT, "last name"),
        ("birth_date", Type.DATE, "date of birth"),
        ("locale", Type.TEXT, "language, such as en-GB"),
    ),
    **_fields(
        "address",
        ("line1", Type.TEXT, "street and number"),
        ("line2", Type.TEXT, "rest of the street address"),
        ("city", Type.TEXT, "city"),
        ("region", Type.TEXT, "county or state"),
        ("postcode", Type.TEXT, "postcode"),
        ("country", Type.TEXT, "country, ISO 3166 two letters"),
    ),
}
_SALE: Final = {
    **_fields(
        "sale",
        ("receipt", Type.ID, "receipt or invoice number; rows that share it are lines of one sale"),
        ("currency", Type.CURRENCY, "ISO 4217 code"),
        ("version", Type.INTEGER, "rises when a receipt is corrected; the highest counts"),
        ("business_date", Type.DATE, "the shop's day; needed where receipt numbers start again"),
        ("coupon", Type.ID, "a coupon that was used"),
        ("original_receipt", Type.ID, "for a refund: the receipt the goods were bought with"),
        ("original_store", Type.ID, "for a refund: where they were bought"),
        ("original_till", Type.ID, "for a refund: at which till"),
        ("original_business_date", Type.DATE, "for a refund: on which day"),
        ("kind", Type.SALE_KIND, "`sale` (when absent), `refund` or `void`"),
        ("tender", Type.ID, "how it was paid: card, cash, voucher"),
    ),
    **_amounts(
        "sale",
        ("total", "total_minor", "what was paid; when absent, lines less discount plus shipping and tip"),
        ("tax", "tax_minor", "tax within the total"),
        ("discount", "discount_minor", "discount on the whole receipt"),
        ("shipping", "shipping_minor", "delivery charge"),
        ("tip", "tip_minor", "tip"),
    ),
    **_fields(
        "event",
        ("occurred_at", Type.TIME, "when it happened; of several on one receipt the earliest counts"),
        ("channel", Type.ID, "store, online, app, phone"),
        ("store", Type.ID, "code of the shop"),
        ("till", Type.ID, "code of the till"),
        ("staff", Type.ID, "code of the member of staff"),
    ),
    **_fields(
        "line",
        ("line_id", Type.ID, "number of the line on the receipt"),
        ("sku", Type.ID, "product number"),
        ("name", Type.TEXT, "product name"),
        ("category", Type.TEXT, "product category"),
        ("brand", Type.TEXT, "brand"),
        ("barcode", Type.ID, "barcode"),
        ("quantity", Type.QUANTITY, "how many (1 when absent); negative for goods that came back"),
        ("original_line_id", Type.ID, "for a refund: the line the goods were bought with"),
    ),
    **_amounts(
        "line",
        ("unit_price", "unit_price_minor", "price of one; may be finer than the currency's smallest unit"),
        ("line_discount", "discount_minor", "discount on the line"),
        ("line_tax", "tax_minor", "tax within the line"),
        (
            "line_total",
            "total_minor",
            "what the line costs; when absent, quantity × unit price less discount",
        ),
    ),
}
_PRODUCT: Final = {
    **_fields(
        "product",
        ("sku", Type.ID, "product number"),
        ("name", Type.TEXT, "name"),
        ("category", Type.TEXT, "category"),
        ("brand", Type.TEXT, "brand"),
        ("barcode", Type.ID, "barcode"),
        ("currency", Type.CURRENCY, "ISO 4217 code of the price"),
        ("active", Type.YES_NO, "whether it is still sold"),
    ),
    **_amounts("product", ("price", "price_minor", "price")),
}
_BALANCE: Final = _fields(
    "balance",
    ("points", Type.INTEGER, "how many points the lot has left; 0 only makes the customer a member"),
    ("point", Type.ID, "code of the point type; the programme's first when absent"),
    ("programme", Type.INTEGER, "number of the programme; 1 when absent"),
    ("active_from", Type.DATE, "first day they can be spent; at once when absent"),
    ("last_day", Type.DATE, "last day they can be spent; as the programme says when absent"),
    ("expires_at", Type.TIME, "the moment they end, in place of `last_day`"),
    ("reference", Type.ID, "what names this lot of the customer; kept in the ledger, so it names nobody"),
)
_VOUCHER: Final = {
    **_fields(
        "voucher",
        ("code", Type.ID, "the code, as it is printed; spaces, hyphens and capitals do not matter"),
        ("promotion", Type.ID, "id of the promotion it is for, in place of a value"),
        ("currency", Type.CURRENCY, "ISO 4217 code of the value"),
        ("last_day", Type.DATE, "last day it is good for; without end when absent"),
        ("expires_at", Type.TIME, "the moment it ends, in place of `last_day`"),
    ),
    **_amounts("voucher", ("value", "value_minor", "what it takes off a basket")),
}
_STATE_TIME: Final = _fields(
    "event", ("occurred_at", Type.TIME, "when this was last true; when absent, the time the file was written")
)

FIELDS: Final[dict[Kind, dict[str, Field]]] = {
    "sales": {**_SALE, **_CUSTOMER},
    "customers": {**_CUSTOMER, **_STATE_TIME},
    "products": {**_PRODUCT, **_STATE_TIME},
    "balances": {**_BALANCE, **_CUSTOMER},
    "vouchers": {**_VOUCHER, **_CUSTOMER},
}
NEEDED: Final[dict[Kind, tuple[str, ...]]] = {
    "sales": ("receipt", "occurred_at", "currency"),
    "customers": (),
    "products": ("sku",),
    "balances": ("points",),
    "vouchers": ("code",),
}
CUSTOMER_KEYS: Final = (
    "external_id",
    "loyalty_card",
    "anonymous_id",
    "payment_token",
    "device",
    "email",
    "phone",
)
"""A customer is known by the first of these that is present; one that has none is not kept."""
HOLDER_KEYS: Final = ("loyalty_card", "external_id", "email", "phone")
"""Whose points or vouchers they are is found by the first of these that anybody has."""
