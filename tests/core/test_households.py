"""Households: who shares a home or a contact, whatever order it was heard in, and nobody is merged by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.identity.compared import values_of
from regulars.capabilities.identity.households import (
    PROFILES_MAX,
    RECORDS_MAX,
    Circle,
    Tie,
    household_id,
    household_keys,
    tie_of,
)
from regulars.capabilities.identity.rules import Said
from tests.core.people import HASH, Shelf, batches, expected, say, stories

HOME = {"line1": "12 High Street", "postcode": "N1 1AA"}
Found = dict[str, list[Tie]]


def keys(**customer: Any) -> set[int]:
    """The household keys of somebody of whom one event told."""
    one = say(1, 1, {"external_id": "c1", **customer})
    assert one is not None
    (record,) = expected([one]).values()
    fields = record.fields()
    return set(household_keys(fields, values_of(fields), HASH))


def ties(*both: dict[str, Any]) -> set[Tie]:
    one, other = both
    return {tie_of(key) for key in keys(**one) & keys(**other)}


def circle(start: str, carried: dict[str, tuple[str, frozenset[int]]]) -> Circle:
    """The household around a profile. `carried`: profile and keys of each record."""
    made = Circle(start)
    while wanted := made.unread():
        for profile in wanted:
            made.read(
                profile, frozenset().union(*(has for whose, has in carried.values() if whose == profile))
            )
        for key in made.unheard():
            made.hear(key, {record: whose for record, (whose, has) in carried.items() if key in has})
    return made


def carried_of(shelf: Shelf) -> dict[str, tuple[str, frozenset[int]]]:
    return {
        rid: (record.profile_id, frozenset(key for key, carrier in shelf.household if carrier == rid))
        for rid, record in shelf.records.items()
    }


def told(*customers: dict[str, Any]) -> tuple[Shelf, dict[str, Found]]:
    """A shelf that heard of these customers, and the household of each profile."""
    said = [say(n, n, {"external_id": f"c{n}", **one}) for n, one in enumerate(customers)]
    shelf = Shelf()
    shelf.turn([one for one in said if one])
    carried = carried_of(shelf)
    return shelf, {profile: circle(profile, carried).members() for profile, _ in carried.values()}


@pytest.mark.parametrize(
    ("one", "other", "tied"),
    [
        ({"address": HOME, "family_name": "Doe"}, {"address": HOME, "family_name": "DOE"}, {Tie.ADDRESS}),
        (
            {"address": HOME, "family_name": "Meyer"},
            {"address": {"line1": "12 high st.", "postcode": "n11aa"}, "family_name": "Meier"},
            {Tie.ADDRESS},
        ),
        ({"address": HOME, "family_name": "Doe"}, {"address": HOME, "family_name": "Rivers"}, set()),
        ({"address": HOME}, {"address": HOME}, set()),
        (
            {"address": {"postcode": "N1 1AA"}, "family_name": "Doe"},
            {"address": HOME, "family_name": "Doe"},
            set(),
        ),
        (
            {"address": HOME | {"line2": "Flat 2"}, "family_name": "Doe"},
            {"address": HOME | {"line2": "Flat 3"}, "family_name": "Doe"},
            set(),
        ),
        ({"email": "The.Does@gmail.com"}, {"email": "thedoes+shop@gmail.com"}, {Tie.EMAIL}),
        ({"phone": "020 7946 0018"}, {"phone": "+44 20 7946 0018"}, {Tie.PHONE}),
        ({"email": "test@test.com"}, {"email": "test@test.com"}, set()),
    ],
)
def test_what_ties_two_records(one: dict[str, Any], other: dict[str, Any], tied: set[Tie]) -> None:
    assert ties(one, other) == tied


def test_a_replaced_contact_ties_nobody_and_ties_again_when_it_is_back() -> None:
    shelf = Shelf()
    seen = []
    for minute, phone in enumerate(("020 7946 0018", "020 7946 0099", "020 7946 0018")):
        one = say(minute, minute, {"external_id": "c1", "given_name": "Ann", "phone": phone})
        assert one is not None
        shelf.turn([one])
        seen.append({key for key, _ in shelf.household})
    assert [seen[0] == keys(phone="020 7946 0018"), seen[1] == keys(phone="020 7946 0099")] == [True, True]
    assert seen[2] == seen[0]


def test_a_family_and_twins_are_two_profiles_and_one_household() -> None:
    for pair in (
        [
            {"given_name": "Ann", "birth_date": "1980-01-02"},
            {"given_name": "Bob", "birth_date": "1979-03-04"},
        ],
        [
            {"given_name": "Mia", "birth_date": "2001-05-06"},
            {"given_name": "Tom", "birth_date": "2001-05-06"},
        ],
    ):
        home = {"family_name": "Doe", "address": HOME, "phone": "+44 20 7946 0018"}
        shelf, found = told(*(one | home for one in pair))
        assert len({record.profile_id for record in shelf.records.values()}) == 2
        assert {tuple(members) for members in found.values()} == {tuple(sorted(found))}
        assert next(iter(found.values())) == {profile: [Tie.ADDRESS, Tie.PHONE] for profile in sorted(found)}
        assert len({household_id(members, HASH) for members in found.values()}) == 1


def test_a_telephone_of_the_shop_makes_no_household() -> None:
    names = "Anna Bert Cleo Dora Egon Fritz Gwen Hugo Ilse Jan Kurt Lena Mona".split()
    shared = [{"given_name": name, "family_name": name, "phone": "+44 20 7946 0018"} for name in names]
    _, found = told(*shared)
    assert len(found) == PROFILES_MAX + 1
    assert all(list(members) == [profile] for profile, members in found.items())
    _, fewer = told(*shared[:-1])
    assert all(len(members) == PROFILES_MAX for members in fewer.values())


def test_a_key_of_very_many_records_makes_no_household() -> None:
    carried = {f"r{n}": ("p1" if n else "p2", frozenset({5})) for n in range(RECORDS_MAX + 1)}
    assert circle("p2", carried).members() == {"p2": []}
    del carried["r7"]
    assert set(circle("p2", carried).members()) == {"p1", "p2"}


def test_a_chain_of_too_many_is_a_household_for_none_of_them() -> None:
    carried = {f"r{n}": (f"p{n:02}", frozenset({n * 4, n * 4 + 4})) for n in range(PROFILES_MAX + 1)}
    for profile, _ in carried.values():
        found = circle(profile, carried)
        assert (found.too_many, found.members()) == (True, {profile: []})
    del carried["r12"]
    assert {tuple(circle(p, carried).members()) for p, _ in carried.values()} == {
        tuple(sorted(p for p, _ in carried.values()))
    }


@given(st.data())
def test_households_are_the_same_in_any_order_and_everybody_is_in_one(data: st.DataObject) -> None:
    said: list[Said] = data.draw(stories())
    one, other = Shelf(), Shelf()
    one.turn(said)
    for batch in data.draw(batches(said)):
        other.turn(batch)
    assert carried_of(one) == carried_of(other)
    found = {p: circle(p, carried_of(other)).members() for p, _ in carried_of(other).values()}
    for profile, members in found.items():
        assert profile in members
        assert all(found[member] == members for member in members)
