"""Rewards reserved for a web shop: points are held, and the shop takes a code for them, for this customer and once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.loyalty.shop_codes import shop_code
from regulars.capabilities.loyalty.state import Hold as Held
from regulars.capabilities.loyalty.terms import Reward
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.api.shapes import Id as HexId
from regulars.console.services.lookups import Found
from regulars.console.services.members import Standing, Wanted
from regulars.console.services.stands import coupon_of
from regulars.store.sources import KnownSource
from regulars.store.write_backs import is_on
from regulars.vocabulary.connector import TakesCoupons
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Id

from .holds import TTL_SECONDS_MAX, Hold, HoldRequest, hold_for
from .reading import find_member, standing_of
from .refusals import refused


class RewardRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A reward of the catalogue for a member, at the web shop of a source, for `ttl_seconds`.

    `reference`: the caller's own name for it; a request with the reference of an earlier one is that one.
    """

    member_id: Annotated[str, Meta(max_length=64)]
    reward: Id
    shop: Annotated[str, Meta(max_length=63, description="Name of the source.")]
    ttl_seconds: Annotated[int, Meta(ge=60, le=TTL_SECONDS_MAX)] = TTL_SECONDS_MAX
    reference: Id | None = None
    programme: Annotated[int, Meta(ge=1, le=32_767)] | None = None


class ShopReward(Struct, frozen=True):
    """The code and the hold it stands for. The shop knows the code a moment later."""

    code: str
    hold: Hold
    member_id: HexId
    expires_at: datetime


@post("/v1/shop-rewards", summary="Reserve a reward for a web shop")
async def reserve_reward(visit: AtVisit, data: JSONBody[RewardRequest]) -> ShopReward:
    """Hold the points of a reward and have the web shop take a code for it, for this customer and one order.

    The order captures the hold; a hold that is released or runs out ends the code.
    """
    found = await find_member(visit, data.member_id)
    standing = await standing_of(visit, found, Wanted(data.programme))
    reward = _reward(standing, data.reward)
    known = await _shop(visit, data.shop)
    _check(found, known, reward, standing)
    request = HoldRequest(
        member_id=data.member_id,
        reward=reward.code,
        ttl_seconds=data.ttl_seconds,
        reference=data.reference,
        programme=standing.programme,
    )
    held = await hold_for(visit, request, shop=known.source.source_id)
    return ShopReward(shop_code(held.id), held, held.member_id, held.expires_at)


def _reward(standing: Standing, code: str) -> Reward:
    """Raises NotFound for one there is not, Conflict for one of other tiers."""
    rewards = standing.version.programme.reward if standing.version is not None else ()
    for one in rewards:
        if one.code == code:
            if one.tiers and (standing.tier is None or standing.tier.tier not in one.tiers):
                raise refused("other_tier", field="reward")
            return one
    raise refused("unknown_reward", field="reward")


async def _shop(visit: Visit, name: str) -> KnownSource:
    known = await visit.deps.sources.find(visit.workspace_id, name)
    connector = visit.deps.connectors.get(known.source.kind) if known is not None else None
    if known is None or not isinstance(connector, TakesCoupons) or not is_on(known.options):
        raise InvalidInput("No web shop of this name is told of members.", field="shop")
    return known


def _check(found: Found, known: KnownSource, reward: Reward, standing: Standing) -> None:
    """Raises Unprocessable where the shop could not give the reward to this customer."""
    ids = [
        value
        for part in found.parts
        if part.source_id == known.source.source_id
        for value, _ in part.fields.current(kinds.EXTERNAL_ID)
    ]
    trial = Held("0" * 32, "0" * 32, standing.programme or 1, reward.point, 0, standing.at)
    if not ids or coupon_of(trial, reward, known.options, ids, standing.at) is None:
        raise refused("not_at_shop", field="reward")
