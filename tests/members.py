"""A loyalty programme over any store and engine of the tests, and what is said of its members."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple, Protocol

import msgspec

from regulars.engine.programmes import publication, save_draft
from regulars.intake.gate import EngineGate
from regulars.store.database import Database
from regulars.store.session import Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import ENROLLED, Event, Loyalty
from regulars.vocabulary.intake import TILL, LoyaltyAnswer, Result, Source, own_source

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PROGRAMME = """
name = "Corner Club"
time_zone = "Europe/London"
[currencies]
GBP = { per_minor = 100 }
[[point]]
code = "points"
name = "Points"
value = { GBP = { minor = 1 } }
expiry = { policy = "months", months = 12 }
reminder_days = [30]
[[earn]]
id = "base"
point = "points"
[[tier]]
code = "base"
name = "Base"
[[tier]]
code = "gold"
name = "Gold <b>"
threshold = 10_000
[limits]
adjustment_points = 500
points_per_day = 300
card_uses_per_day = 2
"""
_numbers = count(1)


class Ground(Protocol):
    """What has a store, keys and an engine: a stage, a house."""

    @property
    def database(self) -> Database: ...

    @property
    def vault(self) -> Vault: ...

    @property
    def gate(self) -> EngineGate: ...


class Parts(NamedTuple):
    """The same by itself."""

    database: Database
    vault: Vault
    gate: EngineGate


def publish(ground: Ground, text: str = PROGRAMME, *, number: int | None = None) -> int:
    """A programme that holds since the beginning of the year, or the next version of one from now on."""
    session = Session(ground.database)
    now = datetime.now(UTC)
    draft = save_draft(session, ground.vault, text, number=number, actor="cli", now=now)
    since = SINCE if number is None else now
    body = publication(
        session, ground.vault, draft.number, effective_from=since, actor="cli", reason="", now=now
    )
    session.close()
    _command(ground, body)
    return draft.number


def say(
    ground: Ground, type_: str, member: str, *, at: datetime | None = None, **values: Any
) -> LoyaltyAnswer:
    """A command about a member's points."""
    event = Event(
        id=f"said-{next(_numbers)}",
        type=type_,
        occurred_at=at or datetime.now(UTC) - timedelta(seconds=1),
        loyalty=Loyalty(member=member, **values),
    )
    (answer,) = _command(ground, msgspec.json.encode(event)).loyalty
    return answer


def _command(ground: Ground, body: bytes) -> Result:
    (result,) = ground.gate.submit_wait(own_source(ground.vault.workspace_id), [body], door="test")
    assert result.status == "applied", result.error
    return result


def join(ground: Ground, source: Source, name: str, *, since: datetime = SINCE, **more: Any) -> str:
    """A customer of a source who joined the programme; their profile."""
    event = {
        "id": f"join-{next(_numbers)}",
        "type": "customer.updated",
        "occurred_at": since.isoformat(),
        "customer": {"external_id": name, "given_name": name.title()} | more,
    }
    profile_id = _tell(ground, source, event).profile_id
    assert profile_id is not None
    say(ground, ENROLLED, profile_id, at=since)
    return profile_id


def sell(ground: Ground, source: Source, name: str, minor: int, **more: Any) -> Result:
    """A sale of one line to a customer, a minute ago unless `at` says otherwise."""
    number = next(_numbers)
    at = more.pop("at", None) or datetime.now(UTC) - timedelta(minutes=1)
    kind, receipt = more.pop("kind", "completed"), more.pop("receipt", f"S-{number}")
    said = {"loyalty": more.pop("loyalty")} if "loyalty" in more else {}
    line = {"line_id": "1", "sku": "COF-1", "name": "Coffee", "quantity": 1, "total_minor": minor}
    sale = {"receipt": receipt, "currency": "GBP", "total_minor": minor, "lines": [line]}
    event = {
        "id": f"sold-{number}",
        "type": f"sale.{kind}",
        "occurred_at": at.isoformat(),
        "store": "london-1",
        "customer": {"external_id": name},
        "sale": sale | more,
    }
    return _tell(ground, source, event | said)


def _tell(ground: Ground, source: Source, event: dict[str, Any]) -> Result:
    (result,) = ground.gate.submit_wait(source, [msgspec.json.encode(event)], door=TILL)
    assert result.status == "applied", result.error
    return result
