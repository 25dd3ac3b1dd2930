"""A sale whose points a till let be spent without asking: in the turn, told again, voided, and rebuilt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from regulars.vocabulary.events import ENROLLED
from tests.engine.club import BASE, Club, sale
from tests.engine.test_points import check, running
from tests.engine.world import World


@pytest.fixture
def club(world: World) -> Iterator[Club]:
    with running(world) as found:
        found.publish(BASE)
        yield found


def spend(club: Club, amount: int, limit: int, *, version: int = 1) -> None:
    tenders = [{"kind": "points", "amount_minor": amount}, {"kind": "card", "amount_minor": 1_000 - amount}]
    spends = {"loyalty": {"spends": [{"amount": amount, "limit": limit}]}}
    club.sell("ann", 1_000, 2, "R-9", tenders=tenders, version=version, **spends)


def lost(club: Club) -> int:
    rows = club.world.rows(
        "select coalesce(sum(amount), 0)::int from ledger_entry where debit = 'till_shock'"
    )
    return int(rows[0][0])


def test_f2_a_sale_is_never_lost_and_the_shop_pays_what_is_over(club: Club) -> None:
    club.enrol("ann")
    club.sell("ann", 10_000, 1)
    spend(club, 160, 500)
    assert (club.balance("ann"), lost(club)) == (8, 60)  # 100 are spent, and 8.40 of money earn 8
    check(club.world)


def test_f2_a_sale_told_again_spends_nothing_more(club: Club) -> None:
    club.enrol("ann")
    club.sell("ann", 10_000, 1)
    spend(club, 60, 500)
    spend(club, 60, 500, version=2)
    assert (club.balance("ann"), lost(club)) == (49, 0)
    check(club.world)


def test_f2_a_void_gives_back_what_the_member_paid(club: Club) -> None:
    club.enrol("ann")
    club.sell("ann", 10_000, 1)
    spend(club, 160, 500)
    club.tell(sale("ann", 0, 3, "R-9") | {"id": "v-9", "type": "sale.voided"})
    assert club.balance("ann") == 100
    check(club.world)


def test_f2_nothing_is_taken_from_who_is_blocked(club: Club) -> None:
    ann = club.enrol("ann")
    club.sell("ann", 10_000, 1)
    club.say(ENROLLED, ann, status="blocked")
    spend(club, 60, 500)
    assert lost(club) == 60
    check(club.world)
