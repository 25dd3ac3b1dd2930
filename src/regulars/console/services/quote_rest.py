"""What comes off a basket after its promotions: the rewards that are wanted, then the vouchers that were presented.

Both are shared out over the lines in proportion to what they still cost, but for lines that nothing may come off. A
product for points comes off the dearest unit of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct, structs

from regulars.capabilities.loyalty.programme import Programme
from regulars.capabilities.loyalty.spreading import spread
from regulars.capabilities.loyalty.terms import Reward
from regulars.capabilities.offers.amounts import share_of
from regulars.capabilities.offers.basket import Answer, Basket, Discount
from regulars.capabilities.offers.usage import VOUCHER
from regulars.capabilities.profile.state import MICRO

from .quote_shapes import QuotedVoucher, RewardOption, SkippedPromotion
from .reward_options import Can, Wallet, can_have

REWARD: Final = "~reward:"
"""Begins what a reward is named in a line's discounts; its code follows."""


class Rest(Struct, frozen=True):
    """The basket after rewards and vouchers. `spent`: points of each type that the wanted rewards take."""

    answer: Answer
    rewards: list[RewardOption]
    vouchers: list[QuotedVoucher]
    skipped: list[SkippedPromotion]
    spent: dict[str, int]


class Presented(Struct, frozen=True):
    """A voucher that can be used now: as it was presented, and what it is worth."""

    code: str
    value_minor: int


def rest_of(
    basket: Basket,
    answer: Answer,
    *,
    programme: Programme | None,
    wallet: Wallet,
    wanted: Sequence[str],
    vouchers: Sequence[Presented],
) -> Rest:
    """Take rewards and vouchers off what promotions left. `programme`: None for who takes part in none."""
    lines, spent = _Lines(basket, answer), dict[str, int]()
    options: list[RewardOption] = []
    catalogue = {one.code: one for one in programme.reward} if programme is not None else {}
    skipped = [_skipped(code, "unknown_reward") for code in dict.fromkeys(wanted) if code not in catalogue]
    # Those that are wanted first, in the order they are: each takes its points, and its part of the basket.
    for reward in sorted(catalogue.values(), key=lambda one: _place(one, wanted)):
        assert programme is not None, "it has this reward"
        can, missing = can_have(programme, reward, _less(wallet, spent))
        worth = lines.worth(reward)
        reason = can.value if can is not Can.NOW else "nothing_matches" if _idle(reward, worth) else None
        applied = reward.code in wanted and reason is None
        if applied:
            lines.take(REWARD + reward.code, lines.off(reward))
            spent[reward.point] = spent.get(reward.point, 0) + reward.points
        elif reward.code in wanted and reason is not None:
            skipped.append(_skipped(reward.code, reason))
        options.append(_option(reward, can, missing, basket.currency, worth, applied=applied))
    used: list[QuotedVoucher] = []
    for one in vouchers:
        off = lines.share(one.value_minor)
        lines.take(VOUCHER, off)
        if off:
            used.append(QuotedVoucher(one.code, one.value_minor, sum(off.values())))
        else:
            skipped.append(SkippedPromotion("nothing_matches", None, one.code))
    options.sort(key=lambda one: (not one.applied, one.can != Can.NOW.value, one.points, one.reward))
    return Rest(lines.answer(), options, used, skipped, spent)


class _Lines:
    """What each line still costs, and what came off it."""

    def __init__(self, basket: Basket, answer: Answer) -> None:
        self._basket, self._before = basket, answer
        self._lines = {line.line_id: line for line in basket.lines}
        self._net = {line.line_id: line.net_minor for line in answer.lines}
        self._off: dict[str, list[Discount]] = {line.line_id: [] for line in answer.lines}

    def _room(self) -> dict[str, int]:
        return {name: net for name, net in self._net.items() if net > 0 and not self._lines[name].no_discount}

    def share(self, amount: int) -> dict[str, int]:
        """An amount shared out over the lines, no more than they cost."""
        room = self._room()
        amount = min(amount, sum(room.values()))
        return {name: minor for name, minor in spread(amount, room).items() if minor} if amount > 0 else {}

    def worth(self, reward: Reward) -> int:
        """What a reward would take off now; nothing for a voucher or what is paid back."""
        currency, whole = self._basket.currency, sum(self._room().values())
        if reward.kind == "amount_off":
            worth = min(reward.value_minor.get(currency, 0), whole)
        elif reward.kind == "percentage":
            worth = share_of(whole, (reward.percent or 0) * 100)
        else:
            worth = max(self._units(reward.sku).values(), default=0) if reward.kind == "product" else 0
        return max(0, worth - reward.cash_minor.get(currency, 0))

    def off(self, reward: Reward) -> dict[str, int]:
        """The same by line: all of them, but for a product, whose dearest unit it is."""
        if reward.kind != "product":
            return self.share(self.worth(reward))
        units = self._units(reward.sku)
        return {min(units, key=lambda one: (-units[one], one)): self.worth(reward)} if units else {}

    def _units(self, sku: str | None) -> dict[str, int]:
        """What one unit of a product costs, by line."""
        return {
            name: net * MICRO // max(MICRO, self._lines[name].quantity_micro)
            for name, net in self._room().items()
            if self._lines[name].sku == sku
        }

    def take(self, promotion: str, off: Mapping[str, int]) -> None:
        """Take it off."""
        for name, minor in off.items():
            self._net[name] -= minor
            self._off[name].append(Discount(promotion, 1, minor))

    def answer(self) -> Answer:
        """The quote with it."""
        before = self._before
        lines = tuple(
            structs.replace(
                line,
                discounts=(*line.discounts, *_together(self._off[line.line_id])),
                net_minor=self._net[line.line_id],
            )
            for line in before.lines
        )
        total = sum(self._net.values())
        return structs.replace(
            before, lines=lines, total_minor=total, discount_minor=before.base_minor - total
        )


def _together(discounts: Sequence[Discount]) -> list[Discount]:
    """Discounts of one name as one."""
    sums: dict[str, int] = {}
    for one in discounts:
        sums[one.promotion_id] = sums.get(one.promotion_id, 0) + one.amount_minor
    return [Discount(name, 1, minor) for name, minor in sums.items()]


def _place(reward: Reward, wanted: Sequence[str]) -> int:
    return wanted.index(reward.code) if reward.code in wanted else len(wanted)


def _idle(reward: Reward, worth: int) -> bool:
    """Whether it would take points for nothing."""
    return not worth and reward.kind in ("amount_off", "percentage", "product")


def _less(wallet: Wallet, spent: Mapping[str, int]) -> Wallet:
    free = {point: points - spent.get(point, 0) for point, points in wallet.free.items()}
    return structs.replace(wallet, free=free)


def _skipped(code: str, reason: str) -> SkippedPromotion:
    return SkippedPromotion(reason, REWARD + code, None)


def _option(
    reward: Reward, can: Can, missing: int, currency: str, amount_minor: int, *, applied: bool
) -> RewardOption:
    return RewardOption(
        reward=reward.code,
        name=reward.name,
        kind=reward.kind,
        point=reward.point,
        points=reward.points,
        cash_minor=reward.cash_minor.get(currency),
        amount_minor=amount_minor,
        can=can.value,
        missing=missing,
        applied=applied,
    )
