# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: programmes."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .shared import Line, Tender


class Basket(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A sale to try. `customer` is a profile's id; without one it is somebody in `tier`, the first one
    when absent.

    Amounts in minor units; a line's `total_minor` is what it comes to after discounts. `at`: now when
    absent.
    """

    currency: str
    lines: list[Line]
    tenders: list[Tender] = msgspec.field(default_factory=list)
    shipping_minor: int = 0
    store: str | None = None
    channel: str | None = None
    at: datetime | None = None
    customer: str | None = None
    tier: str | None = None
    first_purchase: bool = False


class BasketGrant(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points one rule gives, with its sentences and those of the multipliers that applied; `capped` where
    a cap cut them.
    """

    rule: str
    point: str
    points: int
    lines: list[PointsByLine]
    because: list[str]
    multiplied: list[str]
    active_at: datetime
    expires_at: datetime | None
    capped: bool


class BasketTrial(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a basket gives by one version. `silent`: rules that give nothing for it."""

    takes_part: bool
    tier: str
    tier_after: str
    grants: list[BasketGrant]
    credit: int
    silent: list[str]


class DaysToCount(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How many of the last days to count."""

    days: int = 90


class Liability(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the points left are worth if all are spent, in minor units."""

    currency: str
    amount_minor: int


class LoyaltyProgramme(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A programme. `live`: the version that holds now; `next_from`: when the next one will; `draft`: its
    digest.
    """

    number: int
    name: str
    made_at: datetime
    made_by: str
    live: int | None
    next_from: datetime | None
    draft: str | None


class LoyaltyProgrammeList(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All programmes, by number; 20 at most."""

    data: list[LoyaltyProgramme]


class MembersInTier(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Members in a tier in the end: those who bought or have tier credit."""

    tier: str
    members: int


class NewProgramme(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The text of a programme, TOML."""

    # TOML.
    content: str


class OpenedProgramme(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A version with its text, what it says in sentences, and what in it should be looked at."""

    version: ProgrammeVersion
    content: str
    sentences: list[str]
    faults: list[ProgrammeFault]


class PointsByLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points that lie on a line of the basket."""

    line_id: str
    points: int


class PointsByRule(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points one rule gave, less what returns took back."""

    rule: str
    points: int


class PointsOf(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points of a type: given, taken back by returns, and what of them has not ended."""

    point: str
    given: int
    taken_back: int
    left: int


class ProgrammeChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sentences about one place of the text that no longer hold, and those that hold instead. `kind`:
    added, removed or changed.
    """

    about: str
    kind: str
    before: list[str]
    after: list[str]


class ProgrammeComparison(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What publishing the draft would change. `against`: the version that holds, null where none does."""

    against: int | None
    changes: list[ProgrammeChange]
    faults: list[ProgrammeFault]


class ProgrammeFault(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What can be read but is most likely not meant; `field` names the place in the text."""

    field: str
    message: str


class ProgrammeVersion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A version, or the draft as version 0. It holds from `effective_from` on; who published it when, and
    why.
    """

    version: int
    digest: str
    effective_from: datetime | None
    made_at: datetime
    made_by: str
    reason: str


class ProgrammeVersionList(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The draft, then what was published, the newest first; 1,000 at most."""

    data: list[ProgrammeVersion]


class Publication(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why a draft is published, and from when on sales are counted by it: from now on when absent."""

    reason: str
    effective_from: datetime | None = None


class ReallyGiven(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points the books hold for the same days: given, and taken back by returns."""

    point: str
    given: int
    taken_back: int


class SalesSimulation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A simulation on its way: `share` of the work done (0 to 1), then what was found, or in `fault` why
    nothing was.

    `digest` is of the draft that was counted, `version` the one that held.
    """

    number: int
    digest: str
    version: int | None
    days: int
    asked_at: datetime
    share: float
    found: SimulatedSales | None
    fault: str | None


class SavedProgramme(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A draft that was kept, and what in it should be looked at before it is published."""

    programme: LoyaltyProgramme
    faults: list[ProgrammeFault]


class SimulatedSales(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The draft beside what holds, beside what was really given. `tier_*`: members the draft would move,
    or not.

    `assumed_joined`: nobody has joined yet, so every known customer was counted as if they had.
    """

    sales: int
    customers: int
    draft: SimulatedSide
    live: SimulatedSide | None
    given: list[ReallyGiven]
    tier_up: int
    tier_down: int
    tier_same: int
    assumed_joined: bool


class SimulatedSide(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one version gave. `members` took part and bought something."""

    members: int
    points: list[PointsOf]
    rules: list[PointsByRule]
    tiers: list[MembersInTier]
    liability: list[Liability]


class TriedBasket(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A basket by the draft and, beside it, by the version that holds; null where none does."""

    draft: BasketTrial
    live: BasketTrial | None
    version: int | None
