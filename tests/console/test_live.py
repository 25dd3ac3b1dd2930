"""The live stream: fast, in order, resumed without a gap, bounded, and silent when nobody watches."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from regulars.console.services import log
from regulars.console.services.common import SourceName
from regulars.console.web.live import BUFFER_LINES_MAX, LINES_PER_TICK_MAX, Place, Tick, Viewer
from regulars.console.web.pages import stream
from regulars.console.web.shared import TEXTS_MAX, SharedTexts
from regulars.vocabulary.errors import InvalidInput, TryLater
from tests.console.stage import WAIT_SECONDS, Stage, sale

SEEN_WITHIN_SECONDS = 1.0
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


class Watcher:
    """Reads a stream message by message; every read is bounded by the client's time limit."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()

    def message(self) -> tuple[str, str]:
        """(id, data) of the next message; heartbeats are skipped."""
        place, data = "", []
        for line in self._lines:
            if line.startswith("id: "):
                place = line[4:]
            elif line.startswith("data: "):
                data.append(line[6:])
            elif not line and data:
                return place, "\n".join(data)
        raise AssertionError("the stream ended")

    def comment(self) -> str:
        """The next heartbeat."""
        return next(line for line in self._lines if line.startswith(":"))

    def ends(self) -> bool:
        """Whether the stream ends with nothing but heartbeats before."""
        return all(not line or line.startswith(":") for line in self._lines)


@contextmanager
def watching(client: httpx.Client, address: str = "/live?topics=events", **headers: str) -> Iterator[Watcher]:
    with client.stream("GET", address, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-store"
        watcher = Watcher(answer)
        watcher.comment()
        yield watcher


def keys(data: str) -> list[str]:
    return re.findall(r'data-event="([^"]+)"', data)


def since(stage: Stage) -> str:
    """The address of a stream from the end of the log on, as the page writes it."""
    client = stage.client()
    found = re.search(r'hx-sse:connect="([^"]+)"', client.get("/events").text)
    client.close()
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_an_event_is_on_the_stream_within_a_second(stage: Stage, visitor: httpx.Client) -> None:
    stage.source("tills")
    with watching(visitor, since(stage)) as watcher:
        stage.send(sale("R-1"))
        watcher.message()
        stage.send(sale("R-2", loyalty_card="L1", given_name="Ada"))
        committed = time.monotonic()
        _, data = watcher.message()
        assert time.monotonic() - committed < SEEN_WITHIN_SECONDS
        assert keys(data) == ["e2"]
        assert "Ada" in data
        assert 'hx-target="#event-rows" hx-swap="afterbegin"' in data


def test_what_came_between_the_page_and_its_stream_is_not_lost(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(sale("R-1"))
    address = since(stage)
    stage.send(sale("R-2"), sale("R-3"))
    with watching(visitor, address) as watcher:
        assert keys(watcher.message()[1]) == ["e3", "e2"]


def test_after_a_break_the_stream_goes_on_where_it_stopped(stage: Stage, visitor: httpx.Client) -> None:
    with watching(visitor, since(stage)) as watcher:
        stage.send(sale("R-1"))
        place, _ = watcher.message()
    stage.send(sale("R-2"), sale("R-3"), b"broken")
    with watching(visitor, **{"Last-Event-ID": place}) as watcher:
        found = keys(watcher.message()[1])
        assert [one for one in found if one.startswith("e")] == ["e3", "e2"]
        assert len([one for one in found if one.startswith("q")]) == 1


def test_rejected_events_are_seen_too_and_filters_hold(stage: Stage, visitor: httpx.Client) -> None:
    address = since(stage)
    stage.send(
        sale("R-1"), {"id": "v", "type": "page.viewed", "occurred_at": "2026-01-05T10:00:00Z"}, b"broken"
    )
    with watching(visitor, address + "&result=rejected") as watcher:
        assert [one[0] for one in keys(watcher.message()[1])] == ["q"]
    with watching(visitor, address + "&type=page") as watcher:
        assert keys(watcher.message()[1]) == ["e2"]


def test_more_than_fits_is_counted_instead_of_sent(stage: Stage, visitor: httpx.Client) -> None:
    address = since(stage)
    stage.send(*(sale(f"R-{n}") for n in range(LINES_PER_TICK_MAX + 40)))
    with watching(visitor, address) as watcher:
        _, data = watcher.message()
        assert len(keys(data)) == LINES_PER_TICK_MAX
        assert keys(data)[0] == f"e{LINES_PER_TICK_MAX + 40}"
        assert "40 more events came at this moment" in data


def test_the_front_page_follows_along(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(sale("R-1"))
    with watching(visitor, "/live?topics=home") as watcher:
        stage.send(sale("R-2", total_minor=123_456))
        _, data = watcher.message()
        assert 'hx-target="#figures"' in data
        assert "£1,243.55" in data


def test_an_idle_stream_beats_and_ends_when_the_session_does(
    stage: Stage, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(stream, "CHECK_SESSION_SECONDS", 0.1)
    assert stage.console is not None
    accounts = stage.console.desk.accounts
    with watching(visitor) as watcher:
        assert watcher.comment() == ": still here"
        stage.run(accounts.end_session(visitor.cookies["regulars_session"].partition(".")[2]))
        assert watcher.ends()


def test_nobody_watching_means_no_work(stage: Stage, visitor: httpx.Client) -> None:
    assert stage.console is not None
    hub = stage.console.hub
    with watching(visitor), watching(visitor, "/live?topics=home"):
        assert len(hub._viewers) == 2
    stage.run(stopped(hub._task))
    assert len(hub._viewers) == 0


async def stopped(task: asyncio.Task[None] | None) -> None:
    assert task is not None
    await asyncio.wait_for(asyncio.shield(task), WAIT_SECONDS)


def test_stopping_the_program_ends_the_streams(stage: Stage, visitor: httpx.Client) -> None:
    assert stage.console is not None
    hub = stage.console.hub
    with watching(visitor) as watcher:
        stage.run(closing(hub))
        assert watcher.ends()
    assert visitor.get("/live").status_code == 503


async def closing(hub: object) -> None:
    hub.close()  # type: ignore[attr-defined]


def line(number: int) -> log.EventLine:
    source = SourceName(1, "tills", "api", "tills")
    return log.EventLine(
        "sale.completed", log.kind_of("sale.completed"), source, NOW, NOW, "", event_no=number
    )


def test_a_slow_viewer_keeps_the_newest_and_knows_how_many_it_missed() -> None:
    asyncio.run(_slow_viewer())


async def _slow_viewer() -> None:
    viewer = Viewer()
    for n in range(10):
        lines = [line(n * 50 + i) for i in range(50, 0, -1)]
        viewer.push(Tick(lines, 0, Place(n * 50 + 50, NOW), log.LogEnd()))
    tick = await viewer.take(0.01)
    assert tick is not None
    assert len(tick.lines) == BUFFER_LINES_MAX
    assert tick.missed == 500 - BUFFER_LINES_MAX
    assert tick.lines[0].event_no == 500
    assert tick.place.event_no == 500
    assert await viewer.take(0.01) is None


@pytest.mark.parametrize("text", ["", "1", "1.2.3", "a.b", "-1.5", "9" * 80 + ".1"])
def test_a_place_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Place.read(text)


def test_a_place_survives_the_way_to_the_browser_and_back() -> None:
    place = Place(77, NOW)
    assert Place.read(place.text()) == place


@pytest.mark.anyio
async def test_watchers_of_the_same_share_a_text_and_one_who_leaves_takes_it_from_nobody() -> None:
    texts, made, go = SharedTexts(), list[int](), asyncio.Event()

    async def make() -> str:
        made.append(1)
        await go.wait()
        return "rows"

    first, second = (asyncio.create_task(texts.get("place", make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    go.set()
    assert await second == "rows"
    assert await texts.get("place", make) == "rows"
    assert len(made) == 1
    for other in range(2 * TEXTS_MAX):
        await texts.get(other, make)
    assert await texts.get("place", make) == "rows"
    assert len(made) == 2 * TEXTS_MAX + 2, "what is old is forgotten"


@pytest.mark.anyio
async def test_a_text_that_could_not_be_made_is_made_anew() -> None:
    texts = SharedTexts()

    async def fail() -> str:
        raise TryLater("away")

    async def make() -> str:
        return "rows"

    with pytest.raises(TryLater):
        await texts.get("place", fail)
    assert await texts.get("place", make) == "rows"
