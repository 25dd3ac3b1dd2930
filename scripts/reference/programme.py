"""The page of a loyalty programme's file: every field with its default and meaning, and a whole example.

A field without a meaning here is an error, so that none goes undocumented.
"""

from __future__ import annotations

from importlib import resources
from typing import Any, Final, get_type_hints

import msgspec

from regulars.capabilities.loyalty import programme, terms
from scripts.reference.events import describe
from scripts.reference.markdown import code, first_line, rest, table

HEAD = """# The programme file

A loyalty programme is a TOML file. Amounts are integers in the minor unit of their currency (cents), points are whole,
shares are whole percents; nothing is a decimal. A field that is not listed is refused, and so is a code that names
nothing: the message says where and what to do. A sale is counted by the version of the programme that was in force at
its time, whenever it arrives.

"""
_PLACES: Final[tuple[tuple[type[msgspec.Struct], str], ...]] = (
    (programme.Programme, "The file"),
    (terms.Members, "`[members]`"),
    (terms.Money, "`[currencies]`"),
    (terms.PointType, "`[[point]]`"),
    (terms.Worth, "`point.value`"),
    (terms.Expiry, "`point.expiry`"),
    (terms.EarnRule, "`[[earn]]`"),
    (terms.Rate, "`earn.rates`"),
    (terms.Caps, "`earn.caps`"),
    (terms.Where, "`where`"),
    (terms.Multiplier, "`[[multiplier]]`"),
    (terms.Bonus, "`[[bonus]]`"),
    (terms.Credit, "`[credit]`"),
    (terms.Exclude, "`[exclude]`"),
    (terms.Tier, "`[[tier]]`"),
    (terms.Cycle, "`[cycle]`"),
    (terms.Redeem, "`[redeem]`"),
    (terms.Debt, "`[debt]`"),
    (terms.Limits, "`[limits]`"),
    (terms.Reward, "`[[reward]]`"),
)
_MEANINGS: Final[dict[str, dict[str, str]]] = {
    "Programme": {
        "name": "What customers know it by.",
        "time_zone": "IANA name, such as `Europe/Berlin`. Days, months and years begin and end there.",
        "currencies": "What each currency earns; sales in others earn nothing.",
        "point": "The types of points; the first is the one that counts unless a field names another.",
        "members": "Who takes part.",
        "combine": "Of several multipliers on one line the `highest` counts, or they `multiply` each other.",
        "earn": "Rules that give points for sales.",
        "multiplier": "What multiplies them.",
        "bonus": "Points for other events.",
        "credit": "What counts towards tiers.",
        "exclude": "What earns nothing.",
        "kinds": "Sku or category to `gift_card`, `deposit` or `shipping`; the rest are `goods`.",
        "tier": "Tiers from the lowest up. The first is everybody's and begins at 0.",
        "cycle": "How long tiers are kept.",
        "redeem": "How points are spent.",
        "debt": "How far returns take points back.",
        "limits": "Beyond which a person must look.",
        "reward": "The catalogue.",
    },
    "Members": {
        "who": "Those who joined, whoever has a loyalty `card`, or every customer a source identifies (`known`).",
        "sales_before_days": "With `enrolled`: days before joining whose sales earn too.",
    },
    "Money": {
        "per_minor": "Spending that earns `points`, in minor units: 100 for 1.00.",
        "points": "Points for that much.",
        "credit": "Tier credit for every `credit_per_minor`.",
        "credit_per_minor": "Sets currencies against each other: 1 per 10 for SEK beside 1 per 1 for EUR.",
    },
    "PointType": {
        "code": "Its name in rules.",
        "name": "What customers see.",
        "value": "What points are worth when spent and shown, per currency; without one they pay for nothing there.",
        "pending_days": "Days after the sale until they can be spent, at the same time of day.",
        "expiry": "When they end.",
        "reminder_days": "Days before the last one on which members are reminded.",
    },
    "Worth": {"minor": "Minor units.", "points": "Points that are worth so much: 2 for half a cent a point."},
    "Expiry": {
        "policy": "`never`, `days` or `months` after they can be spent, or `yearly` on one date.",
        "days": "For `days`.",
        "months": "For `months`: the last day of that month.",
        "month_day": "For `yearly`, as `12-31`; `02-29` is the 28th in other years.",
        "grace_months": "For `yearly`: months after that date.",
    },
    "EarnRule": {
        "id": "Names the rule in grants; keep it when the rule changes, so that its caps go on.",
        "point": "The type of points it gives.",
        "per": "What it counts: money, units (pieces or weight) or sales.",
        "rates": "For `spend`: the rate in each currency. Without any, those of the programme's currencies.",
        "points": "For `unit` and `sale`: how many.",
        "where": "What it is limited to.",
        "caps": "The most it gives.",
    },
    "Rate": {
        "per_minor": "Spending in minor units.",
        "points": "Points for that much, as an exact fraction.",
    },
    "Caps": {
        "sale": "In one sale.",
        "day": "To one member in a day.",
        "month": "To one member in a month.",
        "lifetime": "To one member ever. Points taken back by returns make room again in all but `sale`.",
    },
    "Where": {
        "skus": "Products. A line fits when any of products, categories and brands names it.",
        "categories": "Categories with all below them: `Drinks` holds `Drinks > Coffee`. Capitals do not matter.",
        "brands": "Brands.",
        "without_skus": "Products it is not for.",
        "without_categories": "Categories it is not for, with all below them.",
        "without_brands": "Brands it is not for.",
        "stores": "Codes of stores.",
        "channels": "Channels, such as `online`.",
        "tenders": "Kinds of tender; the part of the sale paid by them counts.",
        "weekdays": "`mon` to `sun`.",
        "time_from": "First minute, as `17:00`. A window over midnight belongs to the day it opens on.",
        "time_to": "First minute after it.",
        "date_from": "First day, as `2026-12-01` without quotes.",
        "date_to": "Last day.",
        "tiers": "Codes of tiers, as members had them before the sale.",
        "minimum_minor": "What the lines that fit must come to, per currency, on what earns.",
    },
    "Multiplier": {
        "id": "Names it in grants.",
        "percent": "200 doubles. Applied before points are rounded down.",
        "rules": "Rules it is for; all when empty. Fixed points per sale are never multiplied.",
        "where": "What it is limited to; with products, those lines alone are multiplied.",
    },
    "Bonus": {
        "id": "Names it in grants.",
        "point": "The type of points.",
        "on": "`enrolment`, `first_purchase`, `birthday`, `referral`, `review`, or a type of event such as `custom.NAME` or `consent.given`.",
        "points": "How many.",
        "once": "How often a member gets it; `year` for birthdays and referrals, `ever` for all else, unless written here.",
        "birthday": "As a gift on the day, or with the first purchase on the day or in its month.",
        "where": "What it is limited to. Products, tenders and a minimum only for those that come with a purchase.",
    },
    "Credit": {
        "of": "What is spent, or the points sales earn. Bonuses never count, and spending points takes nothing away.",
        "point": "For `points`: which type; the first when left out.",
    },
    "Exclude": {
        "tax": "Whether tax earns nothing, whichever way a store states its prices.",
        "shipping": "Whether shipping earns nothing.",
        "gift_cards": "When true, buying gift cards earns nothing and paying with them earns; else the other way round.",
        "deposits": "Whether deposits earn nothing.",
        "skus": "Products that earn nothing.",
        "categories": "Categories that earn nothing, with all below them.",
        "brands": "Brands that earn nothing.",
        "tenders": "Tenders that are no money: what is paid by them earns nothing, shared out over all lines.",
    },
    "Tier": {
        "code": "Its name in rules.",
        "name": "What customers see.",
        "threshold": "Credit in the window from which it is reached, at once.",
        "benefits": "What customers are told of it.",
    },
    "Cycle": {
        "window": "The last `months`, or the calendar year.",
        "months": "For `rolling`: the window, and how long a tier is kept after the latest purchase that reached it.",
        "kept": "For `calendar_year`: to the end of the year it was reached in, or of the next.",
        "grace_days": "Days a tier is kept beyond that.",
        "down": "To the tier whose credit is reached, or one level for each cycle.",
        "warn_days": "Days before a loss on which members are warned.",
        "upgrade": "Whether the sale that reaches a tier is counted in it already, or the next one.",
    },
    "Redeem": {
        "minimum": "The least that can be spent at once.",
        "step": "Points are spent in multiples of this.",
        "max_percent": "Share of a basket that points may pay.",
        "blocked_in_debt": "Whether nothing can be spent while the balance is below zero.",
        "return_grace_days": "Days that points which come back after their end can still be spent.",
    },
    "Debt": {
        "policy": "Pending points only, down to a balance of 0, or below it, to be earned back first.",
        "recover_from_refund": "With `unlimited`: what would fall below 0 is kept from the refund in money.",
    },
    "Limits": {
        "points_per_day": "Points of one member in a day; with more the sale waits, or is told of.",
        "card_uses_per_day": "Uses of one card in a day; later sales wait, or are told of.",
        "beyond": "What is beyond these limits a day, or suspicious, waits for a person, or people are only told.",
        "own_card": "With `wait`: what a cashier sells to a customer with the cashier's e-mail address waits.",
        "same_referral": "With `wait`: a referral waits where both share a device, a contact or a home.",
        "review_days": "Days after the sale in which somebody can decide.",
        "unreviewed": "What becomes of what nobody decided on.",
        "adjustment_points": "Points somebody may add or take by hand alone; more needs a second person.",
    },
    "Reward": {
        "code": "Its name in calls.",
        "name": "What customers see.",
        "point": "The type of points it costs.",
        "points": "How many.",
        "kind": "What it is.",
        "value_minor": "For `amount_off`, `cashback` and `voucher`: its value in each currency.",
        "percent": "For `percentage`.",
        "sku": "For `product`.",
        "cash_minor": "Money to pay on top, in each currency.",
        "valid_days": "For `voucher`: how long it can be used; for good when left out.",
        "tiers": "Who may have it; everybody when empty.",
    },
}


def page() -> str:
    """A section for each part, then the programme that is shipped."""
    parts = [HEAD, *(_section(struct, title) for struct, title in _PLACES)]
    shipped = resources.files("regulars.capabilities.loyalty").joinpath("programmes", "default.toml")
    parts.append(
        f"## A whole example\n\nThe programme Regulars comes with:\n\n```toml\n{shipped.read_text('utf-8')}```\n"
    )
    return "".join(parts)


def undocumented() -> list[str]:
    """Fields without a meaning, and meanings without a field."""
    there = {f"{struct.__name__}.{f.name}" for struct in _structs() for f in msgspec.structs.fields(struct)}
    told = {f"{name}.{field}" for name, fields in _MEANINGS.items() for field in fields}
    return sorted(there ^ told)


def _structs() -> list[type[msgspec.Struct]]:
    parts = [
        item
        for item in vars(terms).values()
        if isinstance(item, type) and issubclass(item, msgspec.Struct) and item.__module__ == terms.__name__
    ]
    return [programme.Programme, *parts]


def _section(struct: type[msgspec.Struct], title: str) -> str:
    hints = get_type_hints(struct, include_extras=True)
    rows = [
        (code(f.name), _default(f), _value(hints[f.name]), _MEANINGS[struct.__name__][f.name])
        for f in msgspec.structs.fields(struct)
    ]
    text = " ".join(filter(None, [first_line(struct.__doc__), rest(struct.__doc__)]))
    return f"## {title}\n\n{text}\n\n" + table(("Field", "Default", "Value", "Meaning"), rows) + "\n"


def _value(hint: Any) -> str:
    """The type in words; parts of the file have sections of their own."""
    words = describe(hint)
    return "table" if words.startswith(("[", "list of [")) else words.replace("object", "table")


def _default(field: Any) -> str:
    if field.required:
        return "required"
    value = field.default
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, str | int):
        return code(value)
    if isinstance(value, frozenset) and value:
        return code(msgspec.json.encode(value, order="deterministic").decode().replace(",", ", "))
    return ""
