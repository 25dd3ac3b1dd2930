"""The sender's own connection speaks HTTP with real sockets: keeps them, reopens them, and never raises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import TypeVar

from regulars.demo.sender import Sender
from regulars.demo.shop import Shop
from regulars.demo.wire import NO_ANSWER, Answer, StreamWire
from tests.demo.conftest import UNTIL

T = TypeVar("T")

LIMIT_SECONDS = 20
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
CHUNKED = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"


class Server:
    """Answers each request with the next of the given bytes; closes after empty ones."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.tasks: set[asyncio.Task[object]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                writer.write(answer)
                if not answer:
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()


def test_one_connection_serves_many_requests() -> None:
    server = Server(OK)
    answers = _ask(server, 5)
    assert answers == [Answer(200)] * 5
    assert server.connections == 1
    assert server.requests[0].startswith(b"POST /base/hooks/square HTTP/1.1\r\nHost: 127.0.0.1:")
    assert server.requests[0].endswith(b"\r\nX-One: 1\r\n\r\nbody")


def test_a_closed_connection_is_opened_again() -> None:
    assert _ask(Server(LAST), 3) == [Answer(200)] * 3
    assert _ask(Server(OK, b"", OK), 2) == [Answer(200)] * 2


def test_chunked_answers_and_retry_after_are_read() -> None:
    assert _ask(Server(CHUNKED, BUSY), 2) == [Answer(202), Answer(503, "3")]


def test_no_answer_is_told_not_raised() -> None:
    assert _ask(Server(b""), 1) == [NO_ANSWER]
    assert _ask(Server(b"SSH-2.0-OpenSSH\r\n"), 1) == [NO_ANSWER]
    assert asyncio.run(StreamWire("http://127.0.0.1:1").post("/hooks/square", {}, b"")) == NO_ANSWER


def test_a_sender_delivers_over_real_sockets() -> None:
    server = Server(OK)
    deliveries = list(islice(Shop(5, people=100).history(10, UNTIL), 60))

    async def send(base_url: str) -> int:
        async with Sender(base_url, concurrency=4) as sender:
            return (await sender.send(deliveries)).accepted

    assert _with(server, send) == 60
    assert server.connections == 4
    assert sorted(request.partition(b"\r\n\r\n")[2] for request in server.requests) == sorted(
        one.body for one in deliveries
    )


def _ask(server: Server, count: int) -> list[Answer]:
    async def ask(base_url: str) -> list[Answer]:
        wire = StreamWire(f"{base_url}/base/")
        answers = [await wire.post("/hooks/square", {"X-One": "1"}, b"body") for _ in range(count)]
        await wire.close()
        return answers

    return _with(server, ask)


def _with(server: Server, use: Callable[[str], Awaitable[T]]) -> T:
    async def run() -> T:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        async with asyncio.timeout(LIMIT_SECONDS):
            result = await use(f"http://127.0.0.1:{port}")
        listening.close()
        if server.tasks:
            await asyncio.wait(server.tasks, timeout=LIMIT_SECONDS)
        return result

    return asyncio.run(run())
