"""Why a promotion that can be read must not be published, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable

from .model import (
    AmountOff,
    Bundle,
    Cheapest,
    Effect,
    FixedPrice,
    NForM,
    Promotion,
    PromotionError,
    Threshold,
    TierPrices,
)


def lint(promotion: Promotion, beside: Iterable[Promotion] = ()) -> list[PromotionError]:
    """All that is wrong with one promotion, by itself and beside others; empty when it may be published.

    `beside` are those that run: another version of it is replaced and not looked at, but its group must have one mode.
    """
    faults = [*_itself(promotion), *_effect(promotion.effect)]
    for other in sorted(beside, key=lambda one: one.id):
        if other.id != promotion.id and other.group == promotion.group and other.mode != promotion.mode:
            message = "'%(other)s' makes the group '%(group)s' '%(mode)s'; use that mode or another group."
            fault = PromotionError(message, field="mode", other=other.id, group=other.group, mode=other.mode)
            return [*faults, fault]
    return faults


def _itself(promotion: Promotion) -> list[PromotionError]:
    faults: list[PromotionError] = []
    window = promotion.window
    if window.starts and window.ends and window.ends <= window.starts:
        faults.append(PromotionError("It ends before it starts; choose a later end.", field="window.ends"))
    for number, hour in enumerate(promotion.happy_hours):
        if hour.begins == hour.ends:
            place = f"happy_hours[{number}].ends"
            faults.append(PromotionError("Begin and end are the same; choose another end.", field=place))
    if not promotion.currency and (
        _in_money(promotion.effect) or promotion.limits.budget_minor or promotion.floor_minor
    ):
        message = "It names amounts of money; say in which currency, such as EUR."
        faults.append(PromotionError(message, field="currency"))
    if promotion.mode == "stack":
        faults += _stacked(promotion)
    elif _by_quantity(promotion.effect) and promotion.limits.basket is not None:
        message = "Prices by quantity are for all items of a product; leave the limit per basket out."
        faults.append(PromotionError(message, field="limits.basket"))
    return faults


def _in_money(effect: Effect) -> bool:
    names = ("off_minor", "price_minor", "spend_minor")
    return isinstance(effect, TierPrices) or any(getattr(effect, name, None) is not None for name in names)


def _by_quantity(effect: Effect) -> bool:
    return isinstance(effect, TierPrices) and any(one.from_quantity > 1 for one in effect.prices)


def _stacked(promotion: Promotion) -> list[PromotionError]:
    effect, faults = promotion.effect, []
    if isinstance(effect, NForM | Cheapest | Bundle) or _by_quantity(effect):
        message = "An offer over several items cannot come on top of others; use mode 'best'."
        faults.append(PromotionError(message, field="mode"))
    if promotion.limits.basket is not None:
        message = "What comes on top of others comes on all items; leave the limit per basket out."
        faults.append(PromotionError(message, field="limits.basket"))
    return faults


def _effect(effect: Effect) -> list[PromotionError]:
    match effect:
        case NForM(buy, pay, price):
            if (pay is None) == (price is None):
                return [PromotionError("Say either how many are paid or for what price.", field="effect.pay")]
            if pay is not None and pay >= buy:
                message = "Fewer must be paid than bought; use at most %(most)s."
                return [PromotionError(message, field="effect.pay", most=buy - 1)]
        case Bundle():
            return _one_of(effect, "price_minor", "off_minor", "off_bp")
        case Threshold():
            return _one_of(effect, "off_minor", "off_bp", "free")
        case TierPrices(prices):
            keys = [(one.from_quantity, one.tier) for one in prices]
            for number, key in enumerate(keys):
                if keys.index(key) != number:
                    message = "There is a price for this quantity and tier already; leave one out."
                    return [PromotionError(message, field=f"effect.prices[{number}]")]
        case AmountOff() | FixedPrice() | Cheapest() | _:
            pass
    return []


def _one_of(effect: Effect, *names: str) -> list[PromotionError]:
    given = [name for name in names if getattr(effect, name) is not None]
    if len(given) == 1:
        return []
    message = "Give exactly one of %(names)s; there are %(count)s."
    place = f"effect.{given[1] if given else names[0]}"
    return [PromotionError(message, field=place, names=", ".join(names), count=len(given))]
