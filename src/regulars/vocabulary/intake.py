"""What a door hands to the gate and what it gets back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, Protocol

from msgspec import Struct, field

from .events import Aware

Status = Literal["applied", "duplicate", "rejected"]

OWN_SOURCE_ID: Final = 0
"""The source that stands for this program itself; no door speaks for it."""
TILL: Final = "till"
"""The door of the till's calls, the only one through which a sale may spend points."""


class Source(Struct, frozen=True, array_like=True, gc=False):
    """Where events come from, as the gate needs to know it.

    `till_system` names the till system a receipt belongs to: sources that share it share sales.
    `receipts_never_reset`: receipt numbers are unique for ever, so store, till and day do not matter.
    `region`: ISO 3166 country that phone numbers without a prefix are read in. `loyalty_ranges`: (lowest,
    highest) numbers of the retailer's own cards, which are no payment cards whatever they look like.
    """

    workspace_id: int
    source_id: int
    name: str
    kind: str
    till_system: str
    receipts_never_reset: bool = False
    region: str = "GB"
    loyalty_ranges: tuple[tuple[str, str], ...] = ()


def own_source(workspace_id: int) -> Source:
    """The source that stands for this program."""
    return Source(workspace_id, OWN_SOURCE_ID, "regulars", "regulars", "regulars")


class EventError(Struct, omit_defaults=True, frozen=True, gc=False):
    """Why an event was not taken."""

    code: str
    message: str
    field: str | None = None


class PointsAnswer(Struct, omit_defaults=True, gc=False):
    """Points of one type: `balance` of which `held` are reserved at tills, `pending` later; `change` by this event."""

    point: str
    balance: int
    held: int = 0
    pending: int = 0
    change: int = 0


class LoyaltyAnswer(Struct, omit_defaults=True, gc=False):
    """Where a member stands in a programme after an event. `member_id` is the profile's id.

    `refused`: the code of what could not be done, with what is `available`. `hold`, `state` and `expires_at` are of a
    hold. `waits`: why a person must look at the points before they can be spent, empty where nobody must.
    """

    member_id: str
    programme: int
    points: list[PointsAnswer]
    tier: str | None = None
    refused: str | None = None
    available: int | None = None
    hold: str | None = None
    state: str | None = None
    expires_at: Aware | None = None
    waits: str = ""


class OfferRefusal(Struct, omit_defaults=True, gc=False):
    """A promotion beyond one of its bounds: `code` is limit_reached, budget_spent or code_used."""

    promotion: str
    code: str


class OffersAnswer(Struct, omit_defaults=True, gc=False):
    """What became of promotions that were reserved or used.

    Of a hold, `beyond` says why nothing was reserved; of a sale, what was counted although it is over its bounds.
    `refused`: why a hold could not be let go.
    """

    hold: str | None = None
    state: str | None = None
    expires_at: Aware | None = None
    beyond: list[OfferRefusal] = field(default_factory=list)
    refused: str | None = None


class Result(Struct, omit_defaults=True, gc=False):
    """What became of one event. `profile_id` is absent for anonymous events, `loyalty` where no points are concerned.

    `offers` is there where promotions are reserved, let go or used.
    """

    id: str | None
    status: Status
    profile_id: str | None = None
    quarantine_id: str | None = None
    error: EventError | None = None
    loyalty: list[LoyaltyAnswer] = field(default_factory=list)
    offers: OffersAnswer | None = None


class ReplayOutcome(Struct, frozen=True):
    """What became of rejected messages that were tried again; `rejected` ones keep their place and wait on."""

    applied: int = 0
    duplicate: int = 0
    rejected: int = 0


class Gate(Protocol):
    """The way into the engine: the answer comes after the commit, one result per body, in order."""

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """Apply events given as JSON texts of the public event (at most 1,000).

        `door` says how they came in (events, segment, hook, import, fetch, canary). A body that is no
        event is quarantined and answered `rejected`; it never fails its neighbours. Raises TryLater
        (nothing was taken; repeat the call) while the store is away or the queue is full.
        """
        ...

    async def quarantine(self, source: Source, body: bytes, error: EventError, *, door: str) -> str:
        """Keep a message that could not be turned into events; returns the quarantine id (32 hex digits)."""
        ...
