"""Which records are one person: what links, what does not, and that nothing but the records decides it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.cluster import (
    PEOPLE_PER_VALUE_MAX,
    RECORDS_PER_VALUE_MAX,
    Member,
    anchor_of,
    partition,
)

CARD, ACCOUNT, BROWSER = kinds.LOYALTY_CARD, kinds.EXTERNAL_ID, kinds.ANONYMOUS_ID
TOKEN, DEVICE, EMAIL, PHONE = kinds.PAYMENT_TOKEN, kinds.DEVICE, kinds.EMAIL, kinds.PHONE
NAMED = [EMAIL, PHONE, TOKEN]


def record(
    rid: str, given: str | None, *identifiers: tuple[int, str], born: str | None = None, **more: Any
) -> Member:
    known = any(kind in kinds.KNOWN for kind, _ in identifiers)
    return Member(rid, more.get("known", known), more.get("first_us", 0), given, born, identifiers)


def people(*members: Member) -> list[set[str]]:
    """The persons, as sets of record ids."""
    found: dict[str, set[str]] = {}
    for rid, profile in partition(members, "c").profiles.items():
        found.setdefault(profile, set()).add(rid)
    return sorted(found.values(), key=min)


@pytest.mark.parametrize("kind", [CARD, ACCOUNT])
def test_cards_and_accounts_link_whatever_the_names_say(kind: int) -> None:
    assert people(record("a", "jane", (kind, "v")), record("b", "john", (kind, "v"))) == [{"a", "b"}]


@pytest.mark.parametrize("kind", NAMED)
def test_a_shared_contact_links_the_same_name_and_keeps_others_apart(kind: int) -> None:
    family = [record(rid, name, (kind, "v")) for rid, name in [("a", "jane"), ("b", "john"), ("c", "jane")]]
    assert people(*family) == [{"a", "c"}, {"b"}]
    reasons = {edge.reason for edge in partition(family, "c").edges if not edge.linked}
    assert reasons == {"given names conflict"}


@pytest.mark.parametrize("kind", NAMED)
def test_records_without_a_name_join_the_one_name_there_is(kind: int) -> None:
    assert people(record("a", "jane", (kind, "v")), record("b", None, (kind, "v"))) == [{"a", "b"}]
    assert people(record("a", None, (kind, "v")), record("b", None, (kind, "v"))) == [{"a", "b"}]


@pytest.mark.parametrize("kind", NAMED)
def test_a_record_without_a_name_takes_no_side_between_two(kind: int) -> None:
    three = [
        record("a", "jane", (kind, "v")),
        record("b", "john", (kind, "v")),
        record("c", None, (kind, "v")),
    ]
    assert people(*three) == [{"a"}, {"b"}, {"c"}]


@pytest.mark.parametrize("kind", NAMED)
def test_an_initial_joins_the_name_it_fits(kind: int) -> None:
    assert people(record("a", "jane", (kind, "v")), record("b", "j", (kind, "v"))) == [{"a", "b"}]
    assert people(record("a", "jane", (kind, "v")), record("b", "k", (kind, "v"))) == [{"a"}, {"b"}]
    doubtful = [
        record("a", "jane", (kind, "v")),
        record("b", "john", (kind, "v")),
        record("c", "j", (kind, "v")),
    ]
    assert people(*doubtful) == [{"a"}, {"b"}, {"c"}]
    assert people(record("a", "j", (kind, "v")), record("b", "k", (kind, "v"))) == [{"a"}, {"b"}]


def test_an_initial_is_no_bridge_between_two_names() -> None:
    chain = [
        record("a", "jane", (EMAIL, "e")),
        record("b", "j", (EMAIL, "e"), (PHONE, "p")),
        record("c", "john", (PHONE, "p")),
    ]
    assert {"a", "c"} not in [found & {"a", "c"} for found in people(*chain)]


def test_a_record_without_a_name_is_no_bridge_between_two_names() -> None:
    chain = [
        record("a", "jane", (EMAIL, "e")),
        record("b", None, (EMAIL, "e"), (PHONE, "p")),
        record("c", "john", (PHONE, "p")),
    ]
    assert {"a", "c"} not in [found & {"a", "c"} for found in people(*chain)]


def test_a_device_never_links() -> None:
    assert people(record("a", "jane", (DEVICE, "v")), record("b", "jane", (DEVICE, "v"))) == [{"a"}, {"b"}]


def test_a_browser_links_to_its_one_account() -> None:
    visits = [record("a", None, (BROWSER, "v")), record("b", "jane", (ACCOUNT, "x"), (BROWSER, "v"))]
    assert people(*visits) == [{"a", "b"}]
    assert people(*visits, record("c", "jane", (ACCOUNT, "y"), (BROWSER, "v"))) == [{"a"}, {"b"}, {"c"}]


@pytest.mark.parametrize("kind", NAMED)
def test_a_value_shared_by_too_many_people_links_nobody(kind: int) -> None:
    crowd = [record(f"r{n}", f"name{n}", (kind, "v")) for n in range(PEOPLE_PER_VALUE_MAX)]
    twins = [record("t1", "name0", (kind, "v")), record("t2", None, (CARD, "x"), (kind, "w"))]
    assert {"r0", "t1"} in people(*crowd, *twins)
    one_more = record("r9", "name9", (kind, "v"))
    found = partition([*crowd, *twins, one_more], "c")
    assert [(g.kind, g.value, g.people, g.records) for g in found.generics] == [(kind, "v", 7, 8)]
    assert len(set(found.profiles.values())) == 9
    assert all(edge.value != "v" for edge in found.edges)


def test_one_name_with_several_birth_dates_counts_as_several_people() -> None:
    crowd = [
        record(f"r{n}", "jane", (EMAIL, "v"), born=f"199{n}-01-01") for n in range(PEOPLE_PER_VALUE_MAX + 1)
    ]
    assert partition(crowd, "c").generics


@pytest.mark.parametrize("kind", [*NAMED, BROWSER])
def test_a_value_on_too_many_records_links_nobody(kind: int) -> None:
    crowd = [record(f"r{n:03}", None, (kind, "v")) for n in range(RECORDS_PER_VALUE_MAX)]
    assert len(people(*crowd)) == 1
    assert len(people(*crowd, record("one more", None, (kind, "v")))) == RECORDS_PER_VALUE_MAX + 1


@pytest.mark.parametrize("kind", [CARD, ACCOUNT])
def test_a_card_on_many_records_is_still_one_card(kind: int) -> None:
    crowd = [record(f"r{n:03}", f"name{n}", (kind, "v")) for n in range(RECORDS_PER_VALUE_MAX + 1)]
    assert len(people(*crowd)) == 1


def test_the_profile_shows_the_known_then_the_earliest_record() -> None:
    late = record("a", None, (EMAIL, "e"), first_us=9)
    early = record("b", None, (EMAIL, "e"), first_us=5)
    visitor = record("c", None, (BROWSER, "x"), first_us=1)
    assert anchor_of([visitor, late, early]) == "b"
    assert anchor_of([visitor, late]) == "a"
    twin = record("0", None, (EMAIL, "e"), first_us=5)
    assert anchor_of([early, twin]) == "0"


identifiers = st.lists(
    st.tuples(
        st.sampled_from([CARD, ACCOUNT, BROWSER, TOKEN, DEVICE, EMAIL, PHONE]), st.sampled_from("vwxy")
    ),
    unique=True,
    max_size=4,
)


@st.composite
def many_records(draw: st.DrawFn) -> list[Member]:
    names = st.sampled_from([None, "jane", "john", "jo", "j", "k", "bob", "eve", "mia", "leo", "zoe"])
    return [
        record(f"r{n:02}", draw(names), *draw(identifiers), born=draw(st.sampled_from([None, "1990-02-01"])))
        for n in range(draw(st.integers(1, 14)))
    ]


@settings(deadline=None, max_examples=300)
@given(many_records(), st.randoms(use_true_random=False), st.sampled_from(["v", "w"]))
def test_any_order_of_the_records_gives_the_same_people(
    members: list[Member], chance: Any, retired: str
) -> None:
    shuffled = [
        Member(**{**_fields(m), "identifiers": tuple(chance.sample(m.identifiers, len(m.identifiers)))})
        for m in members
    ]
    chance.shuffle(shuffled)
    one = partition(members, "c", [(EMAIL, retired)])
    other = partition(shuffled, "c", [(EMAIL, retired)])
    assert one.profiles == other.profiles
    assert sorted(one.edges, key=repr) == sorted(other.edges, key=repr)
    assert one.generics == other.generics


def _fields(member: Member) -> dict[str, Any]:
    return {name: getattr(member, name) for name in Member.__struct_fields__}


@settings(deadline=None, max_examples=300)
@given(many_records())
def test_people_far_from_each_other_do_not_sway_each_other(members: list[Member]) -> None:
    """Clustering a component alone gives what clustering everybody at once gives."""
    strangers = [
        Member(
            f"z{m.record_id}",
            m.known,
            m.first_us,
            m.given,
            m.birth_date,
            tuple((k, f"far {v}") for k, v in m.identifiers),
        )
        for m in members
    ]
    alone = partition(members, "c").profiles
    together = partition([*strangers, *members], "c").profiles
    assert {rid: profile for rid, profile in together.items() if rid in alone} == alone


@settings(deadline=None, max_examples=300)
@given(many_records())
def test_every_person_is_held_together_by_links_and_no_link_crosses_people(members: list[Member]) -> None:
    found = partition(members, "c")
    joined = {rid: rid for rid in found.profiles}

    def root(rid: str) -> str:
        while joined[rid] != rid:
            rid = joined[rid]
        return rid

    for edge in found.edges:
        assert edge.a < edge.b
        if edge.linked:
            assert found.profiles[edge.a] == found.profiles[edge.b]
            joined[root(edge.a)] = root(edge.b)
    for a in found.profiles:
        for b in found.profiles:
            assert (root(a) == root(b)) == (found.profiles[a] == found.profiles[b])
