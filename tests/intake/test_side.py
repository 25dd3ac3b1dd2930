"""The process that prepares large calls says the same as this one, and nobody waits for it when it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from regulars.engine.prepared import Item, Prepared
from regulars.intake import side
from regulars.intake.prepare import Preparer, prepare_all
from regulars.intake.side import Call, SideProcess
from regulars.store.vault import Hasher
from regulars.vocabulary.intake import Source
from tests.engine.stream import Stream
from tests.servers import wait_until

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
HASHER = Hasher(bytes(range(32)))
ZONES = {"leeds": ZoneInfo("Asia/Tokyo")}
SOURCE = Source(1, 1, "tills", "api", "tills", loyalty_ranges=(("4000000000000000", "4000000000009999"),))
SPOILT = [b"nope", b'{"id":"1"}', b"[]", b'{"id":"2","type":"sale.completed"}', "ä".encode("latin-1")]


@pytest.fixture
def process() -> Iterator[SideProcess]:
    made = SideProcess()
    yield made
    made.close()


def bodies(seed: int, count: int = 200) -> list[bytes]:
    return [one for _, one in Stream(seed).events(count)] + SPOILT


def told(items: list[Item]) -> list[object]:
    """What a turn goes by, without the moment at which it was checked."""
    plain = []
    for item in items:
        if isinstance(item, Prepared):
            item.checked_at = NOW
        plain.append(msgspec.to_builtins(item, builtin_types=(datetime, bytes)))
    return plain


def asked(process: SideProcess, some: list[bytes]) -> list[Item]:
    (items,) = process.prepare(HASHER, ZONES, [Call(SOURCE, "events", NOW, some)])
    return items


def here(some: list[bytes]) -> list[Item]:
    return prepare_all(Preparer(HASHER, ZONES), SOURCE, some, door="events", received_at=NOW)


def test_it_prepares_as_this_process_does(process: SideProcess, seed: int) -> None:
    some = bodies(seed)
    items = asked(process, some)
    assert process._process is not None, "it was asked, not this process"
    assert told(items) == told(here(some))
    assert {item.zone for item in items if isinstance(item, Prepared)} <= {"", "UTC", "Asia/Tokyo"}


def test_calls_of_one_job_keep_their_own_source_and_door(process: SideProcess, seed: int) -> None:
    other = Source(1, 2, "web", "api", "web")
    some = bodies(seed, 30)
    calls = [Call(SOURCE, "events", NOW, some), Call(other, "segment", NOW, some[:7])]
    first, second = process.prepare(HASHER, ZONES, calls)
    assert told(first) == told(here(some))
    preparer = Preparer(HASHER, ZONES)
    assert told(second) == told(prepare_all(preparer, other, some[:7], door="segment", received_at=NOW))


def test_many_threads_get_their_own_answers(process: SideProcess, seed: int) -> None:
    calls = [bodies(seed + number, 20) for number in range(24)]
    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = list(pool.map(lambda some: asked(process, some), calls))
    assert [told(answer) for answer in answers] == [told(here(some)) for some in calls]


def test_a_killed_process_is_replaced_and_no_call_is_lost(process: SideProcess, seed: int) -> None:
    some = bodies(seed, 50)
    wanted = told(here(some))
    stop = threading.Event()

    def killing() -> int:
        kills = 0
        while not stop.wait(0.05):
            victim = process._process
            if victim is not None:
                os.kill(victim.pid, signal.SIGKILL)
                kills += 1
        return kills

    with ThreadPoolExecutor(max_workers=4) as pool:
        kills = pool.submit(killing)
        answers = [pool.submit(asked, process, some) for _ in range(60)]
        assert all(told(answer.result(60)) == wanted for answer in answers)
        stop.set()
        assert kills.result(10) > 0


def test_what_keeps_failing_is_left_alone(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Where no process can be started every call is prepared here."""
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    broken = SideProcess()
    some = bodies(seed, 10)
    for _ in range(side.FAILURES_MAX + 2):
        assert told(asked(broken, some)) == told(here(some))
    assert broken._failures == side.FAILURES_MAX
    broken.close()


def test_a_value_it_cannot_hand_over_is_no_failure(process: SideProcess) -> None:
    """JSON has numbers that the way between the processes has not; they must not wear the process out."""
    huge = (
        b'{"id":"1","type":"customer.updated","occurred_at":"2026-10-01T09:00:00Z",'
        b'"customer":{"external_id":"c1","traits":{"size":1%b}}}' % (b"0" * 30)
    )
    for _ in range(side.FAILURES_MAX + 1):
        assert told(asked(process, [huge])) == told(here([huge]))
    assert process._failures == 0
    assert process._process is not None
    assert process._process.poll() is None


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """kill -9 of the program leaves no process behind."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        "from regulars.intake.side import SideProcess\n"
        "process = SideProcess()\n"
        "process._start()\n"
        "print(process._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not lives(child))


def lives(pid: int) -> bool:
    """True while a process runs; one that ended and was not asked for its status does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
