"""A workspace with a loyalty programme: what tills say of members, and what the books then hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from regulars.engine.programmes import publication, save_draft
from regulars.intake.gate import EngineGate
from regulars.store.session import Session
from regulars.vocabulary.events import ENROLLED, Event, Loyalty
from regulars.vocabulary.intake import TILL, LoyaltyAnswer, Result, own_source
from tests.engine.world import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
BASE = """
name = "Club"
time_zone = "Europe/London"
[currencies]
GBP = { per_minor = 100 }
[[point]]
code = "points"
name = "Points"
value = { GBP = { minor = 1 } }
[[earn]]
id = "base"
point = "points"
"""
TIERS = """
[[multiplier]]
id = "gold"
percent = 200
where = { tiers = ["gold"] }
[[tier]]
code = "base"
name = "Base"
[[tier]]
code = "gold"
name = "Gold"
threshold = 10_000
"""
KNOWN = '[members]\nwho = "known"\n'


class Club:
    """Tells one engine of sales and commands. Each event has an hour of its own."""

    def __init__(self, world: World, gate: EngineGate) -> None:
        self.world, self.gate = world, gate
        self.numbers = count(1)

    def publish(
        self, text: str, *, since: datetime = START, now: datetime = START, another: bool = False
    ) -> None:
        """A first programme, or the next version of it; `another` programme beside it."""
        session = Session(self.world.database)
        held = self.world.rows("select programme from programme")
        vault = self.world.vault
        number = held[0][0] if held and not another else None
        draft = save_draft(session, vault, text, number=number, actor="user:1", now=now)
        body = publication(
            session, vault, draft.number, effective_from=since, actor="user:1", reason="", now=now
        )
        session.close()
        self.command(body)

    def command(self, body: bytes) -> Result:
        """Our own command."""
        (result,) = self.gate.submit_wait(own_source(self.world.workspace_id), [body], door="test")
        assert result.status == "applied", result.error
        return result

    def say(self, type_: str, member: str, hour: int = 0, **values: Any) -> LoyaltyAnswer:
        """A command about a member's points."""
        said = Loyalty(member=member, **values)
        event = Event(id=f"c-{next(self.numbers)}", type=type_, occurred_at=at(hour), loyalty=said)
        (answer,) = self.command(msgspec.json.encode(event)).loyalty
        return answer

    def enrol(self, name: str, hour: int = 0) -> str:
        """Tell of a customer and have them join; the id of their record."""
        event = {
            "id": f"e-{next(self.numbers)}",
            "type": "customer.updated",
            "occurred_at": at(hour).isoformat(),
            "customer": {"external_id": name},
        }
        record_id = self.tell(event).profile_id
        assert record_id is not None
        self.say(ENROLLED, record_id, hour)
        return record_id

    def tell(self, event: dict[str, Any], source: int = 1, door: str = TILL) -> Result:
        """One event of a till."""
        bodies = [msgspec.json.encode(event)]
        (result,) = self.gate.submit_wait(self.world.sources[source], bodies, door=door)
        assert result.status != "rejected", result.error
        return result

    def sell(
        self, name: str | None, minor: int, hour: float, receipt: str | None = None, **more: Any
    ) -> Result:
        """A sale of one line, or of the `lines` that are given as (id, quantity, minor)."""
        return self.tell(sale(name, minor, hour, receipt or f"R-{next(self.numbers)}", **more))

    def refund(self, name: str, original: str, hour: int, *lines: tuple[str, int, int]) -> Result:
        """Goods that come back."""
        number = next(self.numbers)
        event = sale(name, sum(line[2] for line in lines), hour, f"B-{number}", lines=lines)
        event["type"] = "sale.refunded"
        event["sale"]["original_receipt"] = original
        return self.tell(event)

    def balance(self, name: str) -> int:
        """All points a customer of the till has, by the lots."""
        record_id = self.world.vault.hash("record", "1", "external_id", name)
        rows = self.world.rows(
            f"select coalesce(sum(remaining), 0)::int from loyalty_lot where record_id = '{record_id}'"
        )
        return int(rows[0][0])


def at(hour: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=hour)


def sale(
    name: str | None,
    minor: int,
    hour: float,
    receipt: str,
    lines: tuple[tuple[str, int, int], ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """A sale event; `more` are parts of the event, those of the sale under their names."""
    parts = [
        {"line_id": line_id, "sku": f"S{line_id}", "quantity": quantity, "total_minor": total}
        for line_id, quantity, total in lines or (("1", 1, minor),)
    ]
    body: dict[str, Any] = {"receipt": receipt, "currency": "GBP", "total_minor": minor, "lines": parts}
    body.update({key: more.pop(key) for key in ("tenders", "version", "shipping_minor") if key in more})
    event: dict[str, Any] = {
        "id": f"{receipt}-{body.get('version', 1)}",
        "type": "sale.completed",
        "occurred_at": at(hour).isoformat(),
        "store": "s1",
        "till": "1",
        "sale": body,
        **more,
    }
    if name is not None:
        event["customer"] = {"external_id": name}
    return event
