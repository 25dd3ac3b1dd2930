"""Promotions of a shop: one that runs with codes and a hostile name, a draft, one that ended, and a sale beyond a bound."""

from __future__ import annotations

from typing import Any

import msgspec

from regulars.engine.turn import utc_now
from regulars.store.audit import write_line_async
from regulars.store.promotions import Promotions
from regulars.vocabulary.events import Event, Line, Loyalty, OfferUse, Sale
from regulars.vocabulary.intake import TILL
from tests.console.stage import Stage
from tests.fresh import fresh

HOSTILE = "<script>alert(1)</script> tea"


def promotion(
    id_: str, more: str = "", effect: str = 'kind = "percentage"\noff_bp = 1000', name: str = ""
) -> str:
    """A promotion as text."""
    return f"id = {id_!r}\nname = {name or id_!r}\ncurrency = 'GBP'\n{more}\n[effect]\n{effect}\n"


def register(stage: Stage) -> Promotions:
    """The promotions of a stage."""
    return Promotions(stage.database, audit=write_line_async, clock=utc_now)


def run(stage: Stage, content: str) -> None:
    """Keep and activate one."""
    made = stage.run(register(stage).put(stage.workspace_id, content, actor="test"))
    stage.run(register(stage).activate(stage.workspace_id, made.promotion_id, actor="test"))


def sell(stage: Stage, *uses: OfferUse) -> Any:
    """A sale that used promotions."""
    event = Event(
        id=fresh(),
        type="sale.completed",
        occurred_at=utc_now(),
        store="high-street",
        sale=Sale(
            receipt=fresh()[:12],
            currency="GBP",
            total_minor=405,
            lines=[Line(sku="TEA", total_minor=405)],
        ),
        loyalty=Loyalty(promotions=list(uses)),
    )
    source = stage.run(stage.register.ensure(stage.workspace_id, "tills")).source
    return stage.gate.submit_wait(source, [msgspec.json.encode(event)], door=TILL)


def open_promotions(stage: Stage) -> None:
    """What the pages of promotions can show."""
    limits = "[limits]\ntotal = 1\nbudget_minor = 100000\n"
    run(stage, promotion("tea-week", f"code_required = true\n{limits}", name=f'"{HOSTILE}"'))
    stage.run(
        register(stage).put(
            stage.workspace_id,
            promotion("tea-week", f"code_required = true\npriority = 1\n{limits}", name=f'"{HOSTILE}"'),
            actor="test",
        )
    )
    run(stage, promotion("three-for-two", effect='kind = "n_for_m"\nbuy = 3\npay = 2'))
    run(stage, promotion("early-bird", 'happy_hours = [{ begins = "03:00", ends = "03:01" }]'))
    stage.run(register(stage).end(stage.workspace_id, "early-bird", actor="test"))
    wrong = promotion("half-done", effect='kind = "n_for_m"\nbuy = 3')
    stage.run(register(stage).put(stage.workspace_id, wrong, actor="test"))
    use = OfferUse("tea-week", 1, amount_minor=45, total_most=1)
    sell(stage, use)
    sell(stage, use)
