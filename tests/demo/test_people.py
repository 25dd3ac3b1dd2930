"""The people are as hard to tell apart as real ones."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from itertools import islice
from random import Random

import pytest

from regulars.demo.people import Person
from regulars.demo.world import World, build_world, stream_people


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(9, people=20_000)


@pytest.fixture(scope="module")
def households(world: World) -> list[list[Person]]:
    by_number: dict[int, list[Person]] = defaultdict(list)
    for person in world.people:
        by_number[person.household].append(person)
    return list(by_number.values())


def test_households_share_an_address_and_a_landline(households: list[list[Person]]) -> None:
    shared = [home for home in households if len(home) > 1]
    assert len(shared) > 2_000
    for home in shared:
        assert len({person.address for person in home}) == 1
        assert len({person.landline for person in home}) == 1


def test_some_households_share_a_mail_address_or_a_card(households: list[list[Person]]) -> None:
    mails = sum(len(home) > 1 and _shared(home, "emails") for home in households)
    cards = sum(len(home) > 1 and _shared(home, "cards") for home in households)
    assert mails > 100
    assert cards > 300


def test_there_are_twins_and_sons_named_after_their_fathers(households: list[list[Person]]) -> None:
    twins = [home for home in households if any(person.twin for person in home)]
    namesakes = [home for home in households if any(person.namesake for person in home)]
    assert twins
    assert namesakes
    for home in twins:
        births = Counter((person.birth, person.family) for person in home)
        assert max(births.values()) > 1
    for home in namesakes:
        assert max(Counter((person.given, person.family) for person in home).values()) > 1


def test_namesakes_turn_up_among_strangers(world: World) -> None:
    names = Counter((person.given, person.family) for person in world.people)
    assert names.most_common(1)[0][1] > 10
    of_an_age = Counter((person.given, person.family, person.birth.year) for person in world.people)
    assert max(of_an_age.values()) > 1


def test_brothers_and_sisters_have_names_of_their_own(households: list[list[Person]]) -> None:
    for home in households:
        children = [person.given for person in home[2:]]
        assert len(set(children)) == len(children)


def test_numbers_are_handed_on_to_strangers(world: World) -> None:
    given_up = {person.former_mobile: person.household for person in world.people if person.former_mobile}
    handed_on = [person for person in world.people if person.recycled]
    assert len(given_up) > 500
    assert len(handed_on) > 200
    assert all(given_up[person.mobile] != person.household for person in handed_on)


def test_some_fathers_and_sons_are_told_apart_by_a_suffix(world: World) -> None:
    suffixes = Counter(person.suffix for person in world.people if person.namesake)
    assert suffixes["Jr"] == suffixes["Sr"] > 30
    assert suffixes[None] > suffixes["Jr"]


def test_names_and_streets_are_single_lines(world: World) -> None:
    for person in world.people:
        assert "\n" not in f"{person.given}{person.family}{person.address.line1}"


def test_people_married_and_moved(world: World) -> None:
    assert sum(person.former_family is not None for person in world.people) > 200
    assert sum(person.former_address is not None for person in world.people) > 500


def test_regulars_come_often_and_passers_by_hardly_ever(world: World) -> None:
    regulars = [person for person in world.people if person.regularity > 1.0]
    others = [person for person in world.people if person.regularity == 1.0]
    assert 0.35 < len(regulars) / len(world.people) < 0.55
    assert sum(person.interval_days for person in regulars) / len(regulars) < 25
    assert sum(person.interval_days for person in others) / len(others) > 200


def test_chains_span_time_zones_and_currencies(world: World) -> None:
    assert {branch.currency for branch in world.branches} == {"GBP", "EUR"}
    assert {branch.time_zone for branch in world.branches} == {"Europe/London", "Europe/Paris"}
    systems = Counter(branch.system for branch in world.branches if not branch.online)
    assert systems == {"square": 6, "shopify": 2}


def test_a_small_world_and_a_large_one_can_be_asked_for() -> None:
    assert len(build_world(1, people=1, shops=1).branches) == 2
    large = build_world(1, people=10, shops=40)
    assert len({branch.name for branch in large.branches}) == 41


def test_a_hundred_thousand_people_take_seconds() -> None:
    started = time.process_time()
    assert len(build_world(1, people=100_000).people) == 100_000
    assert time.process_time() - started < 15


def test_people_can_be_streamed_without_being_kept() -> None:
    streamed = list(islice(stream_people(Random(4), 8), 1_000))
    assert [person.index for person in streamed] == list(range(1_000))


def _shared(home: list[Person], field: str) -> bool:
    return max(Counter(value for person in home for value in getattr(person, field)).values()) > 1
