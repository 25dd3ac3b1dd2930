"""A process beside this one that prepares large calls, so that they do not hold up the lanes.

Python runs one thread at a time: what prepares a thousand events in this process takes the interpreter from
the thread that commits the last thousand. The process starts with the first large call and ends when it was
idle for long, or when this process is gone. Should it fail, the call is prepared here and the next one starts
another; so is a call with values that cannot be handed over, which answers with nothing.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from multiprocessing.connection import Connection, Pipe
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from regulars.engine.prepared import Item
from regulars.engine.tuning import tune
from regulars.observe import get_logger
from regulars.store.vault import Hasher
from regulars.vocabulary.intake import Source

from .prepare import Preparer, prepare_all

IDLE_SECONDS = 300.0
ANSWER_SECONDS_MAX = 60.0
FAILURES_MAX = 5
"""After so many in a row there is something about this machine, and large calls are prepared here."""
_log = get_logger("intake")


class Call(Struct, array_like=True):
    """The events of one call, as they came through a door."""

    source: Source
    door: str
    received_at: datetime
    bodies: list[bytes]


class Job(Struct, array_like=True):
    """What the process needs to prepare calls of one workspace. `hash_key` is the one secret in it."""

    hash_key: bytes
    zones: dict[str, str]
    calls: list[Call]


_NO_SOURCE = Source(0, 0, "", "", "", receipts_never_reset=False, region="")
_encode_job = msgspec.msgpack.Encoder().encode
_decode_job = msgspec.msgpack.Decoder(Job).decode
_encode_items = msgspec.msgpack.Encoder().encode
_decode_items = msgspec.msgpack.Decoder(list[list[Item]]).decode


class SideProcess:
    """Prepares calls, several at a time, for several threads. Nothing is started before the first."""

    def __init__(self) -> None:
        self._sending = threading.Lock()
        self._answered = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._sent = self._received = 0
        self._failures = 0

    def prepare(
        self, hasher: Hasher, zones: Mapping[str, ZoneInfo], calls: Sequence[Call]
    ) -> list[list[Item]]:
        """The events of each call, ready for the lane. Blocks; never raises for a fault of the process."""
        if self._failures < FAILURES_MAX:
            named = {store: zone.key for store, zone in list(zones.items())}
            job = _encode_job(Job(hasher.key, named, list(calls)))
            try:
                answer = self._ask(job)
                self._failures = 0
                if answer:
                    return _decoded(answer, calls)
            except (OSError, EOFError) as error:
                self._failures += 1
                _log.warning(
                    "the preparing process failed", error=type(error).__name__, failures=self._failures
                )
        return _prepare_here(Preparer(hasher, zones), calls)

    def close(self) -> None:
        """End the process; a later call would start another."""
        with self._sending:
            self._end()

    def _ask(self, job: bytes) -> bytes:
        """Send a job and wait for its answer; answers come in the order of the jobs."""
        with self._sending:
            connection = self._connection or self._start()
            try:
                connection.send_bytes(job)
            except (OSError, ValueError):
                # It ended after its last answer, as it does when it was idle; once more.
                self._end()
                connection = self._start()
                connection.send_bytes(job)
            place, self._sent = self._sent, self._sent + 1
        with self._answered:
            self._answered.wait_for(lambda: self._received == place or self._connection is not connection)
            if self._connection is not connection:
                raise EOFError("the process ended before this answer")
        try:
            if not connection.poll(ANSWER_SECONDS_MAX):
                raise TimeoutError("no answer in time")
            answer = connection.recv_bytes()
        except (OSError, EOFError):
            with self._sending:
                if self._connection is connection:
                    self._end()
            raise
        with self._answered:
            self._received += 1
            self._answered.notify_all()
        return answer

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        with self._answered:
            self._connection, self._sent, self._received = ours, 0, 0
        return ours

    def _end(self) -> None:
        process, connection = self._process, self._connection
        with self._answered:
            self._process = self._connection = None
            self._answered.notify_all()
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()
            process.wait()


def _prepare_here(preparer: Preparer, calls: Sequence[Call]) -> list[list[Item]]:
    return [
        prepare_all(preparer, call.source, call.bodies, door=call.door, received_at=call.received_at)
        for call in calls
    ]


def _decoded(answer: bytes, calls: Sequence[Call]) -> list[list[Item]]:
    prepared = _decode_items(answer)
    for call, items in zip(calls, prepared, strict=True):
        for item in items:
            item.source = call.source
    return prepared


def serve(connection: Connection, idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer jobs until the other side is gone or nothing came for long."""
    while connection.poll(idle_seconds):
        try:
            job = _decode_job(connection.recv_bytes())
        except (EOFError, OSError):
            return
        zones = {store: ZoneInfo(name) for store, name in job.zones.items()}
        prepared = _prepare_here(Preparer(Hasher(job.hash_key), zones), job.calls)
        for item in chain.from_iterable(prepared):
            item.source = _NO_SOURCE  # the other side knows it, and need not read it with every event
        try:
            answer = _encode_items(prepared)
        except (OverflowError, TypeError, ValueError):
            answer = b""  # a trait may be a number that only JSON can hold
        connection.send_bytes(answer)


if __name__ == "__main__":
    tune()
    serve(Connection(int(sys.argv[1])))
