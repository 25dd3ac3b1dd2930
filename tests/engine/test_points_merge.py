"""Members who turn out to be one person, and who turn out not to be: nothing is posted, and everything is exact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from regulars.store.ledger_audit import audit_ledger
from regulars.vocabulary.events import CAPTURED, HELD, LINKED, SWEPT, Decision, Event
from tests.engine.club import BASE, KNOWN, START, TIERS, Club
from tests.engine.world import World

pytestmark = pytest.mark.embedded_only  # the same statements run on both in test_points.py
NAMES = {"given_name": "Ann", "family_name": "Lee"}


@pytest.fixture
def club(world: World) -> Iterator[Club]:
    gate = world.gate()
    try:
        yield Club(world, gate)
    finally:
        gate.close()


def decide(club: Club, one: str, other: str, *, together: bool | None) -> None:
    """A person's word on two records."""
    number = next(club.numbers)
    decision = Decision([(one, other)], together, "user:1", "They said so.")
    at = START + timedelta(days=30, minutes=number)
    club.command(msgspec.json.encode(Event(id=f"d-{number}", type=LINKED, occurred_at=at, decision=decision)))


def posted(club: Club) -> int:
    """How many entries the ledger has."""
    return int(club.world.rows("select count(*) from ledger_entry")[0][0])


def lots(club: Club) -> list[tuple[object, ...]]:
    """Every lot as it is."""
    return club.world.rows("select lot_id, record_id, remaining, held, expired from loyalty_lot order by 1")


def check(club: Club) -> None:
    world = club.world
    with world.database.session(world.workspace_id) as connection:
        assert audit_ledger(connection, world.workspace_id) == []
    assert world.rebuild_differences() == []


def test_m1_a_merge_posts_nothing_and_the_balance_is_the_sum(club: Club) -> None:
    club.publish(BASE)
    ann, ana = club.enrol("ann"), club.enrol("ana")
    club.sell("ann", 7_000, 1)
    club.sell("ana", 3_000, 2)
    before, entries = lots(club), posted(club)
    decide(club, ann, ana, together=True)
    answer = club.say(SWEPT, ann)
    assert answer.points[0].balance == 100
    assert club.say(SWEPT, ana).member_id == answer.member_id
    assert (lots(club), posted(club)) == (before, entries)
    check(club)


def test_complaint_12_i11_a_merge_taken_back_leaves_everything_as_it_was(club: Club) -> None:
    club.publish(BASE)
    ann, ana = club.enrol("ann"), club.enrol("ana")
    club.sell("ann", 7_000, 1)
    club.sell("ana", 3_000, 2)
    before, entries = lots(club), posted(club)
    decide(club, ann, ana, together=True)
    decide(club, ann, ana, together=False)
    assert [club.say(SWEPT, name).points[0].balance for name in (ann, ana)] == [70, 30]
    assert (lots(club), posted(club)) == (before, entries)
    check(club)


def test_m2_after_an_unmerge_each_keeps_what_is_left_of_their_own(club: Club) -> None:
    """Points spent together came from both, the soonest to end first; the books say which."""
    club.publish(BASE)
    ann, ana = club.enrol("ann"), club.enrol("ana")
    club.sell("ann", 7_000, 1)
    club.sell("ana", 3_000, 2)
    decide(club, ann, ana, together=True)
    hold = club.say(HELD, ana, amount=80).hold
    assert club.say(CAPTURED, ana, hold=hold).points[0].balance == 20
    club.sell("ana", 500, 3)
    decide(club, ann, ana, together=False)
    assert [club.say(SWEPT, name).points[0].balance for name in (ann, ana)] == [0, 25]
    check(club)


def test_a_hold_survives_an_unmerge_whosoever_points_it_reserves(club: Club) -> None:
    club.publish(BASE)
    ann, ana = club.enrol("ann"), club.enrol("ana")
    club.sell("ann", 7_000, 1)
    club.sell("ana", 3_000, 2)
    decide(club, ann, ana, together=True)
    hold = club.say(HELD, ana, amount=90).hold
    decide(club, ann, ana, together=False)
    assert club.say(HELD, ann, amount=1).refused == "insufficient_points"
    assert club.say(CAPTURED, ana, hold=hold, amount=75).refused is None
    left = {name: club.say(SWEPT, name).points[0].balance for name in (ann, ana)}
    assert left == {ann: 0, ana: 25}
    check(club)


def test_tier_credit_of_one_person_counts_together_and_apart_again(club: Club) -> None:
    club.publish(BASE.replace("[currencies]", KNOWN + "[currencies]") + TIERS)
    ann = club.sell("ann", 6_000, 1).profile_id
    ana = club.sell("ana", 6_000, 2).profile_id
    assert ann is not None
    assert ana is not None
    assert club.sell("ann", 1_000, 3).loyalty[0].points[0].change == 10
    decide(club, ann, ana, together=True)
    (answer,) = club.sell("ana", 1_000, 4).loyalty
    assert (answer.points[0].change, answer.points[0].balance) == (20, 150)
    decide(club, ann, ana, together=False)
    assert club.sell("ana", 1_000, 5).loyalty[0].points[0].change == 10
    check(club)


def test_a_late_sale_after_a_merge_counts_the_person_anew(club: Club) -> None:
    """What it changes of later sales is posted as a difference; points given once stay with their record."""
    club.publish(BASE.replace("[currencies]", KNOWN + "[currencies]") + TIERS)
    ann = club.sell("ann", 6_000, 10).profile_id
    ana = club.sell("ana", 3_000, 20).profile_id
    assert ann is not None
    assert ana is not None
    decide(club, ann, ana, together=True)
    (answer,) = club.sell("ana", 5_000, 5).loyalty
    assert answer.points[0].balance == 50 + 60 + 2 * 30
    check(club)
