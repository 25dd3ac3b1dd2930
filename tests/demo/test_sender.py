"""The sender delivers everything, as patiently as vendors do, and never more than asked."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice

import httpx

from regulars.demo.deliveries import NO_FAULTS, Delivery
from regulars.demo.hours import to_ms
from regulars.demo.run import run_history, run_live
from regulars.demo.sender import Sender, Stats
from regulars.demo.shop import Shop
from tests.demo.conftest import UNTIL

Answer = Callable[[httpx.Request, int], httpx.Response]
LIMIT_SECONDS = 20


class Door:
    """A door that answers as told and remembers what came; `answer` is given the number of the try."""

    def __init__(self, answer: Answer | None = None) -> None:
        self._answer = answer or (lambda request, attempt: httpx.Response(200))
        self.requests: list[httpx.Request] = []
        self.tries: Counter[bytes] = Counter()

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._take))

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.tries[request.content] += 1
        return self._answer(request, self.tries[request.content])


def test_a_whole_history_arrives_signed_at_the_doors_of_its_sources() -> None:
    door, shop = Door(), Shop(5, people=100)
    stats = _run(lambda client: run_history(shop, "http://door/", days=5, until=UNTIL, client=client), door)
    assert stats.accepted == stats.taken == len(door.requests) > 100
    assert {request.url.path for request in door.requests} == {"/hooks/square", "/hooks/shopify"}
    assert all(
        "x-square-hmacsha256-signature" in request.headers or "x-shopify-hmac-sha256" in request.headers
        for request in door.requests
    )


def test_a_busy_door_gets_everything_in_the_end() -> None:
    door = Door(lambda request, attempt: httpx.Response(503 if attempt == 1 else 200))
    deliveries = _some(40)
    stats = _send(door, deliveries)
    assert (stats.accepted, stats.given_up, stats.retries) == (40, 0, 40)
    assert stats.statuses == {503: 40, 200: 40}
    again = [request for request in door.requests if "square-retry-number" in request.headers]
    assert again
    assert all(request.headers["square-retry-reason"] == "http_error" for request in again)


def test_the_door_says_when_to_come_back() -> None:
    door = Door(
        lambda request, attempt: httpx.Response(429 if attempt == 1 else 200, headers={"Retry-After": "1"})
    )
    started = time.monotonic()
    assert _send(door, _some(1)).accepted == 1
    assert time.monotonic() - started >= 1.0


def test_a_refused_delivery_is_not_tried_again() -> None:
    door = Door(lambda request, attempt: httpx.Response(401))
    stats = _send(door, _some(5))
    assert (stats.refused, stats.retries, stats.accepted) == (5, 0, 0)
    assert stats.refusals[0].endswith(": 401")


def test_a_door_that_never_opens_is_given_up_after_a_bounded_number_of_tries() -> None:
    def broken(request: httpx.Request, attempt: int) -> httpx.Response:
        raise httpx.ConnectError("nobody there", request=request)

    door = Door(broken)
    stats = _send(door, _some(2), attempts_max=2)
    assert (stats.given_up, stats.statuses[0], len(door.requests)) == (2, 4, 4)


def test_the_rate_is_kept() -> None:
    started = time.monotonic()
    assert _send(Door(), _some(30), rate=60.0).accepted == 30
    assert time.monotonic() - started >= 0.45


def test_history_is_sent_as_of_now_so_that_it_is_not_stale() -> None:
    door = Door()
    _send(door, _some(50))
    for request in door.requests:
        text = (
            request.headers.get("square-initial-delivery-timestamp")
            or request.headers["x-shopify-triggered-at"]
        )
        assert abs((datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds()) < 60


def test_live_deliveries_wait_for_their_time() -> None:
    door, early_ms, due = Door(), list[float](), dict[bytes, int]()

    def watch(stats: Stats) -> None:
        early_ms.append(due[door.requests[-1].content] - to_ms(datetime.now(UTC)))

    def noted() -> Iterator[Delivery]:
        shop = Shop(5, people=200, faults=NO_FAULTS)
        for delivery in islice(shop.live(datetime.now(UTC), 50.0), 150):
            due[delivery.body] = delivery.due_ms
            yield delivery

    async def send(client: httpx.AsyncClient) -> Stats:
        async with Sender("http://door", client=client, on_progress=watch) as sender:
            return await sender.send(noted(), live=True)

    assert _run(send, door).accepted == 150
    assert max(early_ms) <= 5


def test_a_live_run_ends_when_told() -> None:
    door, senders = Door(), list[Sender]()

    def stop_after_thirty(stats: Stats) -> None:
        if stats.accepted >= 30:
            senders[0].stop()

    shop = Shop(5, people=200)
    stats = _run(
        lambda client: run_live(
            shop,
            "http://door",
            sales_per_second=50.0,
            client=client,
            on_progress=stop_after_thirty,
            on_start=senders.append,
        ),
        door,
    )
    assert 30 <= stats.accepted <= 50


def _some(count: int) -> list[Delivery]:
    return list(islice(Shop(5, people=100, faults=NO_FAULTS).history(10, UNTIL), count))


def _send(door: Door, deliveries: list[Delivery], rate: float | None = None, attempts_max: int = 8) -> Stats:
    async def send(client: httpx.AsyncClient) -> Stats:
        async with Sender("http://door", client=client, rate=rate, attempts_max=attempts_max) as sender:
            return await sender.send(deliveries)

    return _run(send, door)


def _run(send: Callable[[httpx.AsyncClient], object], door: Door) -> Stats:
    async def run() -> Stats:
        async with door.client() as client:
            return await asyncio.wait_for(send(client), LIMIT_SECONDS)  # type: ignore[arg-type]

    return asyncio.run(run())
