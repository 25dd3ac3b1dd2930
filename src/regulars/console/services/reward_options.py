"""Rewards of a programme as they stand for one member: what can be had now, and why the rest cannot."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from regulars.capabilities.loyalty.programme import Programme
from regulars.capabilities.loyalty.terms import Reward


class Can(StrEnum):
    """Whether a reward can be had, and if not, why."""

    NOW = "now"
    MORE_POINTS = "more_points"
    OTHER_TIER = "other_tier"
    BLOCKED = "blocked"
    IN_DEBT = "in_debt"
    NOT_IN_STEPS = "not_in_steps"
    """The programme lets points be spent in other portions than this one needs."""


class Wallet(Struct, frozen=True):
    """What decides on a member's rewards: points that nobody reserved and points owed, by type; `tier`: None without any."""

    free: Mapping[str, int]
    owed: Mapping[str, int]
    tier: str | None = None
    blocked: bool = False


def can_have(programme: Programme, reward: Reward, wallet: Wallet) -> tuple[Can, int]:
    """Whether a reward can be had, with the points that are missing.

    Of several reasons against it the first in the order in which the customer would have to mend them.
    """
    missing = max(0, reward.points - max(0, wallet.free.get(reward.point, 0)))
    return _can(programme, reward, wallet, missing), missing


def _can(programme: Programme, reward: Reward, wallet: Wallet, missing: int) -> Can:
    redeem = programme.redeem
    if wallet.blocked:
        return Can.BLOCKED
    if reward.tiers and wallet.tier not in reward.tiers:
        return Can.OTHER_TIER
    if reward.points < redeem.minimum or reward.points % redeem.step:
        return Can.NOT_IN_STEPS
    if wallet.owed.get(reward.point, 0) and redeem.blocked_in_debt:
        return Can.IN_DEBT
    return Can.MORE_POINTS if missing else Can.NOW
