"""Events on their way: in batches the server takes, with a word on each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec import Struct

from .connection import Group
from .errors import TooLarge, UnexpectedAnswer
from .models.events import Event, Result, Results

EVENTS_PER_CALL_MAX: Final = 1_000
BYTES_PER_CALL_MAX: Final = 1_000_000
"""Less than the server takes, and than what a proxy lets through unless told otherwise."""
_START, _END = b'{"events":[', b"]}"
_encode: Final = msgspec.json.Encoder().encode
_Encoded = tuple[Event, bytes]


class Rejected(Struct, frozen=True):
    """An event that was not taken. It waits on the server under `quarantine_id`; its id stays free.

    `place` counts the events of the call from 0. `field` is the input to blame, `code` is stable for programs.
    """

    place: int
    event: Event
    code: str
    message: str
    field: str | None
    quarantine_id: str | None


class Sent(Struct, frozen=True):
    """What became of events: a result for each, in order, and those that were rejected."""

    results: list[Result]
    rejected: list[Rejected]

    @property
    def applied(self) -> int:
        """How many were taken."""
        return sum(one.status == "applied" for one in self.results)

    @property
    def duplicates(self) -> int:
        """How many had been taken before, by their ids."""
        return sum(one.status == "duplicate" for one in self.results)


class EventSender(Group):
    """Sends events. Their ids make repeats safe, so a call that gets no answer is made again."""

    def send(self, events: Event | Iterable[Event]) -> Sent:
        """Send one event or any number. Comes back when all that were taken are stored.

        A bad event never fails its neighbours: look at `rejected`. When an error is raised, a part may have been
        taken; send the same again. Route: POST /v1/events, scope events:write.
        """
        results: list[Result] = []
        rejected: list[Rejected] = []
        for event, result in self.send_each([events] if isinstance(events, Event) else events):
            if result.status == "rejected":
                rejected.append(_rejected(len(results), event, result))
            results.append(result)
        return Sent(results, rejected)

    def send_each(self, events: Iterable[Event]) -> Iterator[tuple[Event, Result]]:
        """As `send`, for more events than should be held at once: each with its result, as batches come back.

        Nothing is sent before the first result is asked for.
        """
        for batch in _batches(events):
            results = self._send(batch)
            yield from zip((event for event, _ in batch), results, strict=True)

    def _send(self, batch: list[_Encoded]) -> list[Result]:
        """The results of a batch; one that is too large for a limit on the way goes in halves."""
        body = _START + b",".join(text for _, text in batch) + _END
        try:
            results = self._call("POST", "/v1/events", Results, body=body, repeat=True).results
        except TooLarge:
            if len(batch) == 1:
                raise
            middle = len(batch) // 2
            return self._send(batch[:middle]) + self._send(batch[middle:])
        if len(results) != len(batch):
            raise UnexpectedAnswer(f"{len(batch)} events were sent, and {len(results)} results came back.")
        return results


def _batches(events: Iterable[Event]) -> Iterator[list[_Encoded]]:
    """The events as JSON, in batches within both limits; one event over the limit is a batch of its own."""
    batch: list[_Encoded] = []
    size = 0
    for event in events:
        text = _encode(event)
        if batch and (len(batch) == EVENTS_PER_CALL_MAX or size + len(text) > BYTES_PER_CALL_MAX):
            yield batch
            batch, size = [], 0
        batch.append((event, text))
        size += len(text) + 1
    if batch:
        yield batch


def _rejected(place: int, event: Event, result: Result) -> Rejected:
    code, message, field = "rejected", "The server does not say why.", None
    if result.error is not None:
        code, message, field = result.error.code, result.error.message, result.error.field
    return Rejected(place, event, code, message, field, result.quarantine_id)
