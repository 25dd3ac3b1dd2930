"""Trade looks like trade: hours, seasons, returns, cancellations, edits."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise, takewhile
from random import Random

from regulars.demo.deliveries import NO_FAULTS
from regulars.demo.events import sale_events
from regulars.demo.hours import to_ms
from regulars.demo.retail import AccountSaved, Edited, Happening, Returned, Sale, Sold, Voided
from regulars.demo.shop import Shop
from tests.demo.conftest import UNTIL

Told = tuple[Shop, list[Happening]]


def test_shops_sell_only_while_they_are_open(happenings: Told) -> None:
    for sale in _sales(happenings):
        local = datetime.fromtimestamp(sale.at_ms / 1000, sale.branch.zone)
        weekday = local.weekday()
        if not sale.branch.online:
            assert sale.branch.opens[weekday] <= local.hour < sale.branch.closes[weekday]


def test_the_shop_abroad_is_shut_on_sundays_and_takes_euros(happenings: Told) -> None:
    abroad = [sale for sale in _sales(happenings) if sale.branch.country == "FR"]
    assert abroad
    assert all(sale.branch.currency == "EUR" for sale in abroad)
    assert 6 not in {datetime.fromtimestamp(sale.at_ms / 1000, sale.branch.zone).weekday() for sale in abroad}


def test_saturdays_beat_tuesdays_and_december_beats_february() -> None:
    shop = Shop(6, people=1_500)
    told = [one for one in shop.past(365, datetime(2026, 1, 1, tzinfo=UTC)) if isinstance(one, Sold)]
    times = [datetime.fromtimestamp(one.at_ms / 1000, UTC) for one in told]
    days, months = Counter(at.weekday() for at in times), Counter(at.month for at in times)
    assert days[5] > 1.2 * days[1]
    assert months[12] > 1.3 * months[2]


def test_regulars_come_at_regular_intervals() -> None:
    shop = Shop(6, people=400)
    visits: dict[int, list[int]] = defaultdict(list)
    for one in shop.past(300, UNTIL):
        if isinstance(one, Sold) and one.sale.exchange is None:
            visits[one.sale.person.index].append(one.at_ms)
    person = min(shop.world.people, key=lambda one: abs(one.interval_days - 9) - one.regularity)
    gaps = [(late - early) / 86_400_000 for early, late in pairwise(visits[person.index])]
    assert len(gaps) > 10
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert spread < 0.8 * mean


def test_sales_add_up_to_the_penny(happenings: Told) -> None:
    for sale in _sales(happenings):
        for line in sale.lines:
            assert line.gross_minor == (line.unit_minor * line.quantity_milli + 500) // 1000
            assert 0 <= line.tax_minor < line.total_minor
        due = sale.total_minor - (sale.exchange.total_minor if sale.exchange else 0)
        assert sale.paid_minor == due >= 0


def test_nothing_comes_back_that_was_not_bought(happenings: Told) -> None:
    for sale in _sales(happenings):
        for line in sale.lines:
            assert 0 <= line.back_milli <= line.quantity_milli
        assert sum(back.total_minor for back in sale.returns) <= sale.total_minor


def test_goods_come_back_later_with_and_without_receipt_and_elsewhere(happenings: Told) -> None:
    backs = [one.back for one in happenings[1] if isinstance(one, Returned)]
    linked = [back for back in backs if back.original is not None]
    assert 0.7 < len(linked) / len(backs) < 0.99
    assert all(back.original and back.original.at_ms < back.at_ms for back in linked)
    assert any(back.original and back.original.branch is not back.branch for back in linked)
    assert all(back.original and back.original.branch.currency == back.branch.currency for back in linked)


def test_there_are_exchanges_cancellations_and_edits_with_rising_versions(happenings: Told) -> None:
    told = happenings[1]
    assert any(sale.exchange is not None for sale in _sales(happenings))
    voids = [one for one in told if isinstance(one, Voided)]
    assert {one.counted for one in voids} == {True, False}
    edited = [one.sale for one in told if isinstance(one, Edited)]
    assert edited
    assert all(sale.version > 1 and len(sale.payments) == 2 for sale in edited)


def test_people_are_known_by_account_by_card_by_mail_and_not_at_all(happenings: Told) -> None:
    kinds = Counter(sale.record.kind if sale.record else "nobody" for sale in _sales(happenings))
    total = sum(kinds.values())
    assert set(kinds) == {"external_id", "payment_token", "email", "nobody"}
    assert all(count > 0.005 * total for count in kinds.values())


def test_staff_open_a_second_account_for_people_they_do_not_find(happenings: Told) -> None:
    opened = Counter(
        one.account.person.index
        for one in happenings[1]
        if isinstance(one, AccountSaved) and one.created and one.account.system == "square"
    )
    assert max(opened.values()) > 1


def test_live_trade_goes_on_at_night_at_the_rate_asked_for() -> None:
    shop = Shop(6, people=500, faults=NO_FAULTS)
    night = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
    for _ in shop.history(5, night):
        pass
    end_ms = to_ms(night) + 600_000
    told = takewhile(lambda one: one.at_ms < end_ms, shop.present(night, 3.0))
    sold = [one for one in told if isinstance(one, Sold)]
    assert 2.2 < len(sold) / 600 < 3.8
    assert all(to_ms(night) <= one.at_ms for one in sold)


def test_no_live_delivery_leaves_before_what_it_tells_of() -> None:
    shop = Shop(6, people=500, faults=NO_FAULTS)
    start = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
    due = [one.due_ms for one, _ in zip(shop.live(start, 5.0), range(2_000), strict=False)]
    assert min(due) >= to_ms(start)
    assert due == sorted(due)


def test_benchmark_sales_keep_to_the_share_of_known_customers() -> None:
    world = Shop(6, people=500).world
    told = list(sale_events(world, Random(1), 4_000, known_share=0.7, start=UNTIL, first=100))
    known = sum(one.customer is not None for one in told)
    assert 0.66 < known / len(told) < 0.74
    assert len({one.id for one in told}) == 4_000
    assert all(
        one.sale and one.sale.total_minor == sum(line.total_minor for line in one.sale.lines) for one in told
    )


def _sales(happenings: Told) -> list[Sale]:
    return [one.sale for one in happenings[1] if isinstance(one, Sold)]
