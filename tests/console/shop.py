"""A small chain with three months of trade, the same on every run but for its dates."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from regulars.console.approvals.adjustments import NAME, Adjustment
from regulars.console.approvals.kinds import Who
from regulars.console.requests.book import NewRequest
from regulars.console.services.programmes import Programmes, shipped_text
from regulars.engine.turn import utc_now
from regulars.store.rollup import Rollup
from tests.console.stage import Stage
from tests.console.told import open_webhooks
from tests.members import PROGRAMME, publish

STORES = {"high-street": "High Street", "station": "Station Arcade", "harbour": "Harbour Row"}
GOODS = [
    ("COF-250", "House coffee 250 g", "Coffee", 899), ("TEA-100", "Breakfast tea 100 bags", "Tea", 549),
    ("MUG-01", "Stoneware mug", "Homeware", 1250), ("CAK-LEM", "Lemon drizzle cake", "Bakery", 1495),
    ("BIS-OAT", "Oat biscuits", "Bakery", 325), ("GIF-50", "Gift box, large", "Gifts", 4800),
    ("JAM-STR", "Strawberry jam", "Pantry", 420), ("OIL-EV", "Olive oil 500 ml", "Pantry", 1180),
]  # fmt: skip
GIVEN = "Jane Omar Łucja Peter Aisha Tomás Freya Kwame Mei Oliver Sofía Hamza Ingrid Noah Zuzana Ravi".split()
FAMILY = (
    "Doe Ahmed Nowak Bianchi Okafor García Lindqvist Mensah Zhang Hughes Moreau Singh Novák Clarke".split()
)
MEMBERS = 'members = { who = "card" }\n'
"""Whoever has a card takes part."""
ISO = datetime.isoformat


def open_shop(stage: Stage, now: datetime, *, people: int = 90) -> None:
    """Registers, three months of trade from three sources, some events nobody can read, and webhooks."""
    rng = random.Random(7)
    crowd = [_person(rng, n) for n in range(people)]
    publish(stage, MEMBERS + PROGRAMME)
    stage.send(*(_store(code, name, now) for code, name in STORES.items()), source="tills")
    stage.send(*_trade(rng, crowd, now), source="tills")
    stage.send(*_web(rng, crowd, now), source="webshop")
    stage.send(*_club(rng, crowd, now), source="club-app")
    stage.send(*_unreadable(now), source="tills")
    open_webhooks(stage)
    _programme(stage)
    Rollup(stage.database, stage.workspace_id).settle()


def _programme(stage: Stage) -> None:
    """A loyalty programme from now on, with a draft that gives more."""
    programmes, text = Programmes(stage.database, stage.vault, utc_now), shipped_text()
    number = stage.run(programmes.save_draft(text, "demo"))
    stage.run(programmes.publish(stage.gate, number, "To begin.", "demo"))
    more = text.replace("percent = 125", "percent = 130").replace("reminder_days = [30, 7]\n", "")
    stage.run(programmes.save_draft(more, "demo", number))


def _person(rng: random.Random, n: int) -> dict[str, Any]:
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    return {
        "given_name": given,
        "family_name": family,
        "email": f"{given}.{family}{n}@example.com".lower(),
        "phone": f"+44 20 7946 {n:04d}",
        "loyalty_card": f"L{100_000 + n}",
        "weight": rng.random() ** 3 + 0.02,
    }


def _store(code: str, name: str, now: datetime) -> dict[str, Any]:
    return {
        "id": f"store-{code}",
        "type": "store.updated",
        "occurred_at": ISO(now - timedelta(days=100)),
        "store_details": {"code": code, "name": name, "time_zone": "Europe/London", "currency": "GBP"},
    }


def _lines(rng: random.Random) -> list[dict[str, Any]]:
    chosen = rng.sample(GOODS, rng.choice((1, 1, 2, 2, 3)))
    return [
        {
            "line_id": str(i), "sku": sku, "name": name, "category": category, "quantity": 1,
            "unit_price_minor": price, "total_minor": price,
        }
        for i, (sku, name, category, price) in enumerate(chosen, 1)
    ]  # fmt: skip


def _receipt(
    kind: str, number: str, at: datetime, lines: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    total = sum(line["total_minor"] for line in lines)
    sale = {
        "receipt": number,
        "currency": "GBP",
        "total_minor": total,
        "tax_minor": total // 6,
        "lines": lines,
    }
    return {"id": f"{kind}-{number}", "type": f"sale.{kind}", "occurred_at": ISO(at), "sale": sale, **more}


def _trade(rng: random.Random, crowd: list[dict[str, Any]], now: datetime) -> Iterator[dict[str, Any]]:
    weights = [one["weight"] for one in crowd]
    for days_ago in range(89, -1, -1):
        for n in range(rng.randint(10, 18)):
            at = (now - timedelta(days=days_ago)).replace(hour=9, minute=0) + timedelta(
                minutes=rng.randint(0, 540)
            )
            if at > now:
                at = now - timedelta(minutes=rng.randint(1, 50))
            number = f"R-{89 - days_ago:02d}{n:02d}"
            store = rng.choices(list(STORES), (5, 3, 2))[0]
            place = {
                "channel": "store",
                "store": store,
                "till": f"0{rng.randint(1, 3)}",
                "staff": f"s-{n % 5}",
            }
            event = _receipt("completed", number, at, _lines(rng), **place)
            if rng.random() < 0.72:
                one = rng.choices(crowd, weights)[0]
                event["customer"] = {"loyalty_card": one["loyalty_card"]}
            yield event
            if rng.random() < 0.05:
                back = _receipt(
                    "refunded",
                    f"{number}-B",
                    min(now, at + timedelta(minutes=40)),
                    event["sale"]["lines"][:1],
                    **place,
                )
                back["sale"]["original_receipt"] = number
                yield back


def _web(rng: random.Random, crowd: list[dict[str, Any]], now: datetime) -> Iterator[dict[str, Any]]:
    for n in range(420):
        one = rng.choice(crowd)
        at = now - timedelta(minutes=rng.randint(3, 60 * 24 * 88))
        known = {"external_id": f"w-{one['loyalty_card']}", "email": one["email"], "given_name": one["given_name"],
                 "family_name": one["family_name"]}  # fmt: skip
        yield {
            "id": f"view-{n}", "type": "product.viewed", "occurred_at": ISO(at - timedelta(minutes=2)), "channel": "online",
            "customer": known, "properties": {"name": rng.choice(GOODS)[1]},
        }  # fmt: skip
        if n % 2 == 0:
            yield _receipt("completed", f"W-{n:04d}", at, _lines(rng), channel="online", customer=known)


def _club(rng: random.Random, crowd: list[dict[str, Any]], now: datetime) -> Iterator[dict[str, Any]]:
    for n, one in enumerate(crowd):
        at = now - timedelta(days=rng.randint(0, 85), minutes=rng.randint(5, 600))
        customer = {key: one[key] for key in ("given_name", "family_name", "email", "phone", "loyalty_card")}
        customer["address"] = {
            "line1": f"{n + 1} Mill Lane",
            "city": "London",
            "postcode": "N1 1AA",
            "country": "GB",
        }
        customer["birth_date"] = "1990-02-01"
        yield {"id": f"join-{n}", "type": "customer.updated", "occurred_at": ISO(at), "customer": customer}
        if rng.random() < 0.7:
            yield {
                "id": f"ok-{n}", "type": "consent.given" if rng.random() < 0.85 else "consent.withdrawn",
                "occurred_at": ISO(at + timedelta(minutes=1)), "customer": customer, "consent": {"channel": "email"},
            }  # fmt: skip


def _unreadable(now: datetime) -> Iterator[dict[str, Any] | bytes]:
    ahead = ISO(now + timedelta(hours=1))
    for n in range(7):
        yield {
            "id": f"late-{n}",
            "type": "sale.completed",
            "occurred_at": ahead,
            "sale": {"receipt": f"F-{n}", "currency": "GBP", "total_minor": 100},
        }
    for n in range(3):
        yield {
            "id": f"odd-{n}",
            "type": "sale.completed",
            "occurred_at": ISO(now),
            "sale": {"receipt": f"C-{n}", "currency": "pounds", "total_minor": 100},
        }
    yield {"id": "what", "type": "till.opened", "occurred_at": ISO(now)}
    yield b'{"id": "cut", "type": "sale.comp'


def shop_clock() -> datetime:
    """Now, as the shop's story needs it."""
    return datetime.now(UTC)


def ask_about_data(stage: Stage) -> None:
    """Requests of four customers: 1 has just come, 2 to 4 are checked (erasure, correction, access)."""
    assert stage.console is not None
    book = stage.console.desk.requests.book
    today = stage.run(book.today())
    with closing(stage.client()) as client:
        page = client.get("/customers").text
    ids = list(dict.fromkeys(re.findall(r'href="/customers/([0-9a-f]{32})"', page)))
    for days, (kind, profile) in enumerate(
        zip(("portability", "erasure", "correction", "access"), ids, strict=False)
    ):
        received = today - timedelta(days=9 * (days + 1))
        new = NewRequest(
            kind=kind, came_by="letter", received_on=received, record_id=UUID(profile), wording="Please."
        )
        made = stage.run(book.add(new, "cli"))
        if days:
            stage.run(book.check(made.no, "document", "cli", "Seen at the desk."))


def ask_for_points(stage: Stage) -> None:
    """What a manager asked for and the owner may decide on, and what the owner asked for."""
    assert stage.console is not None
    with closing(stage.client()) as client:
        page = client.get("/customers?q=L100079").text
    (profile,) = re.findall(r'href="/customers/([0-9a-f]{32})"', page)[:1]
    for actor, amount in (("user:manager", 900), ("user:manager", 2_500), ("cli", 700)):
        asked = stage.console.desk.room.ask(
            NAME, Adjustment(1, profile, "points", amount, "Points"), Who(actor, "manager"),
            reason="Three receipts of last spring were never counted, and the old card was blocked",
            subject=UUID(profile),
        )  # fmt: skip
        stage.run(asked)
