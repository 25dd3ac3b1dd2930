"""What the runs send: people and their sales, drawn from a seed, encoded before the clock starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from regulars.demo.events import ENCODER, customer_of, sale_events
from regulars.demo.ids import Ids
from regulars.demo.people import Person
from regulars.demo.world import World, build_world
from regulars.vocabulary.events import Event

SEED = 20_26
SHOPS = 40
KNOWN_SHARE = 0.8


def world_of(people: int) -> World:
    """A chain with so many customers."""
    return build_world(SEED, people=people, shops=SHOPS)


def customers(people: Iterable[Person], ids: Ids) -> Iterator[bytes]:
    """One `customer.updated` for each person: what a register of customers would send."""
    at = datetime.now(UTC) - timedelta(days=30)
    for person in people:
        event = Event(
            id=f"customer-{person.index}",
            type="customer.updated",
            occurred_at=at,
            customer=customer_of(person, ids),
        )
        yield ENCODER.encode(event)


def sales(world: World, count: int, *, first: int, days: int | None = None) -> Iterator[bytes]:
    """Sales of the world's people, numbered from `first`; the busier the customer, the more often.

    They follow each other closely, half a day ago, or evenly over the last `days`.
    """
    start = datetime.now(UTC) - (timedelta(days=days) if days else timedelta(hours=12))
    pace = count / timedelta(days=days).total_seconds() if days else 5_000.0
    rng = Random(f"bench {first}")
    events = sale_events(
        world, rng, count, known_share=KNOWN_SHARE, start=start, per_second=pace, first=first
    )
    return map(ENCODER.encode, events)


def batches(bodies: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    """The bodies in lists of `size`."""
    while batch := list(islice(bodies, size)):
        yield batch


def wrapped(batch: list[bytes]) -> bytes:
    """A request body for `POST /v1/events`."""
    return b'{"events":[' + b",".join(batch) + b"]}"
