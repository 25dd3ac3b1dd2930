"""What points are worth, and how many of them may pay for a basket."""

from __future__ import annotations

from msgspec import Struct

from .programme import Programme
from .terms import PointType


class Spendable(Struct, frozen=True):
    """The most that can be paid with points: so many of them, for so many minor units."""

    points: int
    minor: int


def worth(point: PointType, points: int, currency: str) -> int | None:
    """What points are worth in minor units, rounded down; None in a currency they have no value in."""
    value = point.value.get(currency)
    return None if value is None else points * value.minor // value.points


def spendable(
    programme: Programme, point: str, available: int, currency: str, basket_minor: int
) -> Spendable:
    """The most a member with `available` points of a type can pay of a basket, by the programme's limits.

    Nothing below the minimum; a multiple of the step; never more than the share of the basket that points may pay.
    Raises KeyError for a point type the programme does not have.
    """
    kind, redeem = programme.point_type(point), programme.redeem
    value = kind.value.get(currency)
    if value is None:
        return Spendable(0, 0)
    most_minor = max(basket_minor, 0) * redeem.max_percent // 100
    points = min(max(available, 0), most_minor * value.points // value.minor)
    points -= points % redeem.step
    if points < redeem.minimum:
        return Spendable(0, 0)
    return Spendable(points, points * value.minor // value.points)
