"""Square's customers, consent, loyalty accounts and staff in our words."""

from __future__ import annotations

from datetime import datetime

from regulars.connectors.reading import (
    birth_date,
    milliseconds,
    optional_id,
    required_id,
    short_id,
    text,
    utc,
)
from regulars.vocabulary.connector import SourceConfig
from regulars.vocabulary.events import TELL, Address, Consent, Customer, Event, Fetch, Staff

from . import shapes

OPT_IN_GIVEN = "given"
"""Value of option `email_opt_in` that reads "not unsubscribed" as a yes."""
OUR_REASON = "Balance kept by Regulars"
"""Marks the changes of Square's points that we make: those that come back by webhook are no news."""
API = "LOYALTY_API"


def customer_of(customer: shapes.Customer) -> Customer:
    """A customer of Square's directory as a record's fields."""
    return Customer(
        external_id=required_id(customer.id, "customer.id"),
        email=text(customer.email_address),
        phone=text(customer.phone_number),
        given_name=text(customer.given_name),
        family_name=text(customer.family_name),
        birth_date=birth_date(customer.birthday),
        address=_address(customer.address),
        traits=_traits(customer),
    )


def customer_events(
    customer: shapes.Customer, event_id: str, told_at: datetime, config: SourceConfig
) -> list[Event]:
    """A created or changed customer, and the consent that can be read from the same message."""
    changed = customer.updated_at or customer.created_at
    event = Event(
        id=event_id,
        type="customer.updated",
        occurred_at=utc(changed or told_at),
        customer=customer_of(customer),
        version=customer.version,
    )
    return [event, *_consent(customer, event, config)]


def _consent(customer: shapes.Customer, event: Event, config: SourceConfig) -> list[Event]:
    """A recorded unsubscription is a no. Its absence is a yes only where the retailer says it is."""
    refused = customer.preferences.email_unsubscribed if customer.preferences else None
    email = text(customer.email_address)
    if refused is None or email is None:
        return []
    if not refused and config.options.get("email_opt_in") != OPT_IN_GIVEN:
        return []
    consent = Event(
        id=short_id(event.id, "email"),
        type="consent.withdrawn" if refused else "consent.given",
        occurred_at=event.occurred_at,
        customer=Customer(external_id=customer.id),
        consent=Consent(channel="email", address=email),
    )
    return [consent]


def customer_deleted(customer: shapes.Customer, event_id: str, told_at: datetime) -> Event:
    """A deleted customer: only the id is passed on."""
    return Event(
        id=event_id,
        type="customer.deleted",
        occurred_at=utc(told_at),
        customer=Customer(external_id=required_id(customer.id, "customer.id")),
    )


def customers_merged(merge: shapes.Merge, told_at: datetime) -> Event:
    """Customers joined at Square. No deletion: the person is still there, under the new id."""
    kept = required_id(merge.to_customer_id, "event_context.merge.to_customer_id")
    return Event(
        id=short_id("merge", kept),
        type="custom.square_customers_merged",
        occurred_at=utc(told_at),
        customer=Customer(external_id=kept),
        properties={"merged": [{"external_id": name} for name in merge.from_customer_ids or []]},
    )


def loyalty_account(account: shapes.LoyaltyAccount, event_id: str, told_at: datetime) -> Event:
    """A loyalty account ties its id and phone number to the customer; its balance is only noted."""
    changed = account.updated_at or account.created_at or told_at
    return Event(
        id=event_id,
        type="customer.updated",
        occurred_at=utc(changed),
        customer=Customer(
            external_id=optional_id(account.customer_id),
            loyalty_card=required_id(account.id, "loyalty_account.id"),
            phone=text(account.mapping.phone_number) if account.mapping else None,
        ),
        version=milliseconds(changed),
        properties={"square_balance": account.balance, "square_lifetime_points": account.lifetime_points},
    )


def loyalty_account_deleted(account: shapes.LoyaltyAccount, event_id: str, told_at: datetime) -> Event:
    """The account is gone at Square; the customer is not."""
    return Event(
        id=event_id,
        type="custom.square_loyalty_account_deleted",
        occurred_at=utc(told_at),
        customer=Customer(
            external_id=optional_id(account.customer_id),
            loyalty_card=required_id(account.id, "loyalty_account.id"),
        ),
    )


def loyalty_event(movement: shapes.LoyaltyEvent, event_id: str, told_at: datetime) -> Event:
    """A movement of Square's own points; told in the timeline, posted nowhere.

    Where points are written back, Square's balance is put right again, unless the movement was just that.
    """
    details = (
        movement.accumulate_points
        or movement.accumulate_promotion_points
        or movement.adjust_points
        or movement.create_reward
        or movement.redeem_reward
        or movement.delete_reward
        or movement.expire_points
        or movement.other_event
        or shapes.Points()
    )
    account, echo = required_id(movement.loyalty_account_id, "loyalty_account_id"), _is_echo(movement)
    return Event(
        id=event_id,
        type="custom.square_loyalty_event",
        occurred_at=utc(movement.created_at or told_at),
        store=optional_id(movement.location_id),
        customer=Customer(loyalty_card=account),
        properties={
            "kind": text(movement.type),
            "points": details.points,
            "receipt": optional_id(details.order_id),
            **({"echo": True} if echo else {}),
        },
        fetches=[] if echo else [Fetch(kind=TELL, reference=account)],
    )


def _is_echo(movement: shapes.LoyaltyEvent) -> bool:
    """Whether it is a change that we made; any other, of whatever program, is Square's."""
    change = movement.adjust_points
    return change is not None and movement.source == API and change.reason == OUR_REASON


def staff_member(member: shapes.TeamMember, event_id: str, told_at: datetime) -> Event:
    """A member of staff; sales name them by this code."""
    changed = member.updated_at or told_at
    return Event(
        id=event_id,
        type="staff.updated",
        occurred_at=utc(changed),
        staff_details=Staff(
            code=required_id(member.id, "team_member.id"),
            given_name=text(member.given_name),
            family_name=text(member.family_name),
            email=text(member.email_address),
            active=member.status != "INACTIVE",
        ),
        version=milliseconds(changed),
    )


def _address(address: shapes.Address | None) -> Address | None:
    if address is None:
        return None
    place = Address(
        line1=text(address.address_line_1),
        line2=text(address.address_line_2),
        city=text(address.locality),
        region=text(address.administrative_district_level_1),
        postcode=text(address.postal_code),
        country=text(address.country),
    )
    return None if place == Address() else place


def _traits(customer: shapes.Customer) -> dict[str, object] | None:
    traits: dict[str, object] = {}
    for name, value in (("company", customer.company_name), ("square_reference", customer.reference_id)):
        if text(value):
            traits[name] = text(value)
    if customer.group_ids:
        traits["square_groups"] = customer.group_ids
    return traits or None
