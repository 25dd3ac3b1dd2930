"""Promotions in words: states, reasons, and texts to start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.console.i18n import _, later

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "draft": (later("Draft"), ""),
    "active": (later("Active"), "ok"),
    "paused": (later("Paused"), "warn"),
    "ended": (later("Ended"), ""),
}
"""Word and tone of each state."""

_REASONS: Final[Mapping[str, str]] = {
    "not_in_time": later("It has not begun, is over, or it is not its hour in this store."),
    "other_store": later("It does not run in this store."),
    "other_channel": later("It does not run in this channel."),
    "other_currency": later("It is in another currency."),
    "needs_member": later("It is for members."),
    "tier": later("It is for another tier."),
    "segment": later("It is for another segment."),
    "limit_reached": later("It was used as often as it may be."),
    "budget_spent": later("Its budget is spent."),
    "below_threshold": later("Not enough is spent."),
    "too_few_items": later("There are too few of its products."),
    "nothing_matches": later("Nothing here to take something off."),
    "beaten_by_better": later("Other promotions save more."),
    "excluded_by_group": later("Another promotion that comes alone saves more."),
    "code_unknown": later("There is no such code."),
    "code_used": later("This code was used."),
    "code_expired": later("This code is over."),
    "code_of_other": later("This voucher is another customer's."),
    "code_revoked": later("The points this voucher was had for came back, so it is no good any more."),
    "unknown_reward": later("The programme has no such reward any more."),
    "more_points": later("There are not enough points."),
    "other_tier": later("It is for members of another tier."),
    "blocked": later("A card is blocked."),
    "in_debt": later("Points are owed, which new ones pay back first."),
    "not_in_steps": later("The programme spends points in other portions."),
    "not_running": later("The promotion of this code does not run."),
}
_MEMBERS: Final[Mapping[str, str]] = {
    "not_enrolled": later("This customer takes no part in the programme."),
    "blocked": later("This member is blocked."),
    "unknown": later("Nobody is known by this."),
}

_BUNDLE: Final = """kind = "bundle"
price_minor = 999
parts = [
  { products = { categories = ["Drinks"] }, quantity = 1 },
  { products = { categories = ["Food"] }, quantity = 1 },
]"""
_TIERS: Final = """kind = "tier_prices"
prices = [
  { price_minor = 450, from_quantity = 3 },
  { price_minor = 420, from_quantity = 6 },
]"""
_THRESHOLD: Final = """kind = "threshold"
spend_minor = 5000
off_bp = 1000  # or off_minor, or free = { skus = ["GIFT"] }"""
_EXAMPLES: Final[Mapping[str, tuple[str, str]]] = {
    "percentage": (later("A share off each item"), 'kind = "percentage"\noff_bp = 1000  # 10 %'),
    "amount": (later("An amount off"), 'kind = "amount"\noff_minor = 100\nper = "item"  # or "basket"'),
    "fixed_price": (later("A fixed price"), 'kind = "fixed_price"\nprice_minor = 400'),
    "n_for_m": (later("Buy some, pay fewer"), 'kind = "n_for_m"\nbuy = 3\npay = 2'),
    "cheapest": (
        later("The cheapest at a share off"),
        'kind = "cheapest"\nof = 2\noff_bp = 5000  # half price',
    ),
    "bundle": (later("Several together"), _BUNDLE),
    "threshold": (later("From a sum on"), _THRESHOLD),
    "tier_prices": (later("Prices by quantity or tier"), _TIERS),
}
_FRAME: Final = """id = "{id}"
name = "{name}"
text = ""  # what the till may show; the name where it is empty
currency = "{currency}"
group = "offers"
mode = "best"  # or "stack", "exclusive"
# stores = ["london-1"]
# member_only = true
# code_required = true

# [products]
# categories = ["Drinks > Coffee"]
# except_skus = ["GIFT-CARD"]

# [window]
# starts = 2026-12-01T00:00:00+01:00
# ends = 2026-12-24T00:00:00+01:00

# [limits]
# total = 1000
# member = 1
# budget_minor = 500000

[effect]
{effect}
"""


def state_word(state: str) -> tuple[str, str]:
    """What a state is called, and its tone."""
    word, tone = STATES[state]
    return _(word), tone


def reason_words(reason: str) -> str:
    """Why a promotion did nothing."""
    return _(_REASONS[reason]) if reason in _REASONS else reason


def member_words(state: str) -> str | None:
    """What is to be said of who buys; None where nothing is."""
    return _(_MEMBERS[state]) if state in _MEMBERS else None


def kinds() -> list[tuple[str, str]]:
    """Kinds of promotions with their words."""
    return [(kind, _(words)) for kind, (words, _effect) in _EXAMPLES.items()]


def example(kind: str, currency: str) -> str:
    """A text to start from; of a kind that is none, the first one."""
    chosen = kind if kind in _EXAMPLES else next(iter(_EXAMPLES))
    words, effect = _EXAMPLES[chosen]
    return _FRAME.format(id=chosen.replace("_", "-"), name=_(words), currency=currency, effect=effect)
