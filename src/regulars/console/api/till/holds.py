"""Points reserved while a customer pays: held, captured, let go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.state import Hold as Held
from regulars.capabilities.loyalty.state import is_open
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.api.shapes import Id as HexId
from regulars.console.services.common import id_array
from regulars.console.services.member_books import LOYALTY, hold_of
from regulars.console.services.members import Wanted
from regulars.store.pipeline import Call
from regulars.vocabulary.errors import InvalidInput, Unprocessable
from regulars.vocabulary.events import CAPTURED, HELD, POINTS_MAX, RELEASED, Id, Loyalty
from regulars.vocabulary.intake import LoyaltyAnswer

from .reading import find_member, standing_of
from .refusals import refused
from .telling import check, command, command_key, fresh_id, points_in

TTL_SECONDS_MAX = 900
Amount = Annotated[int, Meta(ge=1, le=POINTS_MAX)]


class HoldRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Points to reserve for `ttl_seconds`: an `amount` of them, or those of a `reward` of the programme's catalogue.

    `reference`: the till's own name for it, such as its basket's number. A request with the reference of an earlier one
    is that one, whatever its Idempotency-Key.
    """

    member_id: Annotated[str, Meta(max_length=64)]
    amount: Amount | None = None
    reward: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    ttl_seconds: Annotated[int, Meta(ge=1, le=TTL_SECONDS_MAX)] = TTL_SECONDS_MAX
    reference: Id | None = None
    programme: Annotated[int, Meta(ge=1, le=32_767)] | None = None
    point: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Capture(Struct, forbid_unknown_fields=True, kw_only=True):
    """How much of a hold is spent, all where it is not said; the rest is free again. A reward is had as a whole."""

    amount: Amount | None = None


class Release(Struct, forbid_unknown_fields=True):
    """Nothing has to be said to let a hold go."""


class Hold(Struct, frozen=True):
    """A hold, and what its member has now. It ends once: captured, released or timed out.

    `reward`: the code of what it is for, null for plain points.
    `replayed`: this was done before, and nothing was done now.
    """

    id: HexId
    member_id: HexId
    programme: int
    point: str
    state: Literal["open", "captured", "released", "timed_out"]
    amount: int
    captured: int
    expires_at: datetime
    balance: int
    held: int
    pending: int
    available: int
    replayed: bool
    reward: str | None = None


@post("/v1/holds", summary="Hold points")
async def hold_points(visit: AtVisit, data: JSONBody[HoldRequest]) -> Hold:
    """Reserve points of a member. They are not available to anybody else from now on, and free again when it is over.

    For a reward, name the hold in the sale that it is had with: a voucher is issued then.
    """
    if (data.amount is None) == (data.reward is None):
        raise InvalidInput("Say either how many points, or which reward.", field="amount")
    return await hold_for(visit, data)


async def hold_for(visit: Visit, data: HoldRequest, *, shop: int | None = None) -> Hold:
    """Reserve points, or a reward; at the web shop of a source if one is named."""
    found = await find_member(visit, data.member_id)
    standing = await standing_of(visit, found, Wanted(data.programme, data.point))
    number, point = standing.programme, standing.point
    if number is None or point is None:
        raise refused("no_programme")
    said = Loyalty(
        programme=number,
        member=found.profile_id.hex,
        point=point,
        amount=data.amount or 0,
        reward=data.reward,
        ttl_seconds=data.ttl_seconds,
        shop=shop,
    )
    id_ = _id(visit, data)
    answer = await command(visit, HELD, said, id_=id_)
    if answer is None:
        before = await find_hold(visit, visit.vault.hash("hold", command_key(visit, id_)))
        if before is not None:
            return await _before(visit, before, data, {part.record_id.hex for part in found.parts})
        # What was refused at the time is asked anew.
        answer = await command(visit, HELD, said)
    field = "amount" if data.reward is None else "reward"
    if answer is None or check(answer, field=field).hold is None:
        raise refused("no_programme")
    made = await _known(visit, answer.hold or "")
    return _shown(made, answer)


async def _before(visit: Visit, held: Held, data: HoldRequest, records: set[str]) -> Hold:
    """A hold that was made by the same request. Raises Unprocessable where the reference was used for another one."""
    reward = held.reward.code if held.reward is not None else None
    other = reward != data.reward or (data.reward is None and held.amount != data.amount)
    if other or held.record_id not in records:
        raise Unprocessable(
            "This reference was used for another hold. Use a new one for each.",
            code="reference_reused",
            field="reference",
        )
    return await _as_it_is(visit, held)


def _id(visit: Visit, data: HoldRequest) -> str:
    """The id of the command: the same for a request that is made again."""
    source = str(visit.caller.source.source_id)
    if data.reference is not None:
        return f"hold-{visit.vault.hash('till.hold', source, data.reference)}"
    if visit.idempotency_key is not None:
        return f"hold-{visit.vault.hash('till.hold.key', visit.caller.key_id, visit.idempotency_key)}"
    return fresh_id("hold")


@post("/v1/holds/{hold_id:str}/capture", summary="Capture a hold", status_code=200)
async def capture_hold(visit: AtVisit, hold_id: FromPath[str], data: JSONBody[Capture]) -> Hold:
    """Spend what a hold reserves. A sale that names its holds captures them itself, which is better: one call, or none."""
    held = await _known(visit, hold_id)
    amount = data.amount or held.amount
    if amount > held.amount:
        raise refused("above_hold", field="amount", available=held.amount)
    if held.reward is not None and amount != held.amount:
        raise refused("whole_reward", field="amount")
    if held.state == state.CAPTURED and held.captured == amount:
        return await _as_it_is(visit, held)
    return await _end(visit, held, CAPTURED, amount)


@post("/v1/holds/{hold_id:str}/release", summary="Release a hold", status_code=200)
async def release_hold(visit: AtVisit, hold_id: FromPath[str], data: JSONBody[Release]) -> Hold:  # noqa: ARG001
    """Let a hold go, as when the customer leaves the basket."""
    held = await _known(visit, hold_id)
    if held.state == state.RELEASED:
        return await _as_it_is(visit, held)
    return await _end(visit, held, RELEASED, 0)


async def _end(visit: Visit, held: Held, type_: str, amount: int) -> Hold:
    """End an open hold; one that others ended meanwhile is told as it is."""
    check_open(visit, held)
    said = Loyalty(
        programme=held.programme, member=held.record_id, point=held.point, hold=held.hold_id, amount=amount
    )
    answer = await command(visit, type_, said)
    ended = await _known(visit, held.hold_id)
    if answer is None:
        return await _as_it_is(visit, ended)
    if answer.refused == "hold_ended" and _is_that(ended, type_, amount):
        return await _as_it_is(visit, ended)
    return _shown(ended, check(answer, field="hold_id"))


def _is_that(held: Held, type_: str, amount: int) -> bool:
    """Whether a hold ended the way that was asked for, by a call at the same time."""
    if type_ == RELEASED:
        return held.state == state.RELEASED
    return held.state == state.CAPTURED and held.captured == amount


def check_open(visit: Visit, held: Held, *, field: str = "hold_id") -> None:
    """Raises Conflict for a hold that is over (hold_expired) or that somebody ended (hold_ended)."""
    if is_open(held, visit.deps.clock()):
        return
    timed_out = held.state in (state.OPEN, state.TIMED_OUT)
    raise refused("hold_expired" if timed_out else "hold_ended", field=field)


async def find_holds(
    visit: Visit, *, ids: set[str] | None = None, sale_id: str | None = None
) -> dict[str, Held]:
    """Holds by id, and those that a sale captured."""
    question = holds_question(visit, ids=ids, sale_id=sale_id)
    return holds_among((await visit.api.database.ask(visit.workspace_id, question))[0])


def holds_question(visit: Visit, *, ids: Iterable[str] | None = None, sale_id: str | None = None) -> Call:
    """Asks for what `find_holds` does; `holds_among` reads the answer."""
    asked: dict[str, Any] = {
        "workspace_id": visit.workspace_id,
        "ids": id_array(()),
        "holds": id_array(ids or ()),
        "sales": id_array([sale_id] if sale_id is not None else ()),
    }
    return Call(LOYALTY.load_holds, asked)


def holds_among(found: Iterable[tuple[Any, ...]]) -> dict[str, Held]:
    """Holds by id out of the answer to `holds_question`."""
    return {hold.hold_id: hold for hold in map(hold_of, found)}


async def find_hold(visit: Visit, hold_id: str) -> Held | None:
    """A hold by its id."""
    return (await find_holds(visit, ids={hold_id})).get(hold_id)


async def _known(visit: Visit, text: str) -> Held:
    """The hold of an id. Raises NotFound (unknown_hold)."""
    held = await find_hold(visit, hold_id_in(text))
    if held is None:
        raise refused("unknown_hold", field="hold_id")
    return held


def hold_id_in(text: str, *, field: str = "hold_id") -> str:
    """An id as it is written. Raises NotFound (unknown_hold) for what cannot be one."""
    try:
        return UUID(text).hex
    except ValueError:
        raise refused("unknown_hold", field=field) from None


async def _as_it_is(visit: Visit, held: Held) -> Hold:
    """A hold that was dealt with before, and what its member has now."""
    found = await find_member(visit, held.record_id)
    one = await standing_of(visit, found, Wanted(held.programme, held.point))
    return _hold(held, found.profile_id.hex, one.balance, one.held, one.pending, replayed=True)


def _shown(held: Held, answer: LoyaltyAnswer) -> Hold:
    one = points_in(answer, held.point)
    return _hold(held, answer.member_id, one.balance, one.held, one.pending, replayed=False)


def _hold(held: Held, member_id: str, balance: int, reserved: int, pending: int, *, replayed: bool) -> Hold:
    return Hold(
        id=held.hold_id,
        member_id=member_id,
        programme=held.programme,
        point=held.point,
        state=held.state,  # type: ignore[arg-type]
        amount=held.amount,
        captured=held.captured,
        expires_at=held.expires_at,
        balance=balance,
        held=reserved,
        pending=pending,
        available=max(0, balance - reserved),
        replayed=replayed,
        reward=held.reward.code if held.reward is not None else None,
    )
