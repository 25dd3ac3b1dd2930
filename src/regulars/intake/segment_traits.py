"""Who a tracking call is about: ids and traits become a customer.

Segment's reserved traits and the names shops use instead of them are known, however they are cased; all
others stay as traits under their own names.
"""

from __future__ import annotations

import re
from typing import Any, Final

from regulars.vocabulary.events import Address, Customer

from .segment_values import JsonObject, day, first, mapping, text

_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")

# Trait names in lower case without `_`, `-` and spaces -> the customer's field.
_FIELDS: Final = {
    "email": "email",
    "emailaddress": "email",
    "phone": "phone",
    "phonenumber": "phone",
    "mobile": "phone",
    "firstname": "given_name",
    "givenname": "given_name",
    "lastname": "family_name",
    "familyname": "family_name",
    "surname": "family_name",
    "birthday": "birth_date",
    "birthdate": "birth_date",
    "dateofbirth": "birth_date",
    "dob": "birth_date",
    "loyaltycard": "loyalty_card",
    "loyaltycardnumber": "loyalty_card",
    "loyaltycardid": "loyalty_card",
    "address": "address",
    "locale": "locale",
    "name": "name",
    "fullname": "name",
}
_SQUEEZED: Final = str.maketrans("", "", "_- ")


def customer_of(call: JsonObject, context: JsonObject) -> Customer | None:
    """The customer a call names, or None. The call's own traits win over those of its context."""
    traits = {**mapping(context.get("traits")), **mapping(call.get("traits"))}
    customer = Customer(
        external_id=text(call.get("userId")),
        anonymous_id=text(call.get("anonymousId")),
        device=text(mapping(context.get("device")).get("id")),
        locale=text(context.get("locale")),
    )
    tell_traits(customer, traits)
    return None if customer == Customer() else customer


def tell_traits(customer: Customer, traits: JsonObject) -> None:
    """Write traits into a customer; the first trait that fits a field takes it."""
    rest: dict[str, Any] = {}
    whole_name = None
    for name, value in traits.items():
        field = _FIELDS.get(name.lower().translate(_SQUEEZED))
        if field == "name":
            whole_name = text(value)
        elif field is None or not _take(customer, field, value):
            rest[name] = value
    if whole_name and not (customer.given_name or customer.family_name):
        customer.given_name, customer.family_name = split_name(whole_name)
    country = _unusable_country(traits)
    if country is not None:
        rest["country"] = country
    if rest:
        customer.traits = {name: value for name, value in rest.items() if value is not None} or None


def _take(customer: Customer, field: str, value: Any) -> bool:
    """Set one field; False when the value does not fit, so that it stays a trait."""
    if field == "address":
        customer.address = customer.address or address_of(value)
        return value is None or customer.address is not None
    read = day(value) if field == "birth_date" else text(value)
    if read is not None and getattr(customer, field) in (None, read):
        setattr(customer, field, read)
        return True
    return value is None or value == ""


def address_of(value: Any) -> Address | None:
    """An address from Segment's object (street, city, state, postalCode, country) or from one text."""
    if isinstance(value, str):
        line = text(value)
        return Address(line1=line) if line else None
    given = mapping(value)
    country = text(given.get("country"))
    found = Address(
        line1=first(given, "street", "line1", "address1", "street1"),
        line2=first(given, "line2", "address2", "street2"),
        city=first(given, "city", "town"),
        region=first(given, "state", "region", "province"),
        postcode=first(given, "postalCode", "postal_code", "postcode", "zip"),
        country=country.upper() if country and _COUNTRY.fullmatch(country) else None,
    )
    return None if found == Address() else found


def _unusable_country(traits: JsonObject) -> str | None:
    """A country given by its name: our addresses carry codes, so the name is kept as a trait."""
    country = text(mapping(traits.get("address")).get("country"))
    return country if country and not _COUNTRY.fullmatch(country) else None


def split_name(name: str) -> tuple[str | None, str | None]:
    """Given and family name of a whole one: `Jane Mary Doe` or `Doe, Jane Mary`."""
    family, comma, given = name.partition(",")
    if comma and given.strip():
        return given.strip(), family.strip() or None
    given, _, family = name.strip().rpartition(" ")
    return (given.strip(), family) if given else (family or None, None)
