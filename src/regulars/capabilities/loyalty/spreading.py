"""Sharing a whole number out in proportion, so that the shares are whole and add up: the largest remainder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def spread(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Shares of `total` in proportion to the weights; they add up to it exactly.

    Each share is the exact one rounded down or up. What is left over goes to the largest remainders, of equal ones to
    the smaller key, so that the order of the mapping does not matter. Weights may be negative as long as their sum has
    a share to give: raises ValueError when they add up to nothing and `total` is not 0.
    """
    whole = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    if not whole:
        raise ValueError("there is nothing to share in proportion to")
    return settle(total, {key: total * weight for key, weight in weights.items()}, whole)


def settle(total: int, exact: Mapping[str, int], denominator: int) -> dict[str, int]:
    """Whole shares of the exact ones, numerators over one denominator, adding up to `total`.

    `total` must lie no further from the exact sum than there are shares.
    """
    if denominator < 0:
        exact, denominator = {key: -value for key, value in exact.items()}, -denominator
    shares: dict[str, int] = {}
    rests: list[tuple[int, str]] = []
    for key, value in exact.items():
        shares[key], rest = divmod(value, denominator)
        rests.append((-rest, key))
    left = total - sum(shares.values())
    if left:
        for _rest, key in sorted(rests)[:left]:
            shares[key] += 1
    return shares


def rounded_down(numerators: Sequence[int], denominator: int) -> int:
    """The whole part of a sum of fractions, towards nothing: 1.9 is 1 and -1.9 is -1."""
    whole = sum(numerators)
    return whole // denominator if whole >= 0 else -(-whole // denominator)
