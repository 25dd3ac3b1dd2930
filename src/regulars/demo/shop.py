"""The demo shop in one object: a chain, its customers, the webhooks its vendors send, and the truth about it all.

    shop = Shop(seed=7, people=2_000, shops=8)
    for delivery in shop.history(days=30, until=now): ...
    for delivery in shop.live(start=now, sales_per_second=2.0): ...   # never ends
    shop.truth.write_csv(file)

Deliveries come in the order they leave the vendors. The same seed, times and calls give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from random import Random
from typing import Final

from msgspec import Struct, field

from .accounts import Accounts
from .behaviour import Behaviour
from .deliveries import Delivery, Endpoint, Faults, Post
from .hours import DAY_MS, AroundTheClock, TradingHours, to_ms
from .ids import Ids
from .memory import REMEMBERED_MAX, Memory
from .retail import Happening
from .shopify import ShopifyDoor
from .shopify_objects import ShopifyObjects
from .square import SquareDoor
from .square_objects import SquareObjects
from .truth import Truth
from .world import SYSTEMS, System, World, build_world

SHOP_DOMAIN: Final = "harbour-and-hearth.myshopify.com"
SECONDS_PER_DAY: Final = 86_400
PEOPLE: Final = 2_000
SHOPS: Final = 8
NUMBERS_PER_RUN: Final = 10_000_000


class Credentials(Struct, frozen=True):
    """What a vendor and its customer share: the webhook signing secret and the API's access token."""

    signing_secret: str
    access_token: str


class SourceSetup(Struct, frozen=True):
    """How to connect one of the demo's vendors: what goes into `POST /v1/sources`."""

    name: str
    vendor: System
    options: dict[str, str]
    secrets: dict[str, str]


class Vendors(Struct, frozen=True):
    """Names and secrets of the demo's two vendors. Secrets default to ones made from the seed: for tests only."""

    public_url: str = "http://127.0.0.1:8400"
    names: Mapping[System, str] = field(default_factory=lambda: {"square": "square", "shopify": "shopify"})
    credentials: Mapping[System, Credentials] = field(default_factory=dict)

    def endpoint(self, system: System) -> Endpoint:
        """Where a vendor sends its webhooks."""
        name = self.names[system]
        return Endpoint(
            name, f"{self.public_url.rstrip('/')}/hooks/{name}", self.credentials[system].signing_secret
        )


class Shop:
    """A chain that lives. Not for use by several threads at a time."""

    def __init__(
        self,
        seed: int = 1,
        *,
        people: int = PEOPLE,
        shops: int = SHOPS,
        vendors: Vendors | None = None,
        faults: Faults | None = None,
        remembered_max: int = REMEMBERED_MAX,
    ) -> None:
        self.world: World = build_world(seed, people=people, shops=shops)
        self.vendors = _with_secrets(vendors or Vendors(), self.world.ids)
        self.truth = Truth({system: self.vendors.names[system] for system in SYSTEMS})
        self.square = SquareObjects(self.world)
        self.shopify = ShopifyObjects(self.world)
        self._accounts = Accounts(self.world.ids)
        self._behaviour = Behaviour(self.world, Random(f"regulars demo behaviour {seed}"), self._accounts)
        self._post = Post(Random(f"regulars demo post {seed}"), faults or Faults())
        uuid = self.world.ids.uuid
        self._doors = (
            SquareDoor(self.square, self.vendors.endpoint("square"), uuid),
            ShopifyDoor(self.shopify, self.vendors.endpoint("shopify"), uuid, SHOP_DOMAIN),
        )
        self.memory = Memory(self.world, self._accounts, self.square, self.shopify, remembered_max)

    def sources(self, vendor_url: str) -> list[SourceSetup]:
        """How to connect the demo's vendors, whose API answers at `vendor_url`."""
        vendors, found = self.vendors, []
        for system in SYSTEMS:
            own = vendors.credentials[system]
            endpoint = vendors.endpoint(system)
            if system == "square":
                options = {"base_url": vendor_url, "notification_url": endpoint.url}
                secrets = {"signature_key": own.signing_secret, "access_token": own.access_token}
            else:
                options = {"base_url": vendor_url, "shop": SHOP_DOMAIN, "currency": "GBP"}
                secrets = {"client_secret": own.signing_secret, "access_token": own.access_token}
            found.append(SourceSetup(endpoint.source, system, options, secrets))
        return found

    def visits_per_day(self) -> float:
        """How many visits an average day sees, over all people."""
        return sum(1.0 / person.interval_days for person in self.world.people)

    def history(self, days: float, until: datetime) -> Iterator[Delivery]:
        """What the vendors sent in the days before `until`, late ones included. Run it to its end."""
        yield from self._deliveries(self.past(days, until))
        yield from self._post.due(None)

    def live(self, start: datetime, sales_per_second: float = 1.0) -> Iterator[Delivery]:
        """What they send from `start` on, around the clock and without end, at about this rate of sales."""
        return self._deliveries(self.present(start, sales_per_second))

    def resume(self, days: float, until: datetime, run: int) -> None:
        """Bring a new process to where a history ended, without sending it again; then call `live`.

        `days` and `until` are those of the history. What happened live since is not known any more, so numbers
        and chances go on from a place of their own for each `run` (1, 2, …; 0 is the run that sent the history).
        """
        for _ in self.past(days, until):
            pass
        first = run * NUMBERS_PER_RUN
        self._behaviour.skip_to(first, Random(f"regulars demo behaviour {self.world.seed} run {run}"))
        for door in self._doors:
            door.skip_to(first)

    def past(self, days: float, until: datetime) -> Iterator[Happening]:
        """The happenings behind `history`, noted in truth and memory as they are taken."""
        until_ms = to_ms(until)
        self._behaviour.start(until_ms - int(days * DAY_MS), TradingHours())
        return self._noted(self._behaviour.happenings(until_ms))

    def present(self, start: datetime, sales_per_second: float) -> Iterator[Happening]:
        """The happenings behind `live`."""
        pace = sales_per_second * SECONDS_PER_DAY / max(self.visits_per_day(), 1e-9)
        self._behaviour.start(to_ms(start), AroundTheClock(pace))
        return self._noted(self._behaviour.happenings(None))

    def _noted(self, happenings: Iterator[Happening]) -> Iterator[Happening]:
        for happening in happenings:
            self.truth.take(happening)
            self.memory.take(happening)
            yield happening

    def _deliveries(self, happenings: Iterator[Happening]) -> Iterator[Delivery]:
        for happening in happenings:
            yield from self._post.due(happening.at_ms)
            for door in self._doors:
                self._post.take(door.deliveries(happening))


def _with_secrets(vendors: Vendors, ids: Ids) -> Vendors:
    """Fill in secrets that were not handed in."""
    made = {
        system: vendors.credentials.get(system)
        or Credentials(ids.mixed(f"{system}-signing", 0, 32), ids.mixed(f"{system}-token", 0, 40))
        for system in SYSTEMS
    }
    return Vendors(vendors.public_url, vendors.names, made)
