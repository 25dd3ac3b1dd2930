"""What goods that come back mean, before they do: money and points that go back, and points that are taken back.

The very shares a turn works with: what each line was given and paid, never today's rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from .purchase import Purchase, burned
from .returning import Share, SoldLine, take_back
from .spreading import spread
from .state import Earning, Hold

POINTS_TENDER = "points"


class Back(Struct, frozen=True):
    """What goes back, in minor units and in points of one type.

    `amounts` by line id; `points_minor` of them was paid with points. `taken` points were earned by what comes back;
    `given` were spent on it.
    """

    amounts: dict[str, int]
    points_minor: int
    taken: int
    given: int

    @property
    def total_minor(self) -> int:
        """All that goes back, points with money."""
        return sum(self.amounts.values())


def back_of(
    purchase: Purchase,
    sold: Sequence[SoldLine],
    coming: Mapping[str, int],
    *,
    point: str | None,
    earnings: Iterable[Earning] = (),
    spent: Iterable[Hold] = (),
) -> Back:
    """What comes of so many millionths of lines coming back, after what came back before (`sold`)."""
    return Back(
        amounts=_more([(line.line_id, line.amount_minor) for line in sold], sold, coming),
        points_minor=sum(_more(paid_with_points(purchase).items(), sold, coming).values()),
        taken=sum(
            sum(_more(posted.lines, sold, coming).values())
            for one in earnings
            for posted in one.posted
            if posted.point == point and posted.points > 0
        ),
        given=sum(
            sum(_more(spent_shares(purchase, hold).items(), sold, coming).values())
            for hold in spent
            if hold.point == point and hold.captured
        ),
    )


def paid_with_points(purchase: Purchase) -> dict[str, int]:
    """What of each line was paid with points, in minor units by line id; shipping and tip are lines as well."""
    paid = {name: minor for name, minor in purchase.paid().items() if minor > 0}
    tendered = sum(minor for kind, minor in purchase.tenders if kind == POINTS_TENDER)
    return spread(max(0, min(tendered, sum(paid.values()))), paid) if paid else {}


def spent_shares(purchase: Purchase, hold: Hold) -> dict[str, int]:
    """The lines of a sale that points were spent on, with so many each; none where they were had for a voucher.

    A voucher is no part of the goods: it stays with the customer whatever comes back, until the sale itself is voided.
    """
    reward = hold.reward
    if reward is not None and reward.issues_voucher:
        return {}
    return burned(purchase, hold.captured, sku=reward.sku if reward is not None else None)


def _more(
    shares: Iterable[tuple[str, int]], sold: Sequence[SoldLine], coming: Mapping[str, int]
) -> dict[str, int]:
    """What of shares by line goes back with what comes now."""
    lines = {line.line_id: line for line in sold}
    return take_back(
        (
            Share(
                name,
                amount,
                amount * line.returned_micro // line.quantity_micro,
                line.quantity_micro,
                line.returned_micro,
            )
            for name, amount in shares
            if (line := lines.get(name)) is not None
        ),
        coming,
    )
