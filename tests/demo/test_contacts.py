"""No real person can be reached by anything the demo makes up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from random import Random

from regulars.demo.catalogue import ean13
from regulars.demo.contacts import (
    FILLER_EMAILS,
    Contacts,
    email_typo,
    phone_as_written,
    phone_typo,
)
from regulars.demo.shop import Shop
from regulars.demo.world import build_world
from tests.demo.conftest import Month
from tests.demo.fictional import is_fictional_email, is_fictional_phone

Texts = Callable[[str], list[tuple[str, str]]]
MAIL = re.compile(rb"[\w.+'-]+@[\w.-]+")


def test_every_mail_address_in_every_body_lies_under_a_reserved_name(month: Month) -> None:
    seen = {found.decode() for one in month.deliveries for found in MAIL.findall(one.body)}
    assert len(seen) > 500
    assert [address for address in seen if not is_fictional_email(address)] == []


def test_every_phone_number_lies_in_a_drama_or_unassigned_range(texts: Texts) -> None:
    numbers = {text for _, text in texts("phone")}
    assert len(numbers) > 500
    assert [number for number in numbers if not is_fictional_phone(number)] == []


def test_a_hundred_thousand_people_have_fictional_contacts_of_their_own() -> None:
    people = build_world(3, people=100_000).people
    owners = Counter(person.mobile for person in people)
    assert max(owners.values()) == 1
    assert all(is_fictional_phone(person.mobile) for person in people)
    households: dict[str, set[int]] = {}
    for person in people:
        assert all(is_fictional_email(address) for address in person.emails)
        assert person.landline is None or is_fictional_phone(person.landline)
        for address in person.emails:
            households.setdefault(address, set()).add(person.household)
    assert max(len(sharing) for sharing in households.values()) == 1


def test_drama_numbers_are_used_before_unassigned_ones() -> None:
    contacts = Contacts()
    numbers = [contacts.mobile("GB") for _ in range(1_001)]
    assert all(number.startswith("+447700900") for number in numbers[:1_000])
    assert numbers[1_000].startswith("+446")
    assert len(set(numbers)) == 1_001


def test_mistyped_contacts_stay_fictional() -> None:
    rng, contacts = Random(1), Contacts()
    for _ in range(2_000):
        address = contacts.email(rng, "Zoë", "O'Brien", 1980)
        assert is_fictional_email(email_typo(rng, address))
        number = contacts.mobile("FR" if rng.random() < 0.3 else "GB")
        assert is_fictional_phone(phone_typo(rng, number))
        assert is_fictional_phone(phone_as_written(rng, number))


def test_the_check_itself_refuses_real_looking_contacts() -> None:
    assert not is_fictional_email("jane@gmail.com")
    assert not is_fictional_email("jane@example.com.evil.io")
    assert not is_fictional_phone("+447911123456")
    assert not is_fictional_phone("020 7123 4567")
    assert is_fictional_phone("07700 900123")
    assert is_fictional_phone("020 7946 0018")


def test_british_postcodes_could_never_be_delivered_to() -> None:
    for person in Shop(2, people=2_000).world.people:
        address = person.address
        if address.country == "GB":
            assert re.search(r" \d[CIKMOV]{2}$", address.postcode)
        else:
            assert address.postcode.startswith("99")


def test_barcodes_are_valid_ean_13_of_the_in_house_range() -> None:
    products = build_world(1, people=1).catalogue.products
    codes = {product.barcode for product in products}
    assert len(codes) == len(products) > 90
    for code in codes:
        assert code == ean13(code[:12])
        assert code.startswith("20")
    assert ean13("400638133393") == "4006381333931"


def test_staff_get_past_mandatory_fields_with_fillers(texts: Texts) -> None:
    mails = Counter(text for _, text in texts("email"))
    assert sum(mails[filler] for filler in FILLER_EMAILS) >= 3
    assert Counter(text for _, text in texts("phone"))["0000000000"] >= 3
