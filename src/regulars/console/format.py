"""Figures, money, dates and names as people read them.

Money comes as integer minor units and a currency and is shown with the currency's own decimals. Times come
aware and are shown in the zone given; within a day they are relative, the exact time stays at hand.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import NumberPattern, format_decimal, format_percent, get_currency_symbol, parse_pattern

from regulars.vocabulary.money import exponent, to_major

from . import i18n
from .i18n import _, ngettext

_MINUS = "\u2212"
_DAY_SECONDS = 86_400


def money(amount_minor: int, currency: str, *, short: bool = False, grid: bool = False) -> str:
    """`£1,234.50`, `¥1,200`, `−€3.00`.

    `short` drops the decimals of amounts of 10,000 and more, `grid` those of whole amounts.
    """
    value = abs(to_major(amount_minor, currency))
    whole = (short and value >= 10_000) or (grid and value == int(value))
    places = 0 if whole else exponent(currency)
    shown = _pattern(i18n.current().locale, places).apply(
        value, i18n.current().locale, currency=currency, currency_digits=False
    )
    symbol = get_currency_symbol(currency, i18n.current().locale)
    if symbol[-1:].isalpha() and shown.startswith(symbol):
        shown = f"{symbol}\u00a0{shown.removeprefix(symbol)}"
    return f"{_MINUS}{shown}" if amount_minor < 0 else shown


@cache
def _pattern(locale: Locale, places: int) -> NumberPattern:
    """How a language writes money, with so many decimals."""
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (places, places)
    return pattern


def shorten(text: str, most: int = 16) -> str:
    """A long machine-made id by its beginning and end; what fits stays whole."""
    return text if len(text) <= most else f"{text[: most - 5]}…{text[-4:]}"


def percent(share: float | None) -> str:
    """A share of one as a whole percentage; a dash when there is nothing to divide by."""
    return "–" if share is None else format_percent(share, locale=i18n.current().locale)


def signed_percent(change: float) -> str:
    """A change with its sign, as `+12%` or `−3%`; from tenfold on as `14×`."""
    if change >= 9:
        return f"{i18n.number(round(change + 1))}×"
    return f"{_MINUS if change < 0 else '+'}{percent(abs(change))}"


def bits(value: float) -> str:
    """A weight in bits to one place, with its sign: `+12.3` or `−3.0`."""
    shown = format_decimal(abs(value), "#,##0.0", locale=i18n.current().locale)
    return f"{_MINUS if value <= -0.05 else '+' if value >= 0.05 else ''}{shown}"


def quantity(micro: int) -> str:
    """Millionths of a unit as a plain decimal without needless zeros."""
    return format_decimal(Decimal(micro) / 1_000_000, "#,##0.######", locale=i18n.current().locale)


def milliseconds(microseconds: int) -> str:
    """A short duration in milliseconds with one decimal below ten."""
    value = microseconds / 1000
    if value == 0:
        return "0 ms"
    shown = format_decimal(value, "#,##0.0" if value < 10 else "#,##0", locale=i18n.current().locale)
    return f"{shown} ms"


def day(when: datetime | date, zone: tzinfo | None = None) -> str:
    """`22 Nov 2026`, of a moment in the zone given."""
    local = when.astimezone(zone) if isinstance(when, datetime) else when
    return _dated(local, "yMMMd", "d MMM y")


def day_of_year(when: date) -> str:
    """`22 Nov`."""
    return _dated(when, "MMMd", "d MMM")


def weekday(when: date) -> str:
    """`Sun`."""
    return _dated(when, "E", "EEE")


def month(when: date) -> str:
    """`Nov`."""
    return _dated(when, "MMM", "LLL")


def month_of_year(when: date) -> str:
    """`Nov 2026`."""
    return _dated(when, "yMMM", "MMM y")


def _dated(when: date, skeleton: str, english: str) -> str:
    """A date as the language writes it; in English the day comes first."""
    language = i18n.current()
    if language.code == i18n.SOURCE:
        return format_date(when, english, locale=language.locale)
    return format_skeleton(skeleton, when, locale=language.locale)


def moment(when: datetime, zone: tzinfo) -> str:
    """`22 Nov 2026, 14:05`."""
    return f"{day(when, zone)}, {when.astimezone(zone):%H:%M}"


def exact(when: datetime, zone: tzinfo) -> str:
    """Date, time with seconds, and the zone's name: what hovering shows."""
    local = when.astimezone(zone)
    return f"{day(when, zone)}, {local:%H:%M:%S} {local.tzname() or ''}".rstrip()


def clock(when: datetime, zone: tzinfo) -> str:
    """Time of day to the second."""
    return f"{when.astimezone(zone):%H:%M:%S}"


def ago(when: datetime, now: datetime, zone: tzinfo) -> str:
    """`just now`, `12 s ago`, `5 min ago`, `3 h ago` within a day, else the date with its time."""
    seconds = int((now - when).total_seconds())
    if not -5 <= seconds < _DAY_SECONDS:
        return moment(when, zone)
    return _("just now") if seconds < 5 else _("%(span)s ago", span=span(timedelta(seconds=seconds)))


def span(length: timedelta) -> str:
    """A length of time in its largest unit: `45 s`, `5 min`, `3 h`, `12 days`."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return _("%(n)s s", n=seconds)
    if seconds < 3600:
        return _("%(n)s min", n=seconds // 60)
    if seconds < _DAY_SECONDS:
        return _("%(n)s h", n=seconds // 3600)
    return ngettext("%(n)s day", "%(n)s days", seconds // _DAY_SECONDS)


def initials(name: str | None) -> str:
    """Up to two capital letters for an avatar; empty for a name we do not know."""
    words = (name or "").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def channel_words(channel: str) -> str:
    """A channel of messages in words."""
    return {
        "email": _("E-mail"), "sms": _("SMS"), "whatsapp": _("WhatsApp"), "phone": _("Phone"), "push": _("Push"),
        "post": _("Post"),
    }.get(channel, channel)  # fmt: skip
