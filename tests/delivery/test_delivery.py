"""Fetches: performed once, tried again with patience, and never in each other's way."""

from __future__ import annotations

import asyncio
import gzip
import threading
from typing import Any

import pytest

from regulars.delivery import attempts
from regulars.delivery.web import Web
from regulars.observe import Metrics
from regulars.store.database import Database
from regulars.store.outbox import Figures, Outbox
from regulars.store.sources import Sources
from regulars.vocabulary.connector import Request
from regulars.vocabulary.errors import BadPayload, TryLater, VendorBusy
from tests.delivery.support import Start, open_vendor, order, until, well, wish
from tests.intake.support import KeepingGate

pytestmark = pytest.mark.anyio


@pytest.fixture
def settled(outbox: Outbox, here: int) -> Any:
    """Tells whether nothing waits any more."""

    async def look() -> bool:
        return (await outbox.figures(here)).pending == 0

    return look


async def add_shop(sources: Sources, workspace: int, name: str, url: str, **options: str) -> None:
    given = {"base_url": url, "fetch_per_second": "1000", **options}
    await sources.create(workspace, name, kind="shop", options=given)


async def test_a_wish_becomes_an_event(
    start: Start,
    here: int,
    opened: Database,
    sources: Sources,
    gate: KeepingGate,
    settled: Any,
    metrics: Metrics,
) -> None:
    async with open_vendor(well) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        await wish(opened, here, "shop", "o-1", "o-2")
        await start()
        await until(settled)
    assert {event.id for event in gate.events} == {"shop:o-1", "shop:o-2"}
    assert {(source.name, door) for source, _, door in gate.calls} == {("shop", "fetch")}
    assert metrics.value("deliveries_total", kind="fetch", result="done") == 2


async def test_a_vendor_that_hangs_or_is_down_slows_no_other(
    start: Start, here: int, opened: Database, sources: Sources, gate: KeepingGate
) -> None:
    forever = asyncio.Event()

    async def hang(path: str) -> Any:
        await forever.wait()
        return order(path)

    async with open_vendor(hang) as slow, open_vendor(well) as quick:
        await add_shop(sources, here, "slow", slow.url)
        await add_shop(sources, here, "down", "http://127.0.0.1:9")
        await add_shop(sources, here, "quick", quick.url)
        for name in ("slow", "down", "quick"):
            await wish(opened, here, name, *(f"{name}-{n}" for n in range(30)))
        await start()
        await until(lambda: len(gate.events) == 30)
        assert {event.id for event in gate.events} == {f"shop:quick-{n}" for n in range(30)}
        assert slow.under_way == slow.most_at_once == 4
        forever.set()
        await until(lambda: len(gate.events) == 60)


async def test_a_busy_vendor_is_asked_again_until_it_answers(
    start: Start, here: int, opened: Database, sources: Sources, gate: KeepingGate, settled: Any
) -> None:
    async def third_time(path: str) -> Any:
        return order(path) if vendor.asked[path] >= 3 else (500, {}, b"")

    async with open_vendor(third_time) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        await wish(opened, here, "shop", "o-1")
        await start()
        await until(settled)
    assert gate.one().id == "shop:o-1"
    assert vendor.asked["/orders/o-1"] == 3


async def test_after_the_last_attempt_the_wish_is_given_up_with_its_error(
    start: Start,
    here: int,
    opened: Database,
    outbox: Outbox,
    sources: Sources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "ATTEMPTS_MAX", 3)

    async def broken(path: str) -> Any:
        return 503, {}, b"jane@example.com"

    async with open_vendor(broken) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        await wish(opened, here, "shop", "o-1")
        delivery = await start()
        await until(lambda: _is_dead(outbox, here))
        assert vendor.asked["/orders/o-1"] == 3
        (given_up,) = await outbox.dead(here)
        assert given_up.last_error == "vendor_busy: the vendor answered 503"
        vendor.answer = well
        await outbox.revive(here)
        delivery.wake(here)
        await until(lambda: _is_empty(outbox, here))


async def _is_dead(outbox: Outbox, workspace: int) -> bool:
    return await outbox.figures(workspace) == Figures(pending=0, dead=1)


async def _is_empty(outbox: Outbox, workspace: int) -> bool:
    return await outbox.figures(workspace) == Figures()


@pytest.mark.parametrize(
    ("kind", "answer", "error"),
    [
        ("order", (404, {}, b""), "vendor_refused"),
        ("order", (302, {"location": "http://127.0.0.2:9/"}, b""), "vendor_refused"),
        ("order", (200, {}, b"{}"), "bad_payload: the order has no id"),
        ("elsewhere", (200, {}, b'{"id": 1}'), "vendor_refused: The effect was led to another host."),
        ("endless", (200, {}, b'{"id": 1}'), "vendor_refused: The effect needs more than 5 calls."),
    ],
)
async def test_what_is_hopeless_is_given_up_at_once(
    start: Start,
    here: int,
    opened: Database,
    outbox: Outbox,
    sources: Sources,
    kind: str,
    answer: Any,
    error: str,
) -> None:
    async def say(path: str) -> Any:
        return answer

    async with open_vendor(say) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        await wish(opened, here, "shop", "o-1", kind=kind)
        await start()
        await until(lambda: _is_dead(outbox, here))
        assert vendor.asked.total() <= 5
    (given_up,) = await outbox.dead(here)
    assert (given_up.last_error or "").startswith(error)
    assert given_up.attempts == 1


async def test_a_wish_of_a_source_without_connector_is_given_up(
    start: Start, here: int, opened: Database, outbox: Outbox, sources: Sources
) -> None:
    await sources.create(here, "gone", kind="gone")
    await wish(opened, here, "gone", "o-1")
    await start()
    await until(lambda: _is_dead(outbox, here))


async def test_a_connectors_fault_neither_ends_delivery_nor_leaks(
    start: Start,
    here: int,
    opened: Database,
    outbox: Outbox,
    sources: Sources,
    gate: KeepingGate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "ATTEMPTS_MAX", 2)
    async with open_vendor(well) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        await wish(opened, here, "shop", "jane@example.com", kind="bug")
        await wish(opened, here, "shop", "o-1")
        await start()
        await until(lambda: _is_dead(outbox, here))
    assert gate.one().id == "shop:o-1"
    (given_up,) = await outbox.dead(here)
    assert given_up.last_error == "A fault of ours (KeyError)."


async def test_wrong_credentials_rest_the_source_and_are_told(
    start: Start, here: int, opened: Database, outbox: Outbox, sources: Sources
) -> None:
    async def refuse(path: str) -> Any:
        return 401, {}, b""

    async with open_vendor(refuse) as vendor, open_vendor(well) as other:
        await add_shop(sources, here, "shop", vendor.url)
        await add_shop(sources, here, "other", other.url)
        await wish(opened, here, "shop", *(f"o-{n}" for n in range(20)))
        await wish(opened, here, "other", *(f"o-{n}" for n in range(20)))
        await start()
        await until(lambda: other.asked.total() == 20)
        await until(lambda: _pending_is(outbox, here, 20))
        assert vendor.asked.total() <= 4


async def _pending_is(outbox: Outbox, workspace: int, count: int) -> bool:
    return (await outbox.figures(workspace)).pending == count


async def test_a_vendor_that_says_too_many_is_left_alone_for_all_its_wishes(
    start: Start, here: int, opened: Database, sources: Sources, gate: KeepingGate
) -> None:
    async def enough(path: str) -> Any:
        return 429, {"retry-after": "3600"}, b""

    async with open_vendor(enough) as vendor, open_vendor(well) as other:
        await add_shop(sources, here, "shop", vendor.url, fetch_concurrency="1")
        await add_shop(sources, here, "other", other.url)
        await wish(opened, here, "shop", *(f"o-{n}" for n in range(10)))
        await wish(opened, here, "other", *(f"o-{n}" for n in range(40)))
        await start()
        await until(lambda: len(gate.events) == 40)
        assert vendor.asked.total() <= 4, "what was claimed before the first answer, and nothing after"


async def test_an_outage_of_the_store_costs_the_wish_no_attempt(
    start: Start,
    here: int,
    opened: Database,
    sources: Sources,
    gate: KeepingGate,
    settled: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "ATTEMPTS_MAX", 1)
    gate.failure = TryLater("Away.")
    async with open_vendor(well) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        await wish(opened, here, "shop", "o-1")
        await start()
        await until(lambda: vendor.asked.total() >= 3)
        gate.failure = None
        await until(settled)
    assert gate.one().id == "shop:o-1"


async def test_two_processes_share_the_work_and_repeat_none(
    start: Start, here: int, opened: Database, sources: Sources, gate: KeepingGate, settled: Any
) -> None:
    async with open_vendor(well) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        await wish(opened, here, "shop", *(f"o-{n}" for n in range(60)))
        await start()
        await start()
        await until(settled)
        assert vendor.asked.total() == 60
    assert len(gate.events) == 60


async def test_wishes_of_a_process_that_died_come_up_again(
    start: Start,
    here: int,
    opened: Database,
    outbox: Outbox,
    sources: Sources,
    gate: KeepingGate,
    settled: Any,
) -> None:
    async with open_vendor(well) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        await wish(opened, here, "shop", "o-1")
        assert len(await outbox.claim(here, kind="fetch", free={}, free_else=4, lease_seconds=0.1)) == 1
        await start()
        await until(settled)
    assert gate.one().id == "shop:o-1"


async def test_waking_from_another_thread_spares_the_wait(
    start: Start, here: int, opened: Database, sources: Sources, gate: KeepingGate
) -> None:
    async with open_vendor(well) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        delivery = await start(poll_seconds=600)
        await wish(opened, here, "shop", "o-1")
        threading.Thread(target=delivery.wake, args=(here,)).start()
        await until(lambda: len(gate.events) == 1)


async def test_a_closed_source_keeps_its_wishes(
    start: Start,
    here: int,
    opened: Database,
    outbox: Outbox,
    sources: Sources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "ATTEMPTS_MAX", 1)
    async with open_vendor(well) as vendor:
        await add_shop(sources, here, "shop", vendor.url)
        await sources.disable(here, "shop")
        await wish(opened, here, "shop", "o-1")
        delivery = await start()
        await until(lambda: _waits(outbox, here))
        await delivery.close()
        assert vendor.asked.total() == 0
        assert await outbox.figures(here) == Figures(pending=1, dead=0)


async def _waits(outbox: Outbox, workspace: int) -> bool:
    return (await outbox.next_due_seconds(workspace, kind="fetch") or 0) > 100


# -- one call ---------------------------------------------------------------------------------------


async def test_an_answer_over_the_limit_is_not_read_to_its_end() -> None:
    async def long(path: str) -> Any:
        return 200, {}, b"x" * 5_000_000

    async def bomb(path: str) -> Any:
        return 200, {"content-encoding": "gzip"}, gzip.compress(b"x" * 5_000_000)

    for answer in (long, bomb):
        async with open_vendor(answer) as vendor:
            web = Web(body_bytes_max=100_000)
            with pytest.raises(BadPayload):
                await web.send(Request("GET", vendor.url))
            await web.close()


async def test_packed_answers_are_unpacked() -> None:
    async def packed(path: str) -> Any:
        return 200, {"content-encoding": "gzip"}, gzip.compress(b"plain")

    async with open_vendor(packed) as vendor:
        web = Web()
        assert (await web.send(Request("GET", vendor.url))).body == b"plain"
        await web.close()


async def test_a_call_that_takes_too_long_or_reaches_nobody_is_busy() -> None:
    async def never(path: str) -> Any:
        await asyncio.Event().wait()

    web = Web(call_seconds_max=0.05)
    async with open_vendor(never) as vendor:
        with pytest.raises(VendorBusy) as caught:
            await web.send(Request("GET", vendor.url))
    assert caught.value.code == "vendor_timeout"
    for url in ("http://127.0.0.1:9/", "http://", "no url", "http://[::bad", "ftp://127.0.0.1/"):
        with pytest.raises(VendorBusy):
            await web.send(Request("GET", url))
    await web.close()
