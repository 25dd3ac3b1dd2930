"""The card that lists who shares a home or a contact with a customer, as each role may see them."""

from __future__ import annotations

import re

import pytest

from regulars.console.accounts import Role
from tests.console.stage import Stage, details
from tests.console.test_why_one import customer

HOME = {"line1": "12 High Street", "postcode": "N1 1AA"}


def card(page: str) -> str:
    """The card's markup."""
    found = re.search(r'<section class="card" id="household">.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


def tell(stage: Stage) -> None:
    """Ann and Bob at one address with one telephone, and Cleo alone."""
    home = {"family_name": "Moss", "address": HOME, "phone": "+44 20 7946 0077"}
    stage.send(
        details("h-1", external_id="h1", given_name="Ann", birth_date="1980-01-02", **home),
        details("h-2", external_id="h2", given_name="Bob", birth_date="1981-02-03", **home),
        details("h-3", external_id="h3", given_name="Cleo", family_name="Field"),
    )


@pytest.mark.parametrize("role", ["owner", "manager", "privacy", "marketer", "engineer", "associate"])
def test_everybody_who_sees_customers_sees_the_others_of_the_household(stage: Stage, role: Role) -> None:
    tell(stage)
    email = f"{role}@shops.example"
    stage.add_account(email, role)
    guest = stage.client(email=email)
    ann, bob = customer(guest, "ann"), customer(guest, "bob")
    assert ann != bob
    shown = card(guest.get(ann).text)
    assert f'href="{bob}"' in shown
    assert f'href="{ann}"' not in shown
    assert "Bob Moss" in shown
    assert "shares: Address, Phone" in shown
    assert "7946" not in shown
    assert "High" not in shown
    alone = card(guest.get(customer(guest, "cleo")).text)
    assert "Nobody else shares" in alone
    assert "<a " not in alone


def test_contacts_in_a_name_are_hidden_and_hostile_names_are_text(stage: Stage) -> None:
    tell(stage)
    home = {"family_name": "Moss", "address": HOME}
    name = "<script>alert(1)</script> max@example.com"
    stage.send(details("h-4", external_id="h4", given_name=name, birth_date="1999-09-09", **home))
    stage.add_account("a@shops.example", "associate")
    for email, clear in ((None, True), ("a@shops.example", False)):
        guest = stage.client(email=email) if email else stage.client()
        shown = card(guest.get(customer(guest, "ann")).text)
        assert "&lt;script&gt;" in shown
        assert "<script>" not in shown
        assert ("max@example.com" in shown) == clear
