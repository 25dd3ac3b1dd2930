"""Many events go in batches the server takes, and each one's fate is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from regulars.client import Client, TooLarge
from regulars.client.models import Event
from tests.client.events import said, sale
from tests.client.lines import Line
from tests.sdk.site import Shop, Site


def counts(line: Line) -> list[int]:
    """How many events each call held."""
    return [len(msgspec.json.decode(one.content)["events"]) for one in line.requests]


def test_fifteen_hundred_events_go_in_two_calls_and_the_bad_one_is_named(
    client: Client, line: Line, shop: Shop
) -> None:
    events = [sale(str(number)) for number in range(1_500)]
    events[1_234] = sale("1234", currency="pounds")
    sent = client.events.send(events)
    assert counts(line) == [1_000, 500]
    assert (sent.applied, sent.duplicates, len(sent.results)) == (1_499, 0, 1_500)
    assert [one.id for one in sent.results] == [one.id for one in events]
    [bad] = sent.rejected
    assert (bad.place, bad.event.id, bad.field, bad.code) == (
        1_234,
        "sale-1234",
        "sale.currency",
        "invalid_event",
    )
    assert client.rejected.show(str(bad.quarantine_id)).code == bad.code
    assert shop.types()["sale.completed"] == 1_499
    again = client.events.send(events)
    assert (again.applied, again.duplicates, len(again.rejected)) == (0, 1_499, 1)


def test_large_events_go_in_smaller_batches(client: Client, line: Line) -> None:
    events = [
        said(f"u-{number}", external_id=str(number), traits={"note": "x" * 9_000}) for number in range(300)
    ]
    assert client.events.send(events).applied == 300
    assert sum(counts(line)) == 300
    assert all(len(one.content) <= 1_000_100 for one in line.requests)
    assert len(line.requests) == 3


def test_a_smaller_limit_on_the_way_is_kept_to(site: Site, shop: Shop) -> None:
    line = Line(bytes_max=10_000)
    with Client(site.url, shop.key, transport=line) as client:
        sent = client.events.send(sale(str(number)) for number in range(100))
        assert [one.id for one in sent.results] == [f"sale-{number}" for number in range(100)]
        assert sent.applied == 100
        with pytest.raises(TooLarge):
            client.events.send(said("big", external_id="1", traits={"note": "x" * 20_000}))


def test_events_are_taken_from_a_stream_as_they_are_needed(client: Client, line: Line) -> None:
    made: list[Event] = []

    def events() -> object:
        for number in range(2_500):
            made.append(sale(str(number)))
            yield made[-1]

    each = client.events.send_each(events())  # type: ignore[arg-type]
    assert (made, line.requests) == ([], [])
    event, result = next(each)
    assert (event.id, result.status) == ("sale-0", "applied")
    assert len(line.requests) == 1
    assert len(made) == 1_001
    assert sum(1 for _ in each) == 2_499


def test_nothing_to_send_is_not_sent(client: Client, line: Line) -> None:
    assert client.events.send([]).results == []
    assert line.requests == []


def test_one_client_serves_many_threads(client: Client, shop: Shop) -> None:
    def work(number: int) -> int:
        return client.events.send(sale(str(number))).applied

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(40))) == 40
    assert shop.types()["sale.completed"] == 40
