"""Shopify's customers and consent in our words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import json

from regulars.connectors.reading import digest, milliseconds, optional_id, required_id, short_id, text, utc
from regulars.vocabulary.events import Address, Consent, Customer, Event

from . import shapes
from .shapes import Order

CONSENT_TYPES: Final = {
    "subscribed": "consent.given",
    "unsubscribed": "consent.withdrawn",
    "redacted": "consent.withdrawn",
}
"""States that say yes or no. Never asked, awaiting confirmation and invalid addresses say neither."""
TAGS_MAX: Final = 250


def customer_of(customer: shapes.Customer) -> Customer:
    """A customer as a record's fields."""
    return Customer(
        external_id=optional_id(customer.id),
        email=email_of(customer),
        phone=text(customer.phone or (customer.default_phone.phone if customer.default_phone else None)),
        given_name=text(customer.first_name),
        family_name=text(customer.last_name),
        address=address_of(customer.default_address),
        locale=text(customer.locale),
        traits=_traits(customer),
    )


def email_of(customer: shapes.Customer) -> str | None:
    """The address, whichever API told it."""
    return text(customer.email or (customer.default_email.email if customer.default_email else None))


def buyer(order: Order) -> Customer | None:
    """Who bought: the order's customer, else a guest by e-mail or phone, else nobody."""
    email = text(order.email) or text(order.contact_email)
    phone = text(order.phone)
    if order.customer is not None and order.customer.id is not None:
        known = customer_of(order.customer)
        known.email = known.email or email
        known.phone = known.phone or phone
        known.locale = text(order.customer_locale) or known.locale
        return known
    if email is None and phone is None:
        return None
    place = order.billing_address or order.shipping_address or shapes.Address()
    return Customer(
        email=email,
        phone=phone,
        given_name=text(place.first_name),
        family_name=text(place.last_name),
        address=address_of(place),
        locale=text(order.customer_locale),
    )


def customer_events(customer: shapes.Customer, told_at: datetime) -> list[Event]:
    """A created or changed customer with the consent the body tells.

    The id holds a digest of what was told: two topics that tell the same are one event, two changes within
    one of Shopify's whole seconds are two.
    """
    changed = customer.updated_at or customer.created_at or told_at
    name = required_id(customer.id, "id")
    event = Event(
        id=short_id("customer", name, str(milliseconds(changed)), digest(json.encode(customer))),
        type="customer.updated",
        occurred_at=utc(changed),
        customer=customer_of(customer),
        version=milliseconds(changed),
    )
    return [event, *consents(customer, changed)]


def consents(customer: shapes.Customer, told_at: datetime) -> Iterator[Event]:
    """What the customer said to marketing by e-mail and text message; one event per change of mind."""
    held = customer.default_email
    by_mail = shapes.Consent(held.state, held.consent_updated_at) if held else None
    by_text = customer.default_phone.consent if customer.default_phone else None
    phone = text(customer.phone or (customer.default_phone.phone if customer.default_phone else None))
    yield from _consent(
        "email", customer.email_marketing_consent or by_mail, email_of(customer), customer, told_at
    )
    yield from _consent("sms", customer.sms_marketing_consent or by_text, phone, customer, told_at)


def _consent(
    channel: str,
    consent: shapes.Consent | None,
    address: str | None,
    customer: shapes.Customer,
    told_at: datetime,
) -> Iterator[Event]:
    state = (consent.state or "").lower() if consent else ""
    if consent is None or state not in CONSENT_TYPES or address is None:
        return
    moment = consent.consent_updated_at or told_at
    yield Event(
        id=short_id("consent", str(customer.id), channel, state, str(milliseconds(moment))),
        type=CONSENT_TYPES[state],
        occurred_at=utc(moment),
        customer=Customer(external_id=optional_id(customer.id)) if customer.id is not None else None,
        consent=Consent(channel=channel, address=address),
    )


def consent_update(body: shapes.ConsentUpdate, told_at: datetime) -> list[Event]:
    """The consent topics, which tell an address and what was said about it."""
    customer = shapes.Customer(
        id=body.customer_id if body.customer_id is not None else body.id,
        email=body.email_address or body.email,
        phone=body.phone,
        email_marketing_consent=body.email_marketing_consent,
        sms_marketing_consent=body.sms_marketing_consent,
    )
    return list(consents(customer, told_at))


def address_of(address: shapes.Address | None) -> Address | None:
    """A postal address; None when nothing of one is told."""
    if address is None:
        return None
    place = Address(
        line1=text(address.address1),
        line2=text(address.address2),
        city=text(address.city),
        region=text(address.province),
        postcode=text(address.zip),
        country=text(address.country_code),
    )
    return None if place == Address() else place


def _traits(customer: shapes.Customer) -> dict[str, object] | None:
    told = customer.tags.split(",") if isinstance(customer.tags, str) else customer.tags or []
    tags = [tag for tag in map(text, told) if tag]
    return {"tags": tags[:TAGS_MAX]} if tags else None
