"""What the till's benchmark sends is what a till may send."""

from __future__ import annotations

import msgspec

from regulars.bench import till
from regulars.bench.payloads import sales, world_of
from regulars.console.api.till.quotes import QuoteRequest
from regulars.console.api.till.sales import Confirm

IDS = [f"{number:032x}" for number in range(50)]


def test_each_hold_is_spent_once_and_by_its_member() -> None:
    holds = [(IDS[number], f"{number:032x}") for number in range(20)]
    bodies = till.confirms(list(sales(world_of(50), 200, first=0)), IDS, holds)
    told = [msgspec.json.decode(body, type=Confirm) for body in bodies]
    spent = [(one.member_id, use.id) for one in told for use in one.holds]
    assert sorted(spent, key=str) == sorted(holds, key=str)
    assert {one.sale.receipt for one in told if one.member_id is None}, "some sales are nobody's"
    assert [one.occurred_at for one in told] == sorted(one.occurred_at for one in told)


def test_members_are_looked_up_by_id_phone_and_card() -> None:
    paths = till.lookup_paths(world_of(200), IDS, 30)
    assert {path.partition("=")[0] for path in paths if "?" in path} == {
        "/v1/members?phone",
        "/v1/members?card",
    }
    assert sum("?" not in path for path in paths) == 10


def test_baskets_have_their_lines_and_leave_the_register_to_say_the_rest() -> None:
    catalogue = till.shop()
    assert len(catalogue.promotions) == till.PROMOTIONS
    (body,) = till.baskets(catalogue, IDS, 15, 1)
    asked = msgspec.json.decode(body, type=QuoteRequest)
    assert len(asked.lines) == 15
    assert all(line.category is None and line.brand is None for line in asked.lines)
