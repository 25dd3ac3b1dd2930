"""A simulation gives what the turn gave, for the same sales; another programme gives what its rules say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from regulars.capabilities.loyalty.programme import parse
from regulars.capabilities.loyalty.simulation import unstored, worth
from regulars.console.services.simulations import simulate
from regulars.engine.simulation import Found, Question
from tests.engine.club import BASE, KNOWN, START, TIERS, Club, at, sale
from tests.engine.test_points import running
from tests.engine.world import World

CLUB = BASE.replace("[currencies]", f"{KNOWN}[currencies]") + TIERS
GIFTS = '[kinds]\n"Gift cards" = "gift_card"\n'


@pytest.fixture
def club(world: World) -> Iterator[Club]:
    with running(world) as found:
        yield found


def counted(
    club: Club, draft: str, live: str | None = CLUB, *, since: float = -1.0, number: int = 1
) -> Found:
    """All sales from an hour on, by a draft."""
    question = Question(number, draft, live, at(since), START + timedelta(days=80))
    return asyncio.run(simulate(club.world.database, club.world.workspace_id, question))


def test_what_holds_gives_in_a_simulation_what_it_gave_in_the_turn(club: Club) -> None:
    club.publish(CLUB)
    for name, minor, hour in (("ann", 9_050, 1), ("bob", 399, 2), ("ann", 2_575, 3), ("cid", 12_099, 4)):
        club.sell(name, minor, hour, f"R-{hour}")
    club.sell("ann", 4_000, 30, "R-30", lines=(("1", 3, 3_000), ("2", 1, 1_000)))  # by now she is in gold
    club.refund("ann", "R-30", 31, ("1", 1, 1_000))
    club.sell("bob", 5_000, 40, "R-40")
    club.tell(sale("bob", 0, 41, "R-40") | {"id": "v-1", "type": "sale.voided"})
    club.refund("cid", "unknown", 50, ("1", 1, 500))
    found = counted(club, CLUB)
    (really,) = found.given
    outcome = found.outcome
    assert outcome.live is not None
    points = outcome.live.points["points"]
    assert (points.given, points.taken_back) == (really.given, really.taken_back)
    assert points.left == {"GBP": really.given - really.taken_back}
    assert outcome.draft == outcome.live
    assert outcome.live.tiers == {"base": 1, "gold": 2}
    assert (outcome.moves.up, outcome.moves.down, outcome.moves.same) == (0, 0, 3)
    assert worth(parse(CLUB), outcome.live) == {"GBP": really.given - really.taken_back}


def test_a_draft_is_counted_beside_what_holds_and_moves_members(club: Club) -> None:
    club.publish(CLUB)
    club.sell("ann", 9_000, 1)
    club.sell("bob", 12_000, 2)
    stingy = CLUB.replace("threshold = 10_000", "threshold = 100_000")
    eager = CLUB.replace("per_minor = 100 }", "per_minor = 100, points = 3 }").replace("10_000", "5_000")
    found = counted(club, eager).outcome
    assert found.live is not None
    assert (found.draft.points["points"].given, found.live.points["points"].given) == (630, 210)
    assert (found.moves.up, found.moves.down, found.moves.same) == (1, 0, 1)
    assert counted(club, stingy).outcome.moves.down == 1
    assert counted(club, eager, None).outcome.live is None


def test_credit_from_before_the_days_counted_holds_the_tier(club: Club) -> None:
    club.publish(CLUB)
    club.sell("ann", 12_000, 1)
    club.sell("ann", 1_000, 48)
    found = counted(club, CLUB, since=24).outcome
    assert found.sales == 1
    assert found.draft.points["points"].given == 20, "she is in gold, by what she bought before"


def test_where_nobody_could_join_known_customers_count_as_if_they_had(club: Club) -> None:
    club.sell("ann", 1_000, 1)
    club.tell(sale(None, 700, 2, "R-2"))
    found = counted(club, BASE, None, number=1)
    assert found.assumed
    assert found.outcome.draft.points["points"].given == 10
    assert (found.outcome.sales, found.outcome.customers) == (1, 1)
    club.publish(BASE)
    club.enrol("bob", 3)
    found = counted(club, BASE, None)
    assert not found.assumed
    assert found.outcome.draft.points == {}, "ann has not joined"


def test_gift_cards_earn_nothing_in_the_turn_and_in_a_simulation(club: Club) -> None:
    text = CLUB + GIFTS
    club.publish(text)
    bought = sale("ann", 3_000, 1, "R-1", lines=(("1", 1, 1_000), ("2", 1, 2_000)))
    bought["sale"]["lines"][1]["category"] = "gift cards > 20"
    (answer,) = club.tell(bought).loyalty
    assert answer.points[0].balance == 10
    assert counted(club, text, text).outcome.draft.points["points"].given == 10


def test_it_is_told_what_stored_sales_do_not_tell() -> None:
    asks = BASE + 'where = { brands = ["A"] }\n'
    pays = BASE + '[[multiplier]]\nid = "cash"\npercent = 200\nwhere = { tenders = ["cash"] }\n'
    assert unstored(parse(BASE)) == []
    assert unstored(parse(asks)) == ["brands"]
    assert unstored(parse(pays)) == ["tenders"]


def test_another_workspaces_sales_are_not_counted(club: Club) -> None:
    club.sell("ann", 1_000, 1)
    question = Question(1, CLUB, None, at(-1), at(1_000))
    elsewhere = club.world.workspace_id + 1
    found = asyncio.run(simulate(club.world.database, elsewhere, question))
    assert found.outcome.sales == 0
