"""Points in the turn: the answer to a sale carries the balance, and the books balance whatever comes, in any order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.json import encode

from regulars.intake.sweeping import Sweeper
from regulars.observe import Metrics
from regulars.store.ledger_audit import audit_ledger
from regulars.vocabulary.events import ADJUSTED, CAPTURED, ENROLLED, HELD, OPENED, RELEASED, SWEPT
from regulars.vocabulary.intake import TILL
from tests.engine.club import BASE, KNOWN, START, TIERS, Club, sale
from tests.engine.world import World
from tests.servers import wait_until


@pytest.fixture
def club(world: World) -> Iterator[Club]:
    with running(world) as found:
        yield found


@contextmanager
def running(world: World) -> Iterator[Club]:
    gate = world.gate()
    try:
        yield Club(world, gate)
    finally:
        gate.close()


def check(world: World) -> None:
    """The books balance, and the log gives the same state."""
    with world.database.session(world.workspace_id) as connection:
        assert audit_ledger(connection, world.workspace_id) == []
    assert world.rebuild_differences() == []


def test_the_answer_to_a_sale_carries_the_new_balance(club: Club) -> None:
    club.publish(BASE)
    ann = club.enrol("ann")
    (answer,) = club.sell("ann", 2_599, 1).loyalty
    assert (answer.member_id, answer.points[0].balance, answer.points[0].change) == (ann, 25, 25)
    (answer,) = club.sell("ann", 100, 2).loyalty
    assert answer.points[0].balance == 26
    check(club.world)


def test_who_did_not_join_earns_nothing(club: Club) -> None:
    club.publish(BASE)
    assert club.sell("bob", 5_000, 1).loyalty == []
    assert club.world.rows("select from loyalty_account") == []


def test_the_sale_that_first_tells_of_a_card_earns(club: Club) -> None:
    club.publish(BASE + '[members]\nwho = "card"\n')
    told = sale(None, 2_000, 1, "R-1", customer={"loyalty_card": "L1"})
    (answer,) = club.tell(told).loyalty
    assert answer.points[0].balance == 20
    assert club.sell("bob", 5_000, 2).loyalty == []
    check(club.world)


def test_r1_a_void_takes_back_what_the_sale_gave(club: Club) -> None:
    club.publish(BASE)
    club.enrol("ann")
    club.sell("ann", 5_000, 1, "R-1")
    void = sale("ann", 0, 2, "R-1")
    club.tell(void | {"id": "v-1", "type": "sale.voided"})
    assert club.balance("ann") == 0
    check(club.world)


def test_r2_a_partial_refund_takes_back_what_those_units_gave(club: Club) -> None:
    club.publish(BASE)
    club.enrol("ann")
    club.sell("ann", 4_000, 1, "R-1", lines=(("1", 3, 3_000), ("2", 1, 1_000)))
    now = datetime.now(UTC)
    club.publish(BASE.replace("per_minor = 100", "per_minor = 10"), since=now, now=now)
    club.refund("ann", "R-1", 2, ("1", 1, 1_000))
    assert club.balance("ann") == 30
    club.refund("ann", "R-1", 3, ("1", 2, 2_000), ("2", 1, 1_000))
    assert club.balance("ann") == 0
    check(club.world)


def test_r5_points_already_spent_become_a_debt_that_is_repaid_first(club: Club) -> None:
    club.publish(BASE)
    ann = club.enrol("ann")
    club.sell("ann", 10_000, 1, "R-1")
    hold = club.say(HELD, ann, amount=80).hold
    club.say(CAPTURED, ann, hold=hold)
    club.refund("ann", "R-1", 2, ("1", 1, 10_000))
    assert club.say(HELD, ann, amount=1).refused == "in_debt"
    (answer,) = club.sell("ann", 5_000, 3).loyalty
    assert answer.points[0].balance == -30
    (answer,) = club.sell("ann", 5_000, 4).loyalty
    assert answer.points[0].balance == 20
    check(club.world)


def test_h1_a_hold_lowers_what_is_available_at_once_and_ends_once(club: Club) -> None:
    club.publish(BASE)
    ann = club.enrol("ann")
    club.sell("ann", 10_000, 1)
    first = club.say(HELD, ann, amount=80)
    assert (first.state, first.points[0].balance, first.points[0].held) == ("open", 100, 80)
    second = club.say(HELD, ann, amount=80)
    assert (second.refused, second.available) == ("insufficient_points", 20)
    assert club.say(CAPTURED, ann, hold=first.hold, amount=30).points[0].balance == 70
    assert club.say(RELEASED, ann, hold=first.hold).refused == "hold_ended"
    check(club.world)


def test_a_sale_spends_its_hold_and_a_void_brings_the_points_back(club: Club) -> None:
    club.publish(BASE)
    ann = club.enrol("ann")
    club.sell("ann", 10_000, 1)
    hold = club.say(HELD, ann, amount=50).hold
    tenders = [{"kind": "points", "amount_minor": 50}, {"kind": "card", "amount_minor": 950}]
    spends = {"loyalty": {"spends": [{"hold": hold}]}}
    (answer,) = club.sell("ann", 1_000, 2, "R-9", tenders=tenders, **spends).loyalty
    assert answer.points[0].balance == 100 - 50 + 9
    club.tell(sale("ann", 0, 3, "R-9") | {"id": "v-9", "type": "sale.voided"})
    assert club.balance("ann") == 100
    check(club.world)


def test_only_a_till_moves_points_with_a_sale(club: Club) -> None:
    club.publish(BASE)
    event = sale("ann", 100, 1, "R-1") | {"loyalty": {"spends": [{"hold": "h"}]}}
    (result,) = club.gate.submit_wait(club.world.sources[1], [encode(event)], door="events")
    assert result.error is not None
    assert result.error.field == "loyalty"


def test_an_adjustment_comes_and_goes_with_its_reason(club: Club) -> None:
    club.publish(BASE)
    ann = club.enrol("ann")
    assert club.say(ADJUSTED, ann, amount=500, reason="Sorry", actor="user:7").points[0].balance == 500
    assert club.say(ADJUSTED, ann, amount=-600, reason="No", actor="user:7").refused == "insufficient_points"
    assert club.say(ADJUSTED, ann, amount=-100, reason="Too much", actor="user:7").points[0].balance == 400
    told = club.world.rows("select actor, reason from ledger_txn where kind = 'adjust' order by recorded_at")
    assert told == [("user:7", "Sorry"), ("user:7", "Too much")]
    check(club.world)


def test_two_programmes_with_rules_of_one_name_keep_their_points_apart(club: Club) -> None:
    club.publish(BASE)
    club.publish(BASE.replace("per_minor = 100", "per_minor = 50"), another=True)
    ann = club.enrol("ann")
    club.say(ENROLLED, ann, programme=2)
    told = club.sell("ann", 3_000, 1, "R-1").loyalty
    assert {one.programme: one.points[0].balance for one in told} == {1: 30, 2: 60}
    told = club.refund("ann", "R-1", 2, ("1", 1, 3_000)).loyalty
    assert {one.programme: one.points[0].balance for one in told} == {1: 0, 2: 0}
    check(club.world)


def history() -> list[dict[str, Any]]:
    """Seven sales of 40 and more, two half-returned, one void: gold from the fourth on."""
    events = [
        sale("ann", 0, n, f"R-{n}", lines=(("1", 2, 3_000), ("2", 1, 1_000 + 10 * n))) for n in range(1, 8)
    ]
    for event in events:
        event["sale"]["total_minor"] = sum(line["total_minor"] for line in event["sale"]["lines"])
    for number, original in ((20, "R-2"), (21, "R-5")):
        back = sale("ann", 1_500, number, f"B-{number}", lines=(("1", 1, 1_500),))
        back["type"] = "sale.refunded"
        back["sale"]["original_receipt"] = original
        events.append(back)
    return [*events, sale("ann", 0, 22, "R-3") | {"id": "v-3", "type": "sale.voided"}]


@pytest.mark.parametrize("seed", range(3))
def test_sales_and_returns_in_any_order_end_in_one_state(club: Club, seed: int) -> None:
    """Tiers multiply, so what a sale earns depends on those before it in business time, never on arrival.

    40.10, 40.20, 40.40 give 40 each; gold begins with 100.00, so 40.50, 40.60 and 40.70 give 81, 81 and 81; half of a
    line of 30.00 takes 15 back of 40, and 30 of 81.
    """
    events = history()
    random.Random(seed).shuffle(events)
    club.publish(BASE.replace("[currencies]", KNOWN + "[currencies]") + TIERS)
    for event in events:
        club.tell(event)
    (found,) = club.world.rows("select credits from loyalty_account")
    assert sum(found[0].values()) == 4_010 + 4_020 + 4_040 + 4_050 + 4_060 + 4_070 - 3_000
    assert club.balance("ann") == 40 * 3 + 81 * 3 - 15 - 30
    check(club.world)


def sweep(club: Club) -> list[int]:
    """Post what is due, twice: for how many records each time."""

    async def run() -> list[int]:
        database, number = club.world.database, club.world.workspace_id
        await database.open()
        try:
            sweeper = Sweeper(club.gate, database, [number], Metrics())
            return [await sweeper.sweep(number), await sweeper.sweep(number)]
        finally:
            await database.close()

    return asyncio.run(run())


def test_h5_dead_points_count_no_more_and_are_swept_once(club: Club) -> None:
    club.publish(BASE.replace("value = {", 'expiry = { policy = "days", days = 1 }\nvalue = {'))
    ann = club.enrol("ann")
    (answer,) = club.sell("ann", 10_000, 1).loyalty
    assert answer.points[0].balance == 0
    assert club.say(HELD, ann, amount=1).refused == "insufficient_points"
    assert sum(sweep(club)) == 0
    rows = club.world.rows("select debit, credit, amount from ledger_entry where debit = 'member'")
    assert rows == [("member", "expired", 100)]
    check(club.world)


def test_points_of_one_who_never_comes_back_are_swept(club: Club) -> None:
    club.publish(BASE.replace("value = {", 'expiry = { policy = "days", days = 1 }\nvalue = {'))
    club.enrol("ann")
    ends = datetime.now(UTC) + timedelta(milliseconds=200)
    ann = club.world.vault.hash("record", "1", "external_id", "ann")
    club.say(OPENED, ann, amount=70, expires_at=ends)
    wait_until(lambda: datetime.now(UTC) > ends)
    assert sweep(club) == [1, 0]
    assert club.balance("ann") == 0
    check(club.world)


def test_a_birthday_and_a_gift_card_count_as_the_programme_says(club: Club) -> None:
    """H8: buying a gift card earns nothing; a birthday's points come with a purchase in its month, once a year."""
    extra = """
[kinds]
"Gift cards" = "gift_card"
[[bonus]]
id = "birthday"
point = "points"
on = "birthday"
birthday = "purchase_in_month"
points = 200
"""
    club.publish(BASE + extra)
    club.enrol("ann")
    event = sale("ann", 0, 1, "R-1", lines=(("1", 1, 2_000), ("2", 1, 1_000)))
    event["sale"]["lines"][0]["category"] = "Gift cards > Birthdays"
    event["customer"]["birth_date"] = "1990-03-31"
    (answer,) = club.tell(event).loyalty
    assert answer.points[0].change == 10 + 200
    assert club.sell("ann", 1_000, 2).loyalty[0].points[0].change == 10
    check(club.world)


def test_tax_on_top_of_the_price_is_paid_and_earns_unless_the_programme_says_not(club: Club) -> None:
    shop = {
        "id": "shop",
        "type": "store.updated",
        "occurred_at": START.isoformat(),
        "store_details": {"code": "s1", "tax_mode": "exclusive"},
    }
    club.tell(shop)
    club.publish(BASE)
    club.enrol("ann")
    event = sale("ann", 0, 1, "R-1", lines=(("1", 1, 2_000),))
    event["sale"]["lines"][0]["tax_minor"] = 400
    assert club.tell(event).loyalty[0].points[0].change == 24
    check(club.world)


def test_many_members_are_swept_by_one_event(club: Club) -> None:
    club.publish(BASE.replace("value = {", 'expiry = { policy = "days", days = 1 }\nvalue = {'))
    ends = datetime.now(UTC) + timedelta(milliseconds=200)
    for name in ("ann", "bob", "cem"):
        club.say(OPENED, club.enrol(name), amount=70, expires_at=ends)
    wait_until(lambda: datetime.now(UTC) > ends)
    assert sweep(club) == [3, 0]
    check(club.world)


def test_a_void_and_a_refund_of_one_sale_in_one_batch_are_booked_once_each(club: Club) -> None:
    """What one event changes of another's sale is booked beside what the first of the batch says itself."""
    club.publish(BASE)
    club.enrol("ann")
    club.sell("ann", 5_000, 1, "R-1")
    void = sale("ann", 0, 3, "R-1") | {"id": "v-1", "type": "sale.voided"}
    batch = [sale("ann", 1_000, 2, "R-2"), void, sale("ann", 700, 4, "R-3")]
    results = club.gate.submit_wait(club.world.sources[1], [encode(one) for one in batch], door=TILL)
    assert {result.status for result in results} == {"applied"}
    assert club.balance("ann") == 17
    check(club.world)


def test_what_a_member_with_more_lots_than_are_loaded_has_and_spends_is_exact(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the lots that end first are loaded; the others count, and are spent in their turn."""
    monkeypatch.setattr("regulars.engine.loyalty.LOTS_AHEAD", 3)
    club.publish(
        BASE.replace('name = "Points"\n', 'name = "Points"\nexpiry = { policy = "days", days = 3_000 }\n')
    )
    ann, bob = club.enrol("ann"), club.enrol("bob")
    for hour in range(1, 9):
        (answer,) = club.sell("ann", 1_000 * hour, 24 * hour, f"R-{hour}").loyalty
        assert answer.points[0].balance == 10 * sum(range(1, hour + 1))
    held = club.say(HELD, ann, amount=50)
    assert (held.points[0].balance, held.points[0].held) == (360, 50)
    rest = club.say(HELD, ann, amount=300)
    assert (rest.refused, rest.points[0].held) == (None, 350), "more than the first three hold"
    assert club.say(HELD, ann, amount=11).available == 10
    club.say(CAPTURED, ann, hold=rest.hold)
    club.say(RELEASED, ann, hold=held.hold)
    left = club.world.rows(
        "select earned, remaining from loyalty_lot where remaining > 0 order by expires_at"
    )
    assert left == [(10, 10), (20, 20), (30, 20), (80, 10)]
    club.refund("ann", "R-8", 300, ("1", 1, 8_000))
    assert club.say(SWEPT, ann).points[0].balance == -20, (
        "80 go back: its own 10, the 50 of others, and the rest is owed"
    )
    (answer,) = club.sell("bob", 500, 301).loyalty
    assert (answer.member_id, answer.points[0].balance) == (bob, 5)
    check(club.world)
