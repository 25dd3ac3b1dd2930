# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: promotions."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class OpenedPromotion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A promotion with its versions, the newest first, 100 at most, and why the newest must not price
    baskets.

    `over`: the latest sales beyond a bound, 100 at most. `codes` are counted up to 1,000,000.
    """

    promotion: PromotionShown
    faults: list[PromotionFault]
    versions: list[PromotionVersion]
    over: list[PromotionOver]
    codes: int


class PromotionContent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A promotion as it is written down. Its `version` is given here, whatever the text says."""

    # TOML, or JSON.
    content: str


class PromotionFault(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is wrong with it and what to write instead; `field` names the place."""

    message: str
    field: str | None


class PromotionOver(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A sale that was paid and took the promotion beyond a bound: `reason` is limit_reached, budget_spent
    or code_used.
    """

    sale_id: str
    store: str
    day: date
    at: datetime
    reason: str


class PromotionShown(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A promotion. `version` is its newest, `holds` the one that prices baskets, null where none does.

    `waiting`: the newest version was not activated yet.
    """

    id: str
    name: str
    # One of active, draft, ended, paused.
    state: str
    version: int
    holds: int | None
    waiting: bool
    effective_from: datetime | None
    starts: datetime | None
    ends: datetime | None
    currency: str | None
    limit: int | None
    budget_minor: int | None
    used: PromotionUse
    changed_at: datetime


class PromotionStart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """From when on the newest version prices baskets; absent: now."""

    at: datetime | None = None


class PromotionUse(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sales that used it and money given away, in minor units of its currency; `held` ones are reserved at
    tills.
    """

    uses: int
    held: int
    spent_minor: int
    held_minor: int


class PromotionVersion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A version's text. `effective_from` is null while nobody said from when on it holds."""

    version: int
    content: str
    digest: str
    effective_from: datetime | None
    made_at: datetime
    made_by: str


class PromotionWord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A code that people share. `uses_max`: in how many sales it may be used; null: as the promotion
    allows.
    """

    code: str
    uses_max: int | None = None
