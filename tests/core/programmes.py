"""Programmes and purchases for the tests of the loyalty rules."""

from __future__ import annotations

from datetime import UTC, datetime

from regulars.capabilities.loyalty.earning import Standing
from regulars.capabilities.loyalty.programme import Programme, parse
from regulars.capabilities.loyalty.purchase import Purchase, PurchaseLine
from regulars.capabilities.profile.state import MICRO

HEAD = """
name = "Club"
time_zone = "Europe/Berlin"
{top}
[currencies]
EUR = {{ per_minor = 100 }}
SEK = {{ per_minor = 1000, credit = 1, credit_per_minor = 10 }}
[[point]]
code = "points"
name = "Points"
value = {{ EUR = {{ minor = 1 }}, SEK = {{ minor = 10 }} }}
{point}
"""
BASE = """
[[earn]]
id = "base"
point = "points"
"""
TIERS = """
[[tier]]
code = "base"
name = "Base"
[[tier]]
code = "silver"
name = "Silver"
threshold = 10_000
[[tier]]
code = "gold"
name = "Gold"
threshold = 50_000
"""
AT = datetime(2026, 5, 6, 10, 0, tzinfo=UTC)
MEMBER = Standing(enrolled_at=datetime(2020, 1, 1, tzinfo=UTC))


def programme(rules: str = BASE, *, top: str = "", point: str = "") -> Programme:
    """A programme of these rules: 1 point per euro, 1 per 10 kronor."""
    return parse(HEAD.format(top=top, point=point) + rules)


def line(
    line_id: str,
    net_minor: int,
    *,
    sku: str | None = None,
    category: str | None = None,
    pieces: int = 1,
    **more: object,
) -> PurchaseLine:
    """A line of so many pieces."""
    return PurchaseLine(line_id, net_minor, sku, category, quantity_micro=pieces * MICRO, **more)  # type: ignore[arg-type]


def purchase(*lines: PurchaseLine, at: datetime = AT, currency: str = "EUR", **more: object) -> Purchase:
    """A sale of these lines."""
    return Purchase("s-1", at, currency, lines, **more)  # type: ignore[arg-type]
