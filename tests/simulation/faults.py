"""A client that keeps on telling what was not answered, while program and database are killed under it."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from regulars.store.postmaster import find_postmaster
from tests.engine.world import Told

ROOT = Path(__file__).resolve().parents[2]
IN_FLIGHT = 6
START_SECONDS = 90.0
ANSWER_SECONDS = 60.0
STRIKE_SECONDS_MAX = 0.3


class Program:
    """One life of the program under test."""

    def __init__(self, home: Path, *options: str) -> None:
        command = [sys.executable, "-m", "tests.simulation.program", str(home), *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self.place: dict[str, Any] = self.answers.get(timeout=START_SECONDS)
        assert self.place is not None, "the program did not come up"

    def send(self, number: int, told: list[Told]) -> bool:
        """False when the program is gone."""
        line = json.dumps([number, [[source_id, body.decode()] for source_id, body in told]])
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """The machine takes it away without a word."""
        self.process.kill()
        self.process.wait()

    def kill_database(self) -> None:
        """The main process of PostgreSQL, if it runs just now."""
        found = find_postmaster(Path(self.place["data"]))
        if found is not None:
            os.kill(found.pid, signal.SIGKILL)

    def end(self) -> int:
        """Let it finish in order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout=START_SECONDS)

    def discard(self) -> None:
        """Whatever state it is in, leave nothing of it behind."""
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                continue

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.put(json.loads(line))
        self.answers.put(None)


class Client:
    """Sends requests, several at once, and each again until it is answered."""

    def __init__(
        self, home: Path, requests: list[list[Told]], report: Callable[[str], None], *options: str
    ) -> None:
        self._home, self._options = home, options
        self._waiting = dict(enumerate(requests))
        self._sent: set[int] = set()
        self._report = report
        self.program = Program(home, *options)
        self.acknowledged = 0
        self.sent_again = 0

    def run(self, requests: int) -> None:
        """Go on until so many more requests are answered, or all."""
        goal = min(self.acknowledged + requests, self.acknowledged + len(self._waiting))
        self._go_on(lambda: self.acknowledged >= goal)

    def strike(self, chance: random.Random) -> str:
        """Kill the program, its database or both, under load, at a moment that is drawn."""
        target = chance.choice(["program", "database", "both"])
        blow = threading.Timer(chance.random() * STRIKE_SECONDS_MAX, self._kill, (target, self.program))
        blow.start()
        self._go_on(lambda: not blow.is_alive())
        blow.join()
        return target

    def _kill(self, target: str, program: Program) -> None:
        if target != "program":
            program.kill_database()
        if target != "database":
            program.process.kill()

    def _go_on(self, enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not enough() and self._waiting:
            self._fill()
            answer = self.program.answers.get(timeout=max(0.1, deadline - time.monotonic()))
            if answer is None:
                self._start_again()
            elif self._heard(*answer):
                deadline = time.monotonic() + ANSWER_SECONDS

    def _heard(self, number: int, statuses: list[str] | None) -> bool:
        """Whether a request was acknowledged."""
        self._sent.discard(number)
        if statuses is None:
            self.sent_again += 1
            return False
        assert set(statuses) <= {"applied", "duplicate"}, statuses
        self.acknowledged += self._waiting.pop(number, None) is not None
        return True

    def _fill(self) -> None:
        for number, told in list(self._waiting.items())[:IN_FLIGHT]:
            if number not in self._sent and self.program.send(number, told):
                self._sent.add(number)

    def _start_again(self) -> None:
        self.program.discard()
        self.sent_again += len(self._sent)
        self._sent.clear()
        self.program = Program(self._home, *self._options)
        self._report(f"the program is back; {len(self._waiting)} requests to go")
