"""Vendors repeat, mix up and delay deliveries, as often as told and no more."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from regulars.demo.deliveries import NO_FAULTS, Faults
from regulars.demo.shop import Shop
from tests.demo.conftest import UNTIL, Month


def test_a_repeated_delivery_is_the_same_event_with_the_same_signature(month: Month) -> None:
    first = {one.event_id: one for one in month.deliveries if one.attempt == 0}
    repeats = [one for one in month.deliveries if one.attempt]
    assert repeats
    for again in repeats:
        original = first[again.event_id]
        assert again.body == original.body
        assert original.headers.items() <= again.headers.items()
        if again.system == "square":
            assert again.headers["square-retry-number"] == "1"
            assert again.headers["square-retry-reason"]


def test_event_ids_are_unique_apart_from_repeats(month: Month) -> None:
    counts = Counter(one.event_id for one in month.deliveries if one.attempt == 0)
    assert max(counts.values()) == 1


def test_without_faults_everything_comes_once_and_in_turn() -> None:
    sent = list(Shop(4, people=400, faults=NO_FAULTS).history(20, UNTIL))
    assert max(Counter(one.event_id for one in sent).values()) == 1
    assert [one.due_ms for one in sent] == sorted(one.due_ms for one in sent)


def test_faults_lose_nothing_and_add_only_repeats() -> None:
    calm = list(Shop(4, people=400, faults=NO_FAULTS).history(20, UNTIL))
    rough = list(Shop(4, people=400, faults=Faults(duplicate_share=0.2, late_share=0.1)).history(20, UNTIL))
    assert {one.event_id: one.body for one in rough} == {one.event_id: one.body for one in calm}
    assert len(rough) > 1.15 * len(calm)


def test_disorder_lets_later_events_overtake_earlier_ones() -> None:
    calm = [one.event_id for one in Shop(4, people=400, faults=NO_FAULTS).history(20, UNTIL)]
    rough = [one.event_id for one in Shop(4, people=400, faults=Faults(0.0, 0.5, 0.0)).history(20, UNTIL)]
    assert sorted(rough) == sorted(calm)
    place = {event_id: number for number, event_id in enumerate(calm)}
    assert sum(place[one] > place[two] for one, two in pairwise(rough)) > len(calm) / 10
