"""Asking a vendor: a chain of calls written as a plain generator, and what its answers mean.

A chain yields requests and is sent the answers; it returns the events. Nothing is kept between calls: the runner
hands in all answers so far, and the chain is played again from the start. Chains are bounded by FETCH_CALLS_MAX.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final, TypeAlias, TypeVar

from regulars.vocabulary.connector import Request, Response
from regulars.vocabulary.errors import BadCredentials, VendorBusy, VendorRefused
from regulars.vocabulary.events import Event

from .reading import decode

T = TypeVar("T")
Chain: TypeAlias = Generator[Request, Response, list[Event]]

RETRY_SECONDS: Final = 30
RETRY_SECONDS_MAX: Final = 3_600


def play(chain: Generator[Request, Response, T], responses: Sequence[Response]) -> Request | T:
    """The next request of a chain after these answers, or what it came to when it has ended."""
    try:
        request = next(chain)
        for response in responses:
            request = chain.send(response)
    except StopIteration as ended:
        outcome: T = ended.value
        return outcome
    return request


def expect(response: Response, shape: type[T]) -> T:
    """The answer as a typed shape; raises the vendor error its status stands for."""
    check_status(response)
    return decode(response.body, shape)


def expect_or_none(response: Response, shape: type[T]) -> T | None:
    """As `expect`, but None when the vendor no longer has the object."""
    return None if response.status == 404 else expect(response, shape)


def check_status(response: Response) -> None:
    """Return on 2xx; raise VendorBusy, BadCredentials or VendorRefused on anything else."""
    status = response.status
    if 200 <= status < 300:
        return
    if status in (408, 425, 429) or status >= 500:
        raise VendorBusy(f"the vendor answered {status}", retry_after_seconds=_retry_after(response))
    if status in (401, 403):
        raise BadCredentials(f"the vendor answered {status}; check the token and its permissions")
    raise VendorRefused(f"the vendor answered {status}")


def _retry_after(response: Response) -> int:
    text = response.headers.get("retry-after", "")
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else RETRY_SECONDS
    return min(max(seconds, 1), RETRY_SECONDS_MAX)
