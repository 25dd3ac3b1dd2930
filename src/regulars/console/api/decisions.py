"""Merge profiles, take records out of one, take a decision back, and decide on pairs that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from regulars.console.services import deciding, decision_list, reviews
from regulars.console.services.common import uuid_of
from regulars.console.services.consents import Word, settled, words_of
from regulars.console.services.deciding import Deciding, Plan, Side
from regulars.console.services.people import name_of
from regulars.console.services.profile import resolve
from regulars.vocabulary.errors import InvalidInput, NotFound

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .profiles import profile_id_in, source_names
from .shapes import Amounts, Id, Identifier, Status, identifiers_of, mask_name, metrics_of, status_of

_IdIn = Annotated[str, Meta(min_length=1, max_length=64)]
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=deciding.REASON_CHARACTERS_MAX,
        description="Why. Kept with the decision and in the audit trail, so name nobody in it.",
    ),
]
Preview = Annotated[bool, Meta(description="Only say what it would do.")]
BITS_MAX: Final = 1_000.0


class Merge(Struct, forbid_unknown_fields=True, kw_only=True):
    """Customers that are one person, by the ids of profiles or of any of their records."""

    ids: Annotated[list[_IdIn], Meta(min_length=2, max_length=deciding.PROFILES_MAX)]
    reason: Reason
    preview: Preview = False


class Unmerge(Struct, forbid_unknown_fields=True, kw_only=True):
    """Records that are somebody else: `record_ids` leave the profile; with `all` each record is a person of its own."""

    record_ids: Annotated[list[_IdIn], Meta(max_length=500)] | None = None
    all: bool = False
    reason: Reason
    preview: Preview = False


class Undo(Struct, forbid_unknown_fields=True, kw_only=True):
    """Take a decision back."""

    reason: Reason
    preview: Preview = False


class DecidePairs(Struct, forbid_unknown_fields=True, kw_only=True):
    """Pairs of the queue that are one person (`together`), or two."""

    pairs: Annotated[list[tuple[_IdIn, _IdIn]], Meta(min_length=1, max_length=deciding.REVIEWS_MAX)]
    together: bool
    reason: Reason
    preview: Preview = False


class ProfileSide(Struct, frozen=True):
    """A profile as it is or would be, with the sum of its records' figures and the consent that holds."""

    id: Id
    name: str | None
    record_ids: list[Id]
    orders: int
    spend_minor: Amounts
    contacts: Annotated[list[Identifier], Meta(description="Present e-mails and phones.")]
    consent: Annotated[dict[str, Status], Meta(description="Per channel, for marketing.")]


class Decided(Struct, frozen=True):
    """What a decision does or, as a preview, would do.

    `before` and `after` are the profiles that change. `profile_ids`: those that the records have now. `skipped`: pairs
    that no longer wait.
    """

    preview: bool
    decision_ids: list[Id]
    profile_ids: list[Id]
    before: list[ProfileSide]
    after: list[ProfileSide]
    skipped: list[tuple[Id, Id]]


class MadeDecision(Struct, frozen=True):
    """A decision somebody made. `holds` while it has the last word on some pair."""

    id: Id
    at: datetime
    actor: str
    verb: Literal["merged", "separated", "withdrawn"]
    reason: Annotated[str | None, Meta(description="Null without pii:read: people may have named somebody.")]
    pairs: int
    undoes: Id | None
    holds: bool
    profile_ids: Annotated[
        list[Id], Meta(description="Up to six of the profiles it is about, as they are now.")
    ]


class DecisionPage(Struct, frozen=True):
    """One page of decisions."""

    data: list[MadeDecision]
    next: str | None


class WaitingPair(Struct, frozen=True):
    """Two records of different profiles that may be one person.

    `weight` in bits; `conflict`: something that identifies for certain speaks against what else links them.
    """

    records: tuple[Id, Id]
    profile_ids: tuple[Id, Id]
    weight: float
    conflict: bool
    since: datetime


class ReviewPage(Struct, frozen=True):
    """One page of pairs that wait; `waiting` counts them up to 10,000."""

    data: list[WaitingPair]
    next: str | None
    waiting: int


@post("/v1/profiles/merge", summary="Merge profiles", status_code=200)
async def merge_profiles(visit: AtVisit, data: JSONBody[Merge]) -> Decided:
    """Say that two or more customers are one person, or see what that would do.

    Every record keeps what it knows; the ids of all lead to the merged profile. Undo it with the decision's id.
    """
    ids = [uuid_of(one, "ids") for one in data.ids]
    async with visit.api.database.read(visit.workspace_id) as conn:
        plan = await deciding.plan_merge(conn, visit.vault, ids)
    return await _answer(visit, plan, data.reason, preview=data.preview)


@post("/v1/profiles/{profile_id:str}/unmerge", summary="Take records out of a profile", status_code=200)
async def unmerge_profile(visit: AtVisit, profile_id: FromPath[str], data: JSONBody[Unmerge]) -> Decided:
    """Say that records of a profile are somebody else than the rest of it, or see what that would do."""
    if data.all == (data.record_ids is not None):
        raise InvalidInput("Give either record_ids or all.", field="record_ids")
    taken = None if data.all else [uuid_of(one, "record_ids") for one in data.record_ids or ()]
    async with visit.api.database.read(visit.workspace_id) as conn:
        profile = profile_id_in(profile_id)
        plan = await deciding.plan_unmerge(conn, visit.vault, profile, taken)
    return await _answer(visit, plan, data.reason, preview=data.preview)


@post("/v1/identity/decisions/{decision_id:str}/undo", summary="Undo a decision", status_code=200)
async def undo_decision(visit: AtVisit, decision_id: FromPath[str], data: JSONBody[Undo]) -> Decided:
    """Say again what held before, of every pair on which this decision still has the last word.

    An undo is a decision too and can be undone itself. 409 where later decisions took its place.
    """
    async with visit.api.database.read(visit.workspace_id) as conn:
        plan = await deciding.plan_undo(conn, visit.vault, _decision_id(decision_id))
    return await _answer(visit, plan, data.reason, preview=data.preview)


@post("/v1/identity/reviews/decide", summary="Decide on pairs that wait", status_code=200)
async def decide_reviews(visit: AtVisit, data: JSONBody[DecidePairs]) -> Decided:
    """Say of up to 200 pairs of the queue that each is one person, or two. Each becomes a decision of its own.

    What is said of two records is meant of the profiles they are in. Pairs that no longer wait are skipped.
    """
    pairs = [(uuid_of(a, "pairs"), uuid_of(b, "pairs")) for a, b in data.pairs]
    async with visit.api.database.read(visit.workspace_id) as conn:
        plan = await deciding.plan_reviews(conn, visit.vault, pairs, together=data.together)
    return await _answer(visit, plan, data.reason, preview=data.preview)


@get("/v1/identity/decisions", summary="List decisions")
async def list_decisions(
    visit: AtVisit,
    profile_id: Annotated[
        str | None,
        QueryParameter(name="profile_id", max_length=64, description="Only those about this profile."),
    ] = None,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> DecisionPage:
    """What people decided of records, the newest first."""
    after = read_cursor(cursor, decision_list.DecisionPlace)
    async with visit.api.database.read(visit.workspace_id) as conn:
        profile = None
        if profile_id is not None:
            profile = await resolve(conn, visit.workspace_id, profile_id_in(profile_id))
        found = await decision_list.load_decisions(
            conn, visit.workspace_id, limit=limit + 1, after=after, profile_id=profile
        )
    kept, more = cut(found, limit, lambda one: (one.at, one.decision_id))
    return DecisionPage([_made(one, clear=visit.clear) for one in kept], more)


@get("/v1/identity/reviews", summary="List pairs that wait")
async def list_reviews(
    visit: AtVisit,
    least: Annotated[
        float | None,
        QueryParameter(
            name="least", ge=-BITS_MAX, le=BITS_MAX, description="Only pairs of so many bits or more."
        ),
    ] = None,
    conflict: Annotated[
        bool | None, QueryParameter(name="conflict", description="Only conflicts, or only others.")
    ] = None,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> ReviewPage:
    """Pairs of records that may be one person, the likeliest first."""
    after = read_cursor(cursor, reviews.Place)
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await reviews.load_waiting(
            conn, visit.workspace_id, limit=limit + 1, after=after, least=least, conflict=conflict
        )
        waiting, _ = await reviews.count_waiting(conn, visit.workspace_id)
    kept, more = cut(found, limit, lambda one: (one.weight, one.a, one.b))
    return ReviewPage([_pair(one) for one in kept], more, waiting)


async def _answer(visit: Visit, plan: Plan, reason: str, *, preview: bool) -> Decided:
    """Do it, unless it is a preview, and tell its effect."""
    effect = await deciding.effect_of(plan)
    sources = await source_names(visit)
    parts = list(plan.around.parts.values())
    async with visit.api.database.read(visit.workspace_id) as conn:
        words = await words_of(conn, visit.workspace_id, parts)
    done = deciding.Done([], sorted({plan.around.profiles[one] for one in plan.records}))
    if not preview:
        says = Deciding(visit.api.database, visit.vault, visit.deps.gate, visit.deps.clock)
        done = await says.say(plan, actor=visit.actor, reason=reason, key=visit.idempotency_key)

    def shown(sides: Sequence[Side]) -> list[ProfileSide]:
        return [_side(visit, plan, side, words, sources) for side in sides]

    return Decided(
        preview=preview,
        decision_ids=done.decisions,
        profile_ids=done.profiles,
        before=shown(effect.before),
        after=shown(effect.after),
        skipped=plan.skipped,
    )


def _side(
    visit: Visit,
    plan: Plan,
    side: Side,
    words: Mapping[UUID, Sequence[Word]],
    sources: Mapping[int, str],
) -> ProfileSide:
    parts = [plan.around.parts[record] for record in side.records]
    name = name_of(parts)
    metrics = metrics_of((part.figures for part in parts), spend=visit.stores is None)
    said = [word for part in parts for word in words.get(part.record_id, ())]
    return ProfileSide(
        id=side.profile_id,
        name=name if visit.clear or name is None else mask_name(name),
        record_ids=side.records,
        orders=metrics.orders,
        spend_minor=metrics.spend_minor,
        contacts=[
            one
            for one in identifiers_of(parts, sources, clear=visit.clear)
            if one.current and one.kind in ("email", "phone")
        ],
        consent={channel: status_of(word.granted) for channel, word in settled(said).items()},
    )


def _decision_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such decision.", field="decision_id") from None


def _made(one: decision_list.Decided, *, clear: bool) -> MadeDecision:
    return MadeDecision(
        id=one.decision_id.hex,
        at=one.at,
        actor=one.actor,
        verb=one.verb,
        reason=one.reason if clear else None,
        pairs=one.pairs,
        undoes=one.undoes.hex if one.undoes else None,
        holds=one.holds,
        profile_ids=[profile.hex for profile in one.profiles],
    )


def _pair(one: reviews.Waiting) -> WaitingPair:
    first, second = one.profiles
    return WaitingPair(
        records=(one.a.hex, one.b.hex),
        profile_ids=(first.hex, second.hex),
        weight=round(one.weight, 3),
        conflict=one.conflict,
        since=one.since,
    )
