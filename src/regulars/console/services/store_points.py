"""Points on the store's screens: what a customer can have for them, and what an associate does with them.

An associate reserves points as a till does, by the same command; the till then names the hold in the sale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from msgspec import Struct

from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.programme import Version, in_force
from regulars.capabilities.loyalty.terms import Reward
from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection, Database
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput, NotFound
from regulars.vocabulary.events import ENROLLED, HELD, RELEASED, Loyalty
from regulars.vocabulary.intake import Gate, LoyaltyAnswer

from .lookups import Found, by_record
from .member import Standing, load_standings
from .member_books import load_rules
from .members import Wanted, standings
from .points_commands import give_command
from .profile import unknown_profile
from .reward_options import Can, Wallet, can_have
from .store_said import check_key
from .vouchers import Voucher, load_vouchers

HOLD_SECONDS: Final = 900
"""How long an associate's hold lasts; the longest a till may ask for as well."""


class RewardLine(Struct, frozen=True):
    """A reward as it stands for one customer. `missing`: points they need beyond what is free."""

    reward: Reward
    point: str
    can: Can
    missing: int
    tiers: list[str]


class Club(Struct, frozen=True):
    """A programme a customer takes part in, with its rewards."""

    standing: Standing
    rewards: list[RewardLine]


class Joinable(Struct, frozen=True):
    """A programme a customer could join."""

    programme: int
    name: str


class StorePoints(Struct, frozen=True):
    """The loyalty card of the store's screen; the first two are empty in a shop without a programme."""

    clubs: list[Club]
    joinable: list[Joinable]
    vouchers: list[Voucher]


class Doing(Struct, frozen=True):
    """What an act on somebody's points needs of the program; `actor` as the audit trail names them."""

    database: Database
    vault: Vault
    gate: Gate
    clock: Callable[[], datetime]
    actor: str


async def load_store_points(
    conn: AsyncConnection, vault: Vault, profile_id: UUID, *, now: datetime
) -> StorePoints:
    """Where a customer stands in each programme, and which they could join. Raises NotFound."""
    found = await by_record(conn, vault, profile_id)
    if found is None:
        raise unknown_profile()
    known = await load_standings(conn, vault.workspace_id, {found.profile_id: found.parts}, now=now)
    taken = known[found.profile_id]
    rules = await load_rules(conn, vault.workspace_id)
    records = [part.record_id for part in found.parts]
    vouchers = await load_vouchers(conn, vault, records, now=now)
    clubs = [Club(one, reward_lines(one)) for one in taken]
    return StorePoints(clubs, _joinable(rules, taken, now), vouchers)


def _joinable(
    rules: Mapping[int, Sequence[Version]], taken: Sequence[Standing], now: datetime
) -> list[Joinable]:
    there = {one.programme for one in taken}
    held = {number: in_force(versions, now) for number, versions in sorted(rules.items())}
    return [
        Joinable(number, version.programme.name)
        for number, version in held.items()
        if version is not None and number not in there
    ]


def reward_lines(standing: Standing) -> list[RewardLine]:
    """The catalogue as it stands for a member: what can be had first, of that and of the rest the least points."""
    lines = [_line(standing, one) for one in standing.rules.reward]
    return sorted(lines, key=lambda line: (line.can is not Can.NOW, line.reward.points))


def _line(standing: Standing, reward: Reward) -> RewardLine:
    name = next(one.name for one in standing.points if one.point == reward.point)
    can, missing = can_have(standing.rules, reward, wallet_of(standing))
    return RewardLine(reward, name, can, missing, [standing.tiers[code] for code in reward.tiers])


def wallet_of(standing: Standing) -> Wallet:
    """What decides on a member's rewards."""
    return Wallet(
        free={one.point: one.balance - one.held for one in standing.points},
        owed={one.point: one.debt for one in standing.points},
        tier=standing.tier.tier if standing.tier is not None else None,
        blocked=standing.status == state.BLOCKED,
    )


async def reserve(
    doing: Doing, record_id: UUID, *, programme: int, code: str, key: str
) -> LoyaltyAnswer | None:
    """Hold the points of a reward for a customer; None where this very form did so already.

    `key` is the form's: sent twice it holds once. The answer may be a refusal. Raises NotFound for a customer or a
    reward that is not there, InvalidInput for a key that no form of ours has.
    """
    found = await _found(doing, record_id)
    await _check_reward(doing, programme, code)
    id_ = f"hold-{doing.vault.hash('store.hold', doing.actor, check_key(key), str(programme), code)}"
    said = Loyalty(
        programme=programme,
        member=found.profile_id.hex,
        reward=code,
        ttl_seconds=HOLD_SECONDS,
        actor=doing.actor,
    )
    answer = await _give(doing, HELD, said, id_=id_)
    if answer is not None and answer.refused is None:
        await _note(doing, "points.held", found, {"programme": programme, "reward": code})
    return answer


async def release(doing: Doing, record_id: UUID, hold_id: str) -> LoyaltyAnswer | None:
    """Let a customer's hold go; None where it is over already. Raises NotFound for a customer who is not there."""
    found = await _found(doing, record_id)
    async with doing.database.read(doing.vault.workspace_id) as conn:
        parts = {found.profile_id: found.parts}
        known = await load_standings(conn, doing.vault.workspace_id, parts, now=doing.clock())
    mine = [(one.programme, hold) for one in known[found.profile_id] for hold in one.holds]
    place = next((one for one in mine if one[1].hold_id == hold_id), None)
    if place is None:
        return None
    programme, hold = place
    member = found.profile_id.hex
    said = Loyalty(programme=programme, member=member, point=hold.point, hold=hold_id, actor=doing.actor)
    answer = await _give(doing, RELEASED, said, id_=f"released-{uuid4().hex}")
    if answer is not None and answer.refused is None:
        await _note(doing, "points.released", found, {"programme": programme, "points": hold.amount})
    return answer


async def join(doing: Doing, record_id: UUID, *, programme: int) -> LoyaltyAnswer | None:
    """Have a customer join a programme; None for who takes part already. Raises NotFound.

    Who has a blocked card is answered with that refusal, so that joining lets nobody in again.
    """
    found = await _found(doing, record_id)
    wanted = Wanted(programme)
    known = await standings(doing.database, doing.vault.workspace_id, [found], wanted, doing.clock())
    standing = known[found.profile_id]
    if standing.status == state.BLOCKED:
        return LoyaltyAnswer(found.profile_id.hex, programme, [], refused="member_blocked")
    if standing.enrolled:
        return None
    said = Loyalty(programme=programme, member=found.profile_id.hex, actor=doing.actor)
    answer = await _give(doing, ENROLLED, said, id_=f"enrolled-{uuid4().hex}")
    await _note(doing, "customer.enrolled", found, {"programme": programme})
    return answer


async def _found(doing: Doing, record_id: UUID) -> Found:
    async with doing.database.read(doing.vault.workspace_id) as conn:
        found = await by_record(conn, doing.vault, record_id)
    if found is None:
        raise unknown_profile()
    return found


async def _check_reward(doing: Doing, programme: int, code: str) -> None:
    """Raises NotFound for a reward that the rules of now have not."""
    async with doing.database.read(doing.vault.workspace_id) as conn:
        rules = await load_rules(conn, doing.vault.workspace_id)
    version = in_force(rules.get(programme, ()), doing.clock())
    if version is None or code not in {reward.code for reward in version.programme.reward}:
        raise NotFound(
            "There is no such reward any more. Reload the page.", code="unknown_reward", field="reward"
        )


async def _give(doing: Doing, type_: str, said: Loyalty, *, id_: str) -> LoyaltyAnswer | None:
    return await give_command(doing.gate, doing.vault.workspace_id, type_, said, id_=id_, at=doing.clock())


async def _note(doing: Doing, action: str, found: Found, details: dict[str, Any]) -> None:
    workspace_id, object_ = doing.vault.workspace_id, f"profile:{found.profile_id.hex}"
    async with doing.database.write(workspace_id) as conn:
        await write_line_async(conn, workspace_id, doing.actor, action, object_, details)


def programme_in(text: str) -> int:
    """The number of a programme in a form. Raises InvalidInput."""
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise InvalidInput("programme is a number.", field="programme")
    return int(text)
