"""The line between a client and the program: it counts what goes over it, and can be bad."""

from __future__ import annotations

from collections.abc import Callable

import httpx

Fault = Callable[[], httpx.Response]


class Line(httpx.HTTPTransport):
    """Carries requests. `faults` befall the next requests after they were carried, each in place of the answer."""

    def __init__(self, *, bytes_max: int | None = None) -> None:
        super().__init__()
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response] = []
        self.waits: list[float] = []
        self.faults: list[Fault] = []
        self.bytes_max = bytes_max

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request; a body over `bytes_max` is turned away as a proxy would."""
        self.requests.append(request)
        if self.bytes_max is not None and len(request.content) > self.bytes_max:
            return httpx.Response(413, text="<html>413 Request Entity Too Large</html>")
        answer = super().handle_request(request)
        if not self.faults:
            self.answers.append(answer)
            return answer
        answer.read()
        return self.faults.pop(0)()


def broken() -> httpx.Response:
    """The connection breaks before the answer is through."""
    raise httpx.ReadError("reset by peer")


def busy(seconds: str | None = None, status: int = 503) -> Fault:
    """Somebody in between says to come back."""
    headers = {} if seconds is None else {"retry-after": seconds}
    return lambda: httpx.Response(status, headers=headers, text="<html>busy</html>")
