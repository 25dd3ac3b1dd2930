"""Who is one person by the shipped model: what links, what keeps people apart, and that order decides nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.capabilities.identity.batch import FrequencyTable, resolve_all
from regulars.capabilities.identity.component import PEOPLE_PER_VALUE_MAX, RECORDS_PER_VALUE_MAX
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.state import Fields

from .matching import fields, people, retail, retail_matcher

CONTACTS = {"email": "jane@shop.example", "phone": "+4915112345678", "payment_token": "tok_1"}
HOME = {
    "family_name": "Smith",
    "line1": "12 High Street",
    "postcode": "N1 1AA",
    "city": "London",
    "phone": "+442079460018",
}


@pytest.mark.parametrize("name", ["loyalty_card", "external_id"])
def test_cards_and_accounts_link_whatever_the_names_say(name: str) -> None:
    assert people(a=fields(given_name="Jane", **{name: "v"}), b=fields(given_name="John", **{name: "v"})) == [
        {"a", "b"}
    ]


@pytest.mark.parametrize("name", CONTACTS)
def test_a_shared_contact_links_the_same_name_and_keeps_others_apart(name: str) -> None:
    one = {name: CONTACTS[name]}
    assert people(
        a=fields(given_name="Jane", **one),
        b=fields(given_name="John", **one),
        c=fields(given_name="Jane", **one),
    ) == [{"a", "c"}, {"b"}]


@pytest.mark.parametrize("name", CONTACTS)
def test_a_guest_without_a_name_joins_the_one_person_there_is(name: str) -> None:
    one = {name: CONTACTS[name]}
    assert people(a=fields(given_name="Jane", family_name="Smith", **one), b=fields(**one)) == [{"a", "b"}]
    assert people(a=fields(**one), b=fields(**one)) == [{"a", "b"}]


@pytest.mark.parametrize("name", CONTACTS)
def test_a_guest_without_a_name_takes_no_side_between_two(name: str) -> None:
    one = {name: CONTACTS[name]}
    assert people(a=fields(given_name="Jane", **one), b=fields(given_name="John", **one), c=fields(**one)) == [
        {"a"}, {"b"}, {"c"},
    ]  # fmt: skip


@pytest.mark.parametrize("name", CONTACTS)
def test_an_initial_joins_the_name_it_fits(name: str) -> None:
    one = {name: CONTACTS[name]}
    jane, john, j, k = (fields(given_name=given, **one) for given in ("Jane", "John", "J.", "K."))
    assert people(a=jane, b=j) == [{"a", "b"}]
    assert people(a=jane, b=k) == [{"a"}, {"b"}]
    assert people(a=jane, b=john, c=j) == [{"a"}, {"b"}, {"c"}]
    assert people(a=j, b=k) == [{"a"}, {"b"}]
    assert people(a=jane, b=fields(given_name="Kate", **one), c=j) == [{"a", "c"}, {"b"}]


def test_titles_are_no_names() -> None:
    one = fields(given_name="Dr. Jane", family_name="Smith", email="j@x.example")
    assert people(a=one, b=fields(given_name="Jane", email="j@x.example")) == [{"a", "b"}]
    assert people(a=one, b=fields(given_name="Mrs", email="j@x.example")) == [{"a", "b"}]


@pytest.mark.parametrize("between", [None, "J"])
def test_a_vague_record_is_no_bridge_between_two_names(between: str | None) -> None:
    found = people(
        a=fields(given_name="Jane", email="j@x.example"),
        b=fields(given_name=between, email="j@x.example", phone="+4915112345678"),
        c=fields(given_name="John", phone="+4915112345678"),
    )
    assert not any({"a", "c"} <= one for one in found)


def test_twins_stay_two_people_whatever_they_share() -> None:
    born = {**HOME, "birth_date": "1990-02-11", "email": "smiths@x.example", "payment_token": "tok_1"}
    assert people(a=fields(given_name="Anna", **born), b=fields(given_name="Laura", **born)) == [{"a"}, {"b"}]


def test_father_and_son_of_one_name_are_told_apart_by_birth_date_or_suffix() -> None:
    home = {**HOME, "given_name": "Robert", "email": "smiths@x.example"}
    assert people(a=fields(**home, birth_date="1958-03-02"), b=fields(**home, birth_date="1985-11-20")) == [
        {"a"}, {"b"},
    ]  # fmt: skip
    senior = fields(**{**home, "family_name": "Smith Sr."})
    assert people(a=senior, b=fields(**{**home, "family_name": "Smith Jr"})) == [{"a"}, {"b"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"given_name": "Rob"},
        {"given_name": "Robret"},
        {"given_name": "Smith", "family_name": "Robert"},
        {"birth_date": "1985-02-11"},
        {"birth_date": "1985-11-03"},
        {"family_name": "Smíth"},
        {"phone": "+15550001111", "email": "other@x.example"},
    ],
)
def test_one_person_is_found_through_what_changes(changes: dict[str, str]) -> None:
    known = {**HOME, "given_name": "Robert", "birth_date": "1985-11-02", "email": "rob@x.example"}
    changed = {**known, **changes}
    if changes.get("birth_date") == "1985-02-11":
        known["birth_date"] = "1985-11-02"
    assert people(a=fields(**known), b=fields(**changed)) == [{"a", "b"}]


def test_who_moved_and_married_is_found_by_e_mail_and_birth_date() -> None:
    jane = {"given_name": "Jane", "birth_date": "1985-11-02", "email": "jane@x.example"}
    maiden = fields(family_name="Smith", line1="12 High Street", postcode="N1 1AA", **jane)
    married = fields(family_name="Jones", line1="3 Mill Lane", postcode="YO1 7HH", **jane)
    assert people(a=maiden, b=married) == [{"a", "b"}]


def test_a_name_alone_or_a_home_alone_links_nobody() -> None:
    jane = {"given_name": "Xanthippe", "family_name": "Quackenbush"}
    assert people(a=fields(**jane, city="Leeds"), b=fields(**jane, city="Leeds")) == [{"a"}, {"b"}]
    home = {key: value for key, value in HOME.items() if key != "phone"}
    assert people(a=fields(given_name="Anna", **home), b=fields(**home)) == [{"a"}, {"b"}]


def test_a_browser_links_to_its_one_account() -> None:
    visit = fields(anonymous_id="v")
    jane = fields(given_name="Jane", external_id="x", anonymous_id="v")
    assert people(a=visit, b=jane) == [{"a", "b"}]
    other = fields(given_name="Jane", external_id="y", anonymous_id="v")
    assert people(a=visit, b=jane, c=other) == [{"a"}, {"b"}, {"c"}]


def test_a_device_never_links() -> None:
    assert people(a=fields(given_name="Jane", device="v"), b=fields(given_name="Jane", device="v")) == [
        {"a"}, {"b"},
    ]  # fmt: skip


@pytest.mark.parametrize("name", CONTACTS)
def test_a_value_shared_by_too_many_people_links_nobody(name: str) -> None:
    names = ["Anna", "Ben", "Chloe", "Dora", "Egon", "Flora", "Gustav"]
    crowd = {f"r{n}": fields(given_name=given, **{name: CONTACTS[name]}) for n, given in enumerate(names)}
    crowd["t"] = fields(given_name="Anna", **{name: CONTACTS[name]})
    assert len(names) == PEOPLE_PER_VALUE_MAX + 1
    found = resolve_all(crowd, retail_matcher())
    assert all(len(one) == 1 for one in found.people)
    assert len(found.generic) == 1
    del crowd["r6"]
    assert {"r0", "t"} in people(**crowd)


def test_a_value_on_too_many_records_links_nobody() -> None:
    crowd = {f"r{n:03}": fields(email="shop@x.example") for n in range(RECORDS_PER_VALUE_MAX)}
    assert len(people(**crowd)) == 1
    crowd["one more"] = fields(email="shop@x.example")
    assert len(people(**crowd)) == RECORDS_PER_VALUE_MAX + 1


def test_two_loyalty_cards_are_a_conflict_and_no_silent_merge() -> None:
    jane = {"given_name": "Jane", "family_name": "Smith", "email": "jane@x.example"}
    found = resolve_all(
        {"a": fields(loyalty_card="c1", **jane), "b": fields(loyalty_card="c2", **jane)}, retail_matcher()
    )
    assert found.people == [{"a"}, {"b"}]
    assert [(c.a, c.b, c.reason) for c in found.conflicts] == [("a", "b", "two different verified ids")]


def test_what_people_said_by_hand_goes_first() -> None:
    jane = {"given_name": "Jane", "email": "jane@x.example"}
    records = {
        "a": fields(loyalty_card="c1", **jane),
        "b": fields(loyalty_card="c2", **jane),
        "c": fields(**jane),
    }
    matcher = retail_matcher()
    assert {"a", "b"} <= resolve_all(records, matcher, joined=[("b", "a")]).people[0]
    apart = resolve_all(records, matcher, joined=[("a", "b")], apart=[("a", "b")])
    assert not any({"a", "b"} <= one for one in apart.people)


NAMES = st.sampled_from([None, "Jane", "John", "Jo", "J", "K", "Bob", "Robert", "Mia", "Zoë", "Mr"])
VALUES = st.one_of(st.none(), st.sampled_from("vwxy"))


@st.composite
def customers(draw: st.DrawFn) -> Fields:
    return fields(
        given_name=draw(NAMES),
        family_name=draw(st.sampled_from([None, "Smith", "Smyth", "Jones", "Smith Jr", "Jane"])),
        birth_date=draw(st.sampled_from([None, "1990-02-01", "1990-01-02", "1961-05-05"])),
        loyalty_card=draw(VALUES),
        external_id=draw(VALUES),
        payment_token=draw(VALUES),
        anonymous_id=draw(VALUES),
        email=draw(
            st.one_of(st.none(), st.lists(st.sampled_from(["v@x.de", "w@x.de"]), min_size=1, unique=True))
        ),
        phone=draw(VALUES),
        postcode=draw(st.sampled_from([None, "N1 1AA", "N1 1AB"])),
    )


def crowds(most: int = 12) -> st.SearchStrategy[dict[str, Fields]]:
    return st.lists(customers(), min_size=1, max_size=most).map(
        lambda them: {f"r{n:02}": f for n, f in enumerate(them)}
    )


@settings(deadline=None, max_examples=60)
@given(crowds(), st.randoms(use_true_random=False))
def test_any_order_of_the_records_gives_the_same_people(crowd: dict[str, Fields], chance: Any) -> None:
    ids = list(crowd)
    chance.shuffle(ids)
    shuffled = {rid: crowd[rid] for rid in ids}
    one, other = resolve_all(crowd, retail_matcher()), resolve_all(shuffled, retail_matcher())
    assert (one.people, sorted(one.links), one.conflicts) == (
        other.people,
        sorted(other.links),
        other.conflicts,
    )


@settings(deadline=None, max_examples=60)
@given(crowds(8))
def test_people_far_away_do_not_sway_each_other(crowd: dict[str, Fields]) -> None:
    strangers = {
        "s1": fields(given_name="Otto", email="otto@far.example"),
        "s2": fields(given_name="Otto", email="otto@far.example"),
    }
    together = resolve_all({**crowd, **strangers}, retail_matcher()).people
    assert [one for one in together if not one & strangers.keys()] == resolve_all(
        crowd, retail_matcher()
    ).people


@settings(deadline=None, max_examples=100)
@given(customers(), customers())
def test_the_weight_of_a_pair_is_symmetric_and_explained_to_the_bit(one: Fields, other: Fields) -> None:
    matcher = Matcher(retail(), FrequencyTable([one, other], retail_matcher()))
    a, b = matcher.compared(one), matcher.compared(other)
    assert matcher.weight(a, b) == matcher.weight(b, a)
    parts = matcher.explain(a, b)
    assert math.isclose(sum(part.bits for part in parts), matcher.weight(a, b), abs_tol=1e-6)
    assert [part.bits for part in parts] == [part.bits for part in matcher.explain(b, a)]


@settings(deadline=None, max_examples=100)
@given(customers(), customers(), st.floats(-60, 60))
def test_whether_a_pair_weighs_enough_is_known_as_by_its_weight(
    one: Fields, other: Fields, least: float
) -> None:
    matcher = Matcher(retail(), FrequencyTable([one, other], retail_matcher()))
    a, b = matcher.compared(one), matcher.compared(other)
    weight, reached = matcher.weight(a, b), matcher.reaches(a, b, least)
    assert reached == weight if weight >= least else reached < least
    assert matcher.reaches(a, b, weight) == weight


@settings(deadline=None, max_examples=60)
@given(crowds(), st.floats(0, 30))
def test_asking_for_more_agreement_only_splits(crowd: dict[str, Fields], more: float) -> None:
    model = retail()
    higher = replace(model, cluster=replace(model.cluster, keep=model.cluster.keep + more))
    loose = resolve_all(crowd, Matcher(model)).people
    for one in resolve_all(crowd, Matcher(higher)).people:
        assert any(one <= other for other in loose)


def test_frequent_values_weigh_less_than_rare_ones() -> None:
    crowd = [fields(given_name="Jane")] * 9 + [fields(given_name="Zelda")]
    matcher = Matcher(retail(), FrequencyTable(crowd, retail_matcher()))
    jane, zelda = (matcher.compared(fields(given_name=name)) for name in ("Jane", "Zelda"))
    assert matcher.weight(jane, jane) < matcher.weight(zelda, zelda)
    assert [part.share for part in matcher.explain(jane, jane) if part.comparison == "given name"] == [0.9]
