"""A slip as rows of words and amounts in the reader's language: what text, printer and page have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.console import format as words
from regulars.console.i18n import _, ngettext, number

from .columns import clean
from .slip import UNIT_MICRO, Amount, Line, Points, Slip, Voucher

_MINUS = "\u2212"


class Look(StrEnum):
    """How a row is set."""

    PLAIN = "plain"
    DETAIL = "detail"
    """Set in, below the row it belongs to."""
    STRONG = "strong"
    CENTRE = "centre"
    HEADING = "heading"
    """Centred and strong."""
    CODE = "code"
    """Centred, under bars that say the same."""


class Row(Struct, frozen=True):
    """A line of the slip, before it is wrapped; `amount` stands at its end."""

    text: str
    amount: str = ""
    look: Look = Look.PLAIN


Section = tuple[Row, ...]


def sections(slip: Slip) -> list[Section]:
    """The parts of a slip in the order they are printed, parts without rows left out; a line goes between two."""
    parts: list[Iterable[Row]] = [_head(slip), _about(slip), _goods(slip), _sums(slip)]
    if slip.points is not None:
        parts += [_points(slip, slip.points), *(_voucher(one) for one in slip.points.vouchers)]
    parts.append([_row(slip.message, look=Look.CENTRE)])
    cleaned = (tuple(row for row in part if row.text or row.amount) for part in parts)
    return [part for part in cleaned if part]


def _row(text: str, amount: str = "", look: Look = Look.PLAIN) -> Row:
    return Row(clean(text), clean(amount), look)


def _head(slip: Slip) -> Iterator[Row]:
    yield _row(slip.shop, look=Look.HEADING)
    for line in slip.address:
        yield _row(line, look=Look.CENTRE)


def _about(slip: Slip) -> Iterator[Row]:
    till = _("Till %(till)s", till=slip.till) if slip.till else ""
    yield _row(_("Receipt %(number)s", number=slip.receipt), till)
    staff = _("Staff %(code)s", code=slip.staff) if slip.staff else ""
    yield _row(_moment(slip), staff)


def _moment(slip: Slip) -> str:
    zone = ZoneInfo(slip.zone)
    return f"{words.moment(slip.sold_at, zone)} {slip.sold_at.astimezone(zone).tzname()}"


def _goods(slip: Slip) -> Iterator[Row]:
    for line in slip.lines:
        yield _row(line.name, words.money(line.net_minor, slip.currency))
        yield from _details(line, slip.currency)


def _details(line: Line, currency: str) -> Iterator[Row]:
    if line.quantity_micro != UNIT_MICRO:
        price = words.money(line.unit_price_minor, currency)
        yield _row(f"{words.quantity(line.quantity_micro)} × {price}", look=Look.DETAIL)
    for one in line.discounts:
        yield _row(f"{one.text}: {words.money(-one.amount_minor, currency)}", look=Look.DETAIL)


def _sums(slip: Slip) -> Iterator[Row]:
    yield from _amounts(slip.subtotals, slip.currency)
    yield _row(_("Total"), words.money(slip.total_minor, slip.currency), Look.STRONG)
    yield from _amounts(slip.taxes, slip.currency, Look.DETAIL)
    yield from _amounts(slip.tenders, slip.currency)


def _amounts(amounts: Iterable[Amount], currency: str, look: Look = Look.PLAIN) -> Iterator[Row]:
    for one in amounts:
        yield _row(one.text, words.money(one.amount_minor, currency), look)


def _points(slip: Slip, points: Points) -> Iterator[Row]:
    yield _row(_("Your points"), look=Look.HEADING)
    yield _row(
        _("Card %(card)s", card=points.card) if points.card else _("Tier") if points.tier else "", points.tier
    )
    if points.before is not None:
        yield _row(_("Points before"), _signed(points.before))
    yield _row(_("Earned"), f"+{number(points.earned)}")
    if points.earned_on_minor is not None:
        base = words.money(points.earned_on_minor, slip.currency)
        yield _row(_("on %(money)s of this sale", money=base), look=Look.DETAIL)
    if points.pending:
        yield _row(
            ngettext("%(n)s of them comes later", "%(n)s of them come later", points.pending),
            look=Look.DETAIL,
        )
    if points.used:
        yield _row(_("Used"), _signed(-points.used))
    yield _row(_("Points now"), _signed(points.after), Look.STRONG)
    if points.worth_minor is not None:
        yield _row(_("Worth"), words.money(points.worth_minor, slip.currency))
    for offer in points.offers:
        yield _row(_("Offer used: %(offer)s", offer=offer))
    if points.next_reward is not None:
        yield from _next_reward(points.next_reward.name, points.next_reward.missing_points)


def _next_reward(name: str, missing: int) -> Iterator[Row]:
    if missing > 0:
        yield _row(_("Next reward: %(name)s", name=name))
        yield _row(ngettext("%(n)s more point needed", "%(n)s more points needed", missing), look=Look.DETAIL)
    else:
        yield _row(_("Reward you can have now: %(name)s", name=name))


def _voucher(voucher: Voucher) -> Iterator[Row]:
    yield _row(voucher.text, look=Look.HEADING)
    if voucher.valid_until is not None:
        yield _row(_("Valid until %(day)s", day=words.day(voucher.valid_until)), look=Look.CENTRE)
    yield _row(voucher.code, look=Look.CODE)


def _signed(points: int) -> str:
    return f"{_MINUS if points < 0 else ''}{number(abs(points))}"
