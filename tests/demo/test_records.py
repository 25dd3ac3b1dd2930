"""Customer records without trade: in order, repeatable, fictional, as many as wanted, each kind of hard case among them."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from itertools import islice, pairwise

import pytest

from regulars.capabilities.identity.normalise import email, phone
from regulars.demo.cases import CHANGED, SHARED
from regulars.demo.records import Entry, records
from tests.demo.fictional import is_fictional_email, is_fictional_phone


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return list(records(3, people=10_000))


def test_every_hard_case_is_there_often_enough_to_count(entries: list[Entry]) -> None:
    seen = Counter(case for entry in entries for case in entry.cases)
    assert set(seen) == {*SHARED, *CHANGED}
    assert min(seen.values()) >= 40


def test_people_have_one_record_and_a_half(entries: list[Entry]) -> None:
    of_person = Counter(entry.person for entry in entries)
    assert len(of_person) == 10_000
    assert 1.5 < len(entries) / len(of_person) < 1.7
    assert max(of_person.values()) == 6


def test_a_key_names_one_record_and_stands_in_it(entries: list[Entry]) -> None:
    assert len({entry.record for entry in entries}) == len(entries)
    for entry in entries:
        assert getattr(entry.customer, entry.record.kind) == entry.record.value
        if entry.record.kind != "external_id":
            assert entry.customer.external_id is None


def test_records_come_in_the_order_of_time_and_not_household_by_household(entries: list[Entry]) -> None:
    assert all(one.occurred_at < other.occurred_at for one, other in pairwise(entries))
    together = sum(one.person == other.person for one, other in pairwise(entries))
    assert together < 20


def test_the_same_seed_gives_the_same_records_and_another_seed_others() -> None:
    assert list(records(5, people=300)) == list(records(5, people=300))
    keys = [{entry.record for entry in records(seed, people=300)} for seed in (5, 6)]
    assert not keys[0] & keys[1]


def test_a_stream_begins_like_a_set_when_as_many_wait() -> None:
    assert list(islice(records(5), 200)) == list(islice(records(5, people=20_000), 200))


def test_nobody_can_be_reached(entries: list[Entry]) -> None:
    for entry in entries:
        assert entry.customer.email is None or is_fictional_email(entry.customer.email)
        assert entry.customer.phone is None or is_fictional_phone(entry.customer.phone)


def test_the_shop_made_up_fillers_that_are_on_no_list(entries: list[Entry]) -> None:
    used = [entry.customer for entry in entries if "filler" in entry.cases]
    mails = Counter(email(one.email) for one in used if one.email)
    numbers = Counter(phone(one.phone, "GB") for one in used if one.phone)
    assert mails["customer@harbourandhearth.example"] > 6
    assert numbers["+441632960444"] > 6


def test_many_records_can_be_streamed_without_being_kept() -> None:
    for _ in islice(records(1), 8_000):
        pass
    tracemalloc.start()
    try:
        stream = records(2)
        for _ in islice(stream, 8_000):
            pass
        before = tracemalloc.get_traced_memory()[0]
        for _ in islice(stream, 10_000):
            pass
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown / 10_000 < 400


def test_a_few_names_are_common_and_many_are_rare(entries: list[Entry]) -> None:
    names = Counter(entry.customer.family_name for entry in entries if entry.customer.family_name)
    assert names.most_common(1)[0][1] > 0.008 * len(entries)
    assert sum(count <= 3 for count in names.values()) > 300
