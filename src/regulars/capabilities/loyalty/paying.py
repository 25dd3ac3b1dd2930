"""Points a sale was paid with, and what of an earning's shares by line goes back with its goods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from regulars.vocabulary.events import Spend

from . import state
from .back import spent_shares
from .ledger import Book
from .programme import Version, in_force
from .returning import Share, SoldLine, sold_lines, take_back
from .state import Earning, Hold, Member, Posted, Recovered, is_open


def sold_of(earning: Earning, returned: Mapping[str, int]) -> list[SoldLine]:
    """The lines of an earning that can come back, less what has."""
    assert earning.purchase is not None, "the caller looked"
    return sold_lines(earning.purchase, returned)


def share_back(
    lines: Iterable[tuple[str, int]],
    sold: Iterable[SoldLine],
    back: Mapping[str, int],
    coming: Mapping[str, int],
) -> dict[str, int]:
    """What of shares by line goes back with what comes now, after what came before."""
    bought = {line.line_id: line.quantity_micro for line in sold}
    shares = [
        Share(name, points, points * back.get(name, 0) // bought[name], bought[name], back.get(name, 0))
        for name, points in lines
        if name in bought
    ]
    return take_back(shares, coming)


def taken_of(earning: Earning, posted: Posted) -> int:
    """Points of a grant that returns have taken back by now."""
    if earning.purchase is None or not earning.back or posted.points <= 0:
        return 0
    return sum(share_back(posted.lines, sold_of(earning, {}), {}, earning.back).values())


def spend_held(book: Book, sale_id: str, spends: Sequence[Spend]) -> str | None:
    """Capture the holds a sale names (H1). One that is over is refused (H2); the others are captured."""
    refused = None
    for spend in spends:
        if spend.hold is None:
            continue
        hold = book.member.holds.get(spend.hold)
        if hold is None:
            refused = "unknown_hold"
        elif hold.state == state.CAPTURED and hold.sale_id == sale_id:
            continue  # told again
        elif spend.late and hold.state == state.TIMED_OUT and book.occurred_at < hold.expires_at:
            _spend_late(book, hold, sale_id)
        elif not is_open(hold, book.now):
            refused = "hold_expired" if hold.state == state.TIMED_OUT else "hold_ended"
        else:
            book.capture(hold, part_of(hold, spend.amount), sale_id)
            book.close("spend", reason=hold.words)
    return refused


def _spend_late(book: Book, hold: Hold, sale_id: str) -> None:
    """Points of a hold that ended before its sale was heard of: what the member has of them, and the rest is the shop's."""
    hold_id = book.new_id("late", hold.hold_id)
    if hold_id not in book.member.holds:  # else it is told again
        book.spend_unheld(hold_id, hold.record_id, hold.point, hold.amount, hold.amount, sale_id)


def part_of(hold: Hold, wanted: int | None) -> int:
    """How many of a hold's points are spent where so many are wanted, all where it is not said.

    A reward is had as a whole.
    """
    return hold.amount if wanted is None or hold.reward is not None else min(wanted, hold.amount)


def spend_unheld(
    book: Book,
    sale_id: str,
    record_id: str,
    spends: Sequence[Spend],
    versions: Sequence[Version],
    *,
    may: bool,
) -> None:
    """Take what a till let be spent without a hold, before the sale gives anything.

    Of who `may` not spend nothing is taken, and then all is the shop's.
    """
    version = in_force(versions, book.now)
    unheld = [spend for spend in spends if spend.hold is None and spend.amount]
    if version is None or not unheld:
        return
    for spend in unheld:
        point = spend.point or version.programme.point[0].code
        hold_id = book.new_id("unheld", sale_id, str(book.member.programme), point)
        if hold_id not in book.member.holds:  # else it is told again
            limit = spend.limit if may and not book.member.blocked else 0
            book.spend_unheld(hold_id, record_id, point, spend.amount or 0, limit, sale_id)
    book.close("spend")


def return_spent(book: Book, sale_id: str, earning: Earning, versions: Sequence[Version]) -> None:
    """Points a sale was paid with come back with its goods (R6), and all of them when it does not count any more.

    Those of a voucher that was used meanwhile stay spent: the customer has had what they were for.
    """
    purchase, version = earning.purchase, in_force(versions, earning.occurred_at)
    if purchase is None or version is None:
        return
    grace = timedelta(days=version.programme.redeem.return_grace_days)
    for hold in _spent_on(book.member, sale_id):
        if hold.hold_id in book.member.used_vouchers:
            continue
        due = hold.captured
        if earning.counted:
            shares = spent_shares(purchase, hold).items()
            due = sum(share_back(shares, sold_of(earning, {}), {}, earning.back).values())
        if due > hold.returned:
            book.give_back(hold, due - hold.returned, grace)
            book.close("spend", reason=hold.words)


def _spent_on(member: Member, sale_id: str) -> Iterator[Hold]:
    for hold_id in sorted(member.holds):
        hold = member.holds[hold_id]
        if hold.state == state.CAPTURED and hold.sale_id == sale_id and hold.captured:
            yield hold


def owed_by(book: Book, versions: Sequence[Version]) -> dict[str, int]:
    """What the member owes of each type of points."""
    version = in_force(versions, book.now)
    kinds = version.programme.point if version is not None else ()
    return {kind.code: book.member.debt(kind.code) for kind in kinds}


def keep_from_refund(
    book: Book,
    earning: Earning,
    return_id: str,
    minor: int,
    versions: Sequence[Version],
    owed: Mapping[str, int],
) -> None:
    """Settle with the money of a refund what its return made the member owe, where the programme says so (R5).

    `owed` is what was owed before; `minor` all the money there is. Once for a return, however often it is told.
    """
    version, purchase = in_force(versions, book.now), earning.purchase
    if version is None or purchase is None or not version.programme.debt.recover_from_refund:
        return
    if minor <= 0 or return_id in earning.recovered:
        return
    book.settle()
    book.close("settle")
    account, kept = book.account(earning.record_id), []
    for kind in version.programme.point:
        worth = kind.value.get(purchase.currency)
        more = book.member.debt(kind.code) - owed.get(kind.code, 0)
        if worth is None or more <= 0:
            continue
        points = min(more, account.debt.get(kind.code, 0), minor * worth.points // worth.minor)
        if points > 0:
            book.recover(earning.record_id, kind.code, points)
            kept.append(Recovered(kind.code, points, points * worth.minor // worth.points))
            minor -= kept[-1].minor
    if kept:
        earning.recovered[return_id] = kept
    book.close("recover", version.number)


def owe_again(book: Book, earning: Earning, gone: Iterable[str]) -> None:
    """Returns that do not count any more: what was kept of their refunds went back with them."""
    for name in sorted(gone):
        for one in earning.recovered.pop(name, ()):
            book.recover(earning.record_id, one.point, -one.points)
