"""Which pairs a matcher can be asked to find, and what its profiles are worth."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import msgspec
import pytest

from regulars.cli import main
from regulars.demo.cases import FILLER, GUEST, NAMESAKES, TWINS
from regulars.demo.records import Entry
from regulars.demo.retail import RecordKey
from regulars.demo.sample import Sample, draw_sample
from regulars.demo.score import Score, measure, read_profiles
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Address, Customer
from tests.demo.resolved import resolve

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = count()


def entry(person: str, customer: Customer, *cases: str) -> Entry:
    """A record with a key of its own."""
    record = RecordKey("till", "external_id", f"r{next(_numbers)}")
    return Entry(record, NOW, customer, person, frozenset(cases))


def joinable(*entries: Entry) -> list[tuple[int, int]]:
    return Sample(entries).pairs[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Customer(email="Jane@Example.com"), Customer(email="jane@example.com ")),
        (Customer(phone="07700 900123"), Customer(phone="+447700900123")),
        (Customer(payment_token="t1"), Customer(payment_token="t1", given_name="Jane")),
        (Customer(loyalty_card="L1"), Customer(loyalty_card="L1")),
        (
            Customer(given_name="Małgorzata", family_name="Nowak Jr.", birth_date=date(1980, 1, 2)),
            Customer(given_name="Nowak", family_name="Gosia", birth_date=date(1980, 1, 2)),
        ),
        (
            Customer(given_name="Stephen", family_name="Clarke", address=Address(postcode="SE1 1CK")),
            Customer(given_name="STEVEN", family_name="Clark", address=Address(postcode="se11ck")),
        ),
    ],
)
def test_a_shared_detail_makes_a_pair_joinable(one: Customer, other: Customer) -> None:
    assert joinable(entry("a", one), entry("a", other)) == [(0, 1)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Customer(email="test@test.com"), Customer(email="test@test.com")),
        (Customer(given_name="Jane", family_name="Doe"), Customer(given_name="Jane", family_name="Doe")),
        (
            Customer(given_name="J", family_name="Doe", birth_date=date(1980, 1, 2)),
            Customer(given_name="Jane", family_name="Doe", birth_date=date(1980, 1, 2)),
        ),
        (Customer(email="jane@example.com"), Customer(email="jnae@example.com")),
    ],
)
def test_without_a_detail_of_their_own_nothing_is_asked(one: Customer, other: Customer) -> None:
    assert joinable(entry("a", one), entry("a", other)) == []


def test_an_address_a_family_shares_joins_those_who_gave_their_name() -> None:
    sample = Sample(
        [
            entry("a", Customer(email="thedoes@example.com", given_name="Jane")),
            entry("a", Customer(email="thedoes@example.com", given_name="Jane")),
            entry("a", Customer(email="thedoes@example.com")),
            entry("b", Customer(email="thedoes@example.com", given_name="John")),
        ]
    )
    assert sample.pairs == ([(0, 1)], [(0, 1), (0, 2), (1, 2)])


def test_a_guest_misleads_when_only_somebody_else_is_known_by_the_card() -> None:
    guest, wife = (
        entry("a", Customer(payment_token="t")),
        entry("b", Customer(payment_token="t", given_name="Jo")),
    )
    husband = entry("a", Customer(payment_token="t", given_name="Al"))
    assert Sample([guest, wife]).misleading == {0: "b"}
    assert Sample([guest, wife, husband]).misleading == {}
    score = measure(Sample([guest, wife]), together(guest, wife))
    assert (score.precision, score.precision_knowable) == (0.0, 1.0)


def test_precision_recall_and_cases_are_counted_in_pairs() -> None:
    jane = [entry("a", Customer(email="jane@example.com"), TWINS) for _ in range(3)]
    joan = [
        entry("b", Customer(email="joan@example.com"), TWINS),
        entry("b", Customer(email="joan@example.com")),
    ]
    score = measure(Sample([*jane, *joan]), together(*jane[:2], joan[0]) | together(joan[1]))
    assert (score.joined, score.right) == (3, 1)
    assert (score.joinable, score.found) == (4, 1)
    assert (score.profiles, score.most_people, score.largest_mixed) == (3, 2, 3)
    twins, guests = score.case(TWINS), score.case(GUEST)
    assert (twins.joinable, twins.found, twins.wrong) == (4, 1, 2)
    assert (guests.joinable, guests.wrong, guests.recall) == (0, 0, 1.0)


def test_wrong_pairs_of_fillers_are_those_of_two_of_them() -> None:
    filled = [entry(person, Customer(email="hello@shop.example"), FILLER) for person in "abc"]
    other = entry("d", Customer(email="d@example.com"), GUEST)
    score = measure(Sample([*filled, other]), together(*filled, other))
    assert score.case(FILLER).wrong == 3
    assert score.case(GUEST).wrong == 3
    assert score.precision == 0.0


def test_the_truth_itself_is_a_perfect_score_and_everybody_alone_finds_nothing() -> None:
    sample = draw_sample(4, 400)
    perfect = measure(sample, {one.record.named: one.person for one in sample.entries})
    assert (perfect.precision, perfect.recall, perfect.recall_sharing) == (1.0, 1.0, 1.0)
    assert (perfect.most_people, perfect.largest_mixed) == (1, 0)
    alone = measure(sample, {})
    assert (alone.joined, alone.precision, alone.recall) == (0, 1.0, 0.0)


@pytest.fixture(scope="module")
def exact() -> Score:
    sample = draw_sample(7, 10_000)
    return measure(sample, resolve(sample.entries))


def test_exact_keys_join_little_that_is_wrong(exact: Score) -> None:
    assert exact.precision > 0.98
    assert exact.precision_knowable > 0.99
    assert exact.recall > 0.85
    assert exact.most_people <= 4
    assert exact.case(FILLER).wrong < 5


def test_exact_keys_miss_other_spellings_and_mix_up_fathers_and_sons(exact: Score) -> None:
    """What matching by more than keys is for: when these hold no more, raise the floors above."""
    for name in ("nickname", "name order", "spelling", "name typo"):
        assert exact.case(name).joinable > 40
        assert exact.case(name).recall < 0.8
    assert exact.case(NAMESAKES).wrong > 0


def test_files_of_a_sample_can_be_imported_and_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sample", "write", str(tmp_path), "--seed", "5", "--people", "300"]) == 0
    sample = draw_sample(5, 300)
    with (tmp_path / "truth.csv").open() as file:
        truth = list(csv.DictReader(file))
    assert [(row["source"], row["external_id"], row["person"]) for row in truth] == [
        (*one.record.named, one.person) for one in sample.entries
    ]
    written = sum(len(file.read_text().splitlines()) - 1 for file in tmp_path.glob("customers-*.csv"))
    assert written == len(sample.entries)
    profiles = tmp_path / "profiles.csv"
    profiles.write_text((tmp_path / "truth.csv").read_text().replace("person\n", "profile_id\n", 1))
    capsys.readouterr()
    assert main(["sample", "score", str(profiles), "--seed", "5", "--people", "300", "--json"]) == 0
    found = msgspec.json.decode(capsys.readouterr().out)
    assert (found["records"], found["precision"], found["recall"]) == (len(sample.entries), 1.0, 1.0)
    assert main(["sample", "score", str(profiles), "--seed", "5", "--people", "300"]) == 0
    assert "father and son" in capsys.readouterr().out


def test_a_file_without_profiles_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "profiles.csv"
    file.write_text("source,external_id\n")
    with pytest.raises(InvalidInput, match="profile_id"):
        read_profiles(file)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_profiles(tmp_path / "missing.csv")
    file.write_bytes(b"source,external_id,profile_id\n\xff,1,2\n")
    with pytest.raises(InvalidInput, match="UTF-8"):
        read_profiles(file)


@pytest.mark.parametrize("people", ["0", "100001"])
def test_a_size_out_of_bounds_is_refused(
    people: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sample", "write", str(tmp_path), "--people", people]) == 1
    assert "100,000" in capsys.readouterr().err


def together(*entries: Entry) -> dict[tuple[str, str], str]:
    """One profile."""
    return {one.record.named: entries[0].record.value for one in entries}
