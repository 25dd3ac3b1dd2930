"""The till's calls as a till meets them: sales confirmed, members looked up and baskets quoted, over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

from regulars.capabilities.offers.basket import Basket
from regulars.capabilities.offers.model import Promotion
from regulars.capabilities.profile.state import MICRO
from regulars.console.api.till.quotes import QuoteRequest
from regulars.console.api.till.sales import Confirm, HoldUse
from regulars.console.services.quote_shapes import QuoteLine
from regulars.demo.events import ENCODER
from regulars.demo.world import World
from regulars.store.queries import load_queries
from regulars.vocabulary.events import Event

from . import doors
from .engine import quiet_collector
from .pacing import Times
from .place import BenchFailed, Home, Server
from .points import pick
from .promotions import Shop, make_basket, make_shop
from .wire import Client, bearer

PROMOTIONS: Final = 2_000
PRODUCTS: Final = 20_000
SPENDING_SHARE: Final = 0.2
"""Of the confirmed sales, those that spend a hold."""
CURRENCY: Final = "EUR"
_SEED: Final = 23
_QUERIES = load_queries("regulars.bench", "till.sql")
_event = msgspec.json.Decoder(Event).decode


class Pace(Struct, frozen=True):
    """How many calls of each kind tills make a second. Events come from elsewhere meanwhile."""

    events: float = 300.0
    confirms: float = 100.0
    lookups: float = 100.0
    quotes: float = 10.0


class Counter(Struct, frozen=True):
    """Times of calls that were made beside each other."""

    confirms: Times
    lookups: Times
    events: Times


def shop() -> Shop:
    """The catalogue of the quotes, with as many promotions as are told of."""
    return make_shop(products=PRODUCTS, promotions=PROMOTIONS)


def furnish(home: Home, catalogue: Shop) -> None:
    """Put the products and the promotions into a home."""
    now = datetime.now(UTC)
    products = [msgspec.structs.asdict(one) for shelf in catalogue.shelves.values() for one in shelf]
    texts = [_text(one) for one in catalogue.promotions]
    workspace = {"workspace_id": home.workspace_id, "now": now, "currency": CURRENCY}
    with home.store.database.session(home.workspace_id) as connection:
        connection.execute(_QUERIES.add_products, workspace | {"doc": _document(products)})
        connection.execute(_QUERIES.add_promotions, workspace | {"doc": _document(texts)})
        connection.execute(_QUERIES.add_versions, workspace | {"doc": _document(texts)})
        connection.execute(_QUERIES.move_set, workspace)


def _document(rows: Sequence[dict[str, object]]) -> str:
    return msgspec.json.encode(rows).decode()


def _text(promotion: Promotion) -> dict[str, object]:
    return {
        "id": promotion.id,
        "name": promotion.name,
        "content": msgspec.json.encode(promotion).decode(),
    }


def confirms(sales: Sequence[bytes], ids: Sequence[str], holds: Sequence[tuple[str, str]]) -> list[bytes]:
    """Bodies for `POST /v1/sales` out of sales: those of customers name a member that was looked up.

    `holds` are (member, hold) pairs; a part of the sales spends them, each once, until there are none left.
    """
    chance, left = Random(_SEED), list(holds)
    first = datetime.now(UTC) - timedelta(seconds=len(sales) / 100)
    out = []
    for number, body in enumerate(sales):
        told = _event(body)
        member, spent = (pick(ids, chance) if told.customer is not None else None), []
        if member is not None and left and chance.random() < SPENDING_SHARE:
            member, hold = left.pop()
            spent = [HoldUse(id=hold)]
        assert told.sale is not None, "these are sales"
        asked = Confirm(
            sale=told.sale,
            occurred_at=first + timedelta(seconds=number / 100),
            store=told.store,
            till=told.till,
            staff=told.staff,
            member_id=member,
            holds=spent,
        )
        out.append(ENCODER.encode(asked))
    return out


def spenders(ids: Sequence[str], count: int) -> list[str]:
    """Members of whom points are held before so many sales, one hold for each that spends."""
    chance = Random(_SEED + 2)
    return [pick(ids, chance) for _ in range(int(count * SPENDING_SHARE))]


def lookup_paths(world: World, ids: Sequence[str], count: int) -> list[str]:
    """Addresses of members by card, phone and id in turn, drawn evenly."""
    chance = Random(_SEED + 1)
    out: list[str] = []
    while len(out) < count:
        person = chance.choice(world.people)
        if len(out) % 3 == 0:
            out.append(f"/v1/members/{chance.choice(ids)}")
        elif len(out) % 3 == 1:
            out.append(f"/v1/members?phone={quote(person.mobile, safe='')}")
        elif person.loyalty_card is not None:
            out.append(f"/v1/members?card={person.loyalty_card}")
    return out


def baskets(catalogue: Shop, ids: Sequence[str], lines: int, count: int) -> list[bytes]:
    """Bodies for `POST /v1/quotes`: so many related lines, each basket of a member."""
    chance = Random(f"{_SEED} {lines}")
    drawn = (make_basket(chance, catalogue, lines, categories=max(2, lines // 5)) for _ in range(count))
    return [ENCODER.encode(_asked(basket, chance.choice(ids))) for basket in drawn]


def _asked(basket: Basket, member: str) -> QuoteRequest:
    lines = [
        QuoteLine(
            line_id=line.line_id,
            sku=line.sku,
            qty=Decimal(line.quantity_micro) / MICRO,
            unit_price_minor=line.unit_price_minor,
        )
        for line in basket.lines
    ]
    return QuoteRequest(currency=CURRENCY, lines=lines, store="s-1", till="01", member_id=member)


async def serve_customers(
    server: Server,
    key: str,
    events: list[bytes],
    sales: list[bytes],
    paths: list[str],
    seconds: float,
    pace: Pace,
) -> Counter:
    """Times of sales confirmed and members looked up while events come in."""
    async with Client(server.host, server.port, bearer(key)) as client:
        mark = time.time_ns()

        async def confirm(number: int) -> None:
            answer = doors.good(await client.post("/v1/sales", sales[number], key=f"{mark}-{number}"))
            if b'"replayed":true' in answer.body:
                raise BenchFailed("A sale was known before it was confirmed.")

        async def look_up(number: int) -> None:
            answer = doors.good(await client.get(paths[number]))
            if b'"balance":' not in answer.body:
                raise BenchFailed("A look-up did not find a member that is there.")

        with quiet_collector():
            confirmed, found, told = await asyncio.gather(
                doors.steady(confirm, pace.confirms, seconds, _SEED),
                doors.steady(look_up, pace.lookups, seconds, _SEED + 1),
                doors.singles(client, events, doors.Pace(events_per_second=pace.events), seconds),
            )
    return Counter(confirmed, found, told)


async def ask_prices(server: Server, key: str, bodies: list[bytes], seconds: float, pace: Pace) -> Times:
    """Times of quotes, request to answer."""
    async with Client(server.host, server.port, bearer(key)) as client:

        async def ask(number: int) -> None:
            answer = doors.good(await client.post("/v1/quotes", bodies[number]))
            if b'"state":"known"' not in answer.body:
                raise BenchFailed("A quote did not know its member.")

        with quiet_collector():
            return await doors.steady(ask, pace.quotes, seconds, _SEED)
