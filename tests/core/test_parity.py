"""Records resolved one after the other, in a partition, and all at once in memory: the same people."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.capabilities.identity.batch import resolve_all
from regulars.capabilities.identity.rules import Said
from tests.core.people import MATCHER, Shelf, batches, crowd, expected, stories

PATIENT = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


def people(profiles: dict[str, str]) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for rid, profile in profiles.items():
        found.setdefault(profile, set()).add(rid)
    return {frozenset(ids) for ids in found.values()}


def hold(said: list[Said], data: st.DataObject) -> None:
    shelf = Shelf()
    for turn in data.draw(batches(said)):
        shelf.turn(turn)
    records = {rid: known.fields() for rid, known in expected(said).items()}
    at_once = resolve_all(records, MATCHER)
    assert people({rid: record.profile_id for rid, record in shelf.records.items()}) == set(at_once.people)
    assert shelf.generics == set(at_once.generic)


@PATIENT
@given(stories(most=16), st.data())
def test_one_by_one_and_all_at_once_give_the_same_people(said: list[Said], data: st.DataObject) -> None:
    hold(said, data)


@PATIENT
@given(stories(crowd, most=16), st.data())
def test_the_same_holds_where_many_share_a_value(said: list[Said], data: st.DataObject) -> None:
    hold(said, data)
