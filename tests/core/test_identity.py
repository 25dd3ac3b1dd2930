"""Customers come out the same whatever order their sources speak in, and a merge loses nothing."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.capabilities.identity.component import PEOPLE_PER_VALUE_MAX, RECORDS_PER_VALUE_MAX
from regulars.capabilities.identity.rules import Said, Word
from tests.core.people import STRANGERS, Shelf, batches, check, crowd, say, stories

PATIENT = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
SOAK = settings(deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow])


def told(*said: Said | None) -> list[Said]:
    return [one for one in said if one is not None]


def play(turns: list[list[Said]]) -> Shelf:
    shelf = Shelf()
    for turn in turns:
        shelf.turn(turn)
    return shelf


def any_order(data: st.DataObject, said: list[Said]) -> None:
    check(play(data.draw(batches(said))), said)


@PATIENT
@given(stories(), st.data())
def test_any_order_of_words_in_any_turns_gives_the_same_customers(
    said: list[Said], data: st.DataObject
) -> None:
    any_order(data, said)


@PATIENT
@given(stories(crowd, most=16), st.data())
def test_a_value_is_generic_only_while_too_many_share_it(said: list[Said], data: st.DataObject) -> None:
    any_order(data, said)


@pytest.mark.soak
@SOAK
@given(stories(most=30), st.data())
def test_any_order_of_long_stories_gives_the_same_customers(said: list[Said], data: st.DataObject) -> None:
    any_order(data, said)


@pytest.mark.soak
@SOAK
@given(stories(crowd, most=40), st.data())
def test_any_order_of_a_crowd_gives_the_same_customers(said: list[Said], data: st.DataObject) -> None:
    any_order(data, said)


@PATIENT
@given(stories(most=16), st.data())
def test_what_people_decide_holds_in_any_order(said: list[Said], data: st.DataObject) -> None:
    ids = sorted({one.person.record_id for one in said}) or ["0" * 32]
    pairs = st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), min_size=1, max_size=3)
    words = [
        Word(
            data.draw(pairs), data.draw(st.sampled_from([True, False, None])), "user:1", "", (at, f"{n:032}")
        )
        for n, at in enumerate(data.draw(st.lists(st.integers(0, 9), max_size=5)))
    ]
    shelf = Shelf()
    left = data.draw(st.permutations(words))
    for turn in data.draw(batches(said)):
        count = data.draw(st.integers(0, len(left)))
        shelf.turn(turn, left[:count])
        left = left[count:]
    shelf.turn([], left)
    check(shelf, said, words)


def test_a_new_address_alone_has_a_record_compared_anew() -> None:
    jane = {"given_name": "Jane", "family_name": "Doe"}
    home = {"address": {"line1": "1 High St", "city": "Leeds", "postcode": "N1 1AA"}}
    said = told(
        say(1, 1, jane | {"external_id": "c1"}),
        say(2, 2, jane | home | {"external_id": "c9"}, source_id=2),
        say(3, 3, jane | home | {"external_id": "c1"}),
    )
    shelf = play([[one] for one in said])
    check(shelf, said)
    assert len(shelf.reviews) == 1


def repeats() -> list[Said]:
    """An address is said, replaced late by an older word, and was confirmed in between."""
    one: dict[str, Any] = {"external_id": "c1", "email": "new@example.com", "given_name": "Jane"}
    old = one | {"email": "old@example.com"}
    return told(say(1, 10, one), say(2, 50, one), say(3, 30, old))


@PATIENT
@given(st.permutations(repeats()), st.lists(st.booleans(), min_size=3, max_size=3))
def test_a_repeat_counts_as_the_last_word(order: list[Said], cuts: list[bool]) -> None:
    turns: list[list[Said]] = [[]]
    for one, cut in zip(order, cuts, strict=True):
        turns[-1].append(one)
        turns += [[]] if cut else []
    check(play([turn for turn in turns if turn]), repeats())


def test_a_merge_loses_no_field_of_either_side() -> None:
    """Tracardi #892: merging dropped the contacts of one side."""
    one = {"external_id": "c1", "loyalty_card": "L1", "email": "a@example.com", "given_name": "Jane"}
    other = {"external_id": "c9", "loyalty_card": "L1", "phone": "+442079460018", "family_name": "Doe"}
    said = told(say(1, 1, one), say(2, 2, other, source_id=2))
    shelf = play([[one] for one in said])
    check(shelf, said)
    assert len({record.profile_id for record in shelf.records.values()}) == 1
    assert {kind for kind, _, _ in shelf.identifiers} == {1, 2, 6, 7}


def test_addresses_that_differ_in_case_alone_are_one() -> None:
    """Mautic #5149: an address in other letters made a second contact."""
    said = told(
        say(1, 1, {"external_id": "c1", "email": "Jane@Example.com"}),
        say(2, 2, {"external_id": "c7", "email": "jane@example.COM"}, source_id=2),
    )
    shelf = play([said])
    assert len({record.profile_id for record in shelf.records.values()}) == 1


def test_the_known_customer_wins_over_the_anonymous_visitor() -> None:
    """Mautic #16425: the anonymous contact won and the known id was deleted."""
    said = told(
        say(1, 1, {"anonymous_id": "a1"}),
        say(2, 5, {"external_id": "c1", "anonymous_id": "a1", "email": "a@example.com"}),
    )
    for turns in ([said], [said[:1], said[1:]], [said[1:], said[:1]]):
        shelf = play(turns)
        check(shelf, said)
        known = said[1].person.record_id
        assert {record.profile_id for record in shelf.records.values()} == {known}
        assert set(shelf.records) == {one.person.record_id for one in said}


def test_a_tablet_that_everybody_uses_makes_nobody_one_person() -> None:
    """Segment's in-store tablet: one browser id, many accounts; each of them stays a person of their own."""
    said = told(
        *(say(n, n, {"external_id": f"c{n}", "anonymous_id": "tablet"}) for n in range(5)),
        say(9, 9, {"anonymous_id": "tablet"}),
    )
    shelf = play([[one] for one in said])
    check(shelf, said)
    assert shelf.profiles == 6


def test_a_browser_used_by_far_too_many_is_nobodys_and_costs_nothing_more() -> None:
    said = told(
        *(
            say(n, n, {"external_id": f"c{n}", "anonymous_id": "kiosk"})
            for n in range(RECORDS_PER_VALUE_MAX + 20)
        )
    )
    shelf = play([said[:80], said[80:]])
    assert shelf.profiles == len(said)
    late = told(say(999, 999, {"external_id": "late", "anonymous_id": "kiosk"}))
    shelf.turn(late)
    check(shelf, said + late)
    assert shelf.records[late[0].person.record_id].component_id == late[0].person.record_id


@pytest.mark.parametrize("leaves", ["renames", "moves", "deletes"])
def test_a_generic_value_identifies_again_when_people_leave_it(leaves: str) -> None:
    names = STRANGERS[: PEOPLE_PER_VALUE_MAX + 1]
    crowd_ = [
        {"external_id": f"c{n}", "email": "shop@example.com", "given_name": name}
        for n, name in enumerate(names)
    ]
    twin = {"external_id": "twin", "email": "shop@example.com", "given_name": names[0]}
    said = told(*(say(n, 1, one) for n, one in enumerate(crowd_)), say(50, 2, twin, source_id=2))
    shelf = play([said])
    check(shelf, said)
    assert len(shelf.generics) == 1
    assert shelf.profiles == 8
    last = {
        "renames": say(90, 9, crowd_[6] | {"given_name": names[0]}),
        "moves": say(90, 9, crowd_[6] | {"email": "own@example.com"}),
        "deletes": say(90, 9, crowd_[6], deletes=True),
    }[leaves]
    shelf.turn(told(last))
    check(shelf, said + told(last))
    # Whoever had the address before and moved on has still had it.
    assert len(shelf.generics) == (1 if leaves == "moves" else 0)
    assert shelf.profiles == {"renames": 6, "moves": 8, "deletes": 7}[leaves]


def test_what_a_source_takes_back_is_forgotten_and_may_be_said_anew() -> None:
    jane = {"external_id": "c1", "email": "a@example.com", "given_name": "Jane"}
    gone = told(say(1, 1, jane), say(2, 5, {"external_id": "c1"}, deletes=True))
    for turns in ([gone], [gone[:1], gone[1:]], [gone[1:], gone[:1]]):
        shelf = play(turns)
        check(shelf, gone)
        assert (shelf.identifiers, shelf.words) == ({}, set())
    back = told(say(3, 9, jane))
    shelf = play([gone, back])
    check(shelf, gone + back)
    assert shelf.words


def test_customers_whose_ids_are_blank_are_not_one_customer() -> None:
    assert say(1, 1, {"external_id": " ", "loyalty_card": "\t", "email": " ", "phone": "  "}) is None
    one = say(1, 1, {"external_id": " ", "email": "a@example.com"})
    other = say(2, 1, {"external_id": " ", "email": "b@example.com"})
    assert one is not None
    assert other is not None
    assert one.person.record_id != other.person.record_id


@pytest.mark.parametrize("country", ["GB", "gb", " gb ", "United Kingdom", "", "ZZ", "FR"])
def test_a_phone_number_is_read_whatever_the_address_calls_the_country(country: str) -> None:
    said = say(1, 1, {"phone": "020 7946 0018", "address": {"country": country}})
    assert said is not None
    assert [value for _, value in said.person.values] == ["+442079460018"]


@PATIENT
@given(stories(most=12), st.data())
def test_a_merge_by_hand_and_its_undo_are_as_if_nothing_had_been_said(
    said: list[Said], data: st.DataObject
) -> None:
    shelf = Shelf()
    shelf.turn(said)
    before = {rid: record.profile_id for rid, record in shelf.records.items()}
    profiles = sorted(set(before.values()))
    if len(profiles) < 2:
        return
    one, other = data.draw(st.permutations(profiles).map(lambda found: found[:2]))
    pairs = list(product(sorted(shelf.member_ids(one)), sorted(shelf.member_ids(other))))
    reviews = dict(shelf.reviews)
    shelf.turn([], [Word(pairs, together=True, actor="user:1", reason="", stamp=(1, "1" * 32))])
    merged = {shelf.records[rid].profile_id for pair in pairs for rid in pair}
    assert len(merged) == 1, "all records of both are one person"
    assert merged <= set(before), "a profile shows the id of one of its records"
    assert not {frozenset(pair) for pair in shelf.reviews} & {frozenset(pair) for pair in pairs}
    shelf.turn([], [Word(pairs, together=None, actor="user:1", reason="", stamp=(2, "2" * 32))])
    assert {rid: record.profile_id for rid, record in shelf.records.items()} == before
    assert shelf.reviews == reviews


@PATIENT
@given(stories(most=12), st.data())
def test_records_taken_out_leave_the_others_as_they_are(said: list[Said], data: st.DataObject) -> None:
    shelf = Shelf()
    shelf.turn(said)
    groups = [shelf.member_ids(record.profile_id) for record in shelf.records.values()]
    large = [group for group in groups if len(group) > 1]
    if not large:
        return
    group = sorted(data.draw(st.sampled_from(large)))
    out = data.draw(st.integers(1, len(group) - 1))
    taken, rest = group[:out], group[out:]
    strangers = {rid: r.profile_id for rid, r in shelf.records.items() if rid not in group}
    apart = Word(list(product(taken, rest)), together=False, actor="user:1", reason="", stamp=(1, "1" * 32))
    shelf.turn([], [apart])
    assert not {shelf.records[rid].profile_id for rid in taken} & {
        shelf.records[rid].profile_id for rid in rest
    }
    check(shelf, said, [apart])
    assert set(strangers) | set(group) == set(shelf.records)
