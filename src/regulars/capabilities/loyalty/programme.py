"""A loyalty programme: read from TOML, checked, and named by a digest.

The file holds the rules alone; which version of it holds from when is kept outside, in `Version`.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct, field

from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import CUSTOM_PREFIX

from .terms import (
    EARNING_EVENTS,
    POINT_TYPES_MAX,
    REWARDS_MAX,
    RULES_MAX,
    TIERS_MAX,
    Bonus,
    Credit,
    Currency,
    Cycle,
    Debt,
    EarnRule,
    Exclude,
    Expiry,
    Kind,
    Limits,
    Members,
    Money,
    Multiplier,
    Name,
    PointType,
    Redeem,
    Reward,
    Tier,
    Where,
)

TEXT_BYTES_MAX = 500_000


class ProgrammeError(InvalidInput):
    """A programme that cannot be used; `field` names the place in the file, such as earn[0].rates."""

    code = "invalid_programme"


class Programme(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """A whole programme. Equal programmes have equal digests, however their files are laid out.

    `kinds` says which skus or categories are gift cards, deposits or shipping. Tiers stand from the lowest up.
    """

    name: Name
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]
    currencies: Annotated[dict[Currency, Money], Meta(min_length=1, max_length=50)]
    point: Annotated[tuple[PointType, ...], Meta(min_length=1, max_length=POINT_TYPES_MAX)]
    members: Members = Members()
    combine: Literal["highest", "multiply"] = "highest"
    earn: Annotated[tuple[EarnRule, ...], Meta(max_length=RULES_MAX)] = ()
    multiplier: Annotated[tuple[Multiplier, ...], Meta(max_length=RULES_MAX)] = ()
    bonus: Annotated[tuple[Bonus, ...], Meta(max_length=RULES_MAX)] = ()
    credit: Credit = Credit()
    exclude: Exclude = Exclude()
    kinds: Annotated[dict[str, Kind], Meta(max_length=2_000)] = field(default_factory=dict)
    tier: Annotated[tuple[Tier, ...], Meta(max_length=TIERS_MAX)] = ()
    cycle: Cycle = Cycle()
    redeem: Redeem = Redeem()
    debt: Debt = Debt()
    limits: Limits = Limits()
    reward: Annotated[tuple[Reward, ...], Meta(max_length=REWARDS_MAX)] = ()

    def digest(self) -> str:
        """sha256 of the canonical form, in hex."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone its days begin and end in."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def asks_for_tiers(self) -> bool:
        """Whether what a sale earns depends on the member's tier."""
        rules: list[EarnRule | Multiplier | Bonus] = [*self.earn, *self.multiplier, *self.bonus]
        return any(rule.where.tiers for rule in rules)

    def day_of(self, at: datetime) -> date:
        """The day of an instant in the programme's zone."""
        return at.astimezone(self.zone).date()

    def point_type(self, code: str) -> PointType:
        """The point type of this code. Raises KeyError for one the programme does not have."""
        for kind in self.point:
            if kind.code == code:
                return kind
        raise KeyError(code)

    def in_money(self, credit: int) -> dict[str, int]:
        """What is spent for so much tier credit, in minor units of each currency, rounded up; none where points count."""
        if self.credit.of != "spend":
            return {}
        return {
            code: -(-credit * money.credit_per_minor // money.credit)
            for code, money in sorted(self.currencies.items())
        }

    @property
    def credit_point(self) -> str:
        """The point type that counts towards tiers where points do: the one named, else the first."""
        return self.credit.point or self.point[0].code


class Version(Struct, frozen=True):
    """A published programme: its number, and the instant from which sales are counted by it."""

    number: int
    effective_from: datetime
    programme: Programme


def in_force(versions: Iterable[Version], at: datetime) -> Version | None:
    """The version that rules what happened at `at`; of several from the same instant, the highest number."""
    found: Version | None = None
    for version in versions:
        if version.effective_from <= at and (found is None or _order(found) < _order(version)):
            found = version
    return found


def _order(version: Version) -> tuple[datetime, int]:
    return version.effective_from, version.number


def parse(text: str | bytes) -> Programme:
    """Read a programme. Raises ProgrammeError naming the place of what is wrong and what to do about it."""
    if len(text) > TEXT_BYTES_MAX:
        raise ProgrammeError("A programme has at most %(n)s characters; take some out.", n=TEXT_BYTES_MAX)
    try:
        raw = tomllib.loads(text.decode() if isinstance(text, bytes) else text)
        programme = msgspec.convert(raw, Programme)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProgrammeError("This is not TOML: %(fault)s.", fault=str(error)) from None
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        where = place.rstrip("`").lstrip(".") or None
        raise ProgrammeError("%(fault)s.", field=where, fault=message) from None
    check(programme)
    return programme


def check(programme: Programme) -> None:
    """What one field cannot say alone. Raises ProgrammeError; `parse` has called it."""
    try:
        ZoneInfo(programme.time_zone)
    except (KeyError, ValueError, OSError):
        raise ProgrammeError(
            "There is no time zone '%(zone)s'; write an IANA name such as Europe/Berlin.",
            field="time_zone",
            zone=programme.time_zone,
        ) from None
    _check_names(programme)
    _check_members(programme.members)
    for number, point in enumerate(programme.point):
        _check_currencies(programme, point.value, f"point[{number}].value")
        _check_expiry(point.expiry, f"point[{number}].expiry")
    for number, rule in enumerate(programme.earn):
        _check_rule(programme, rule, f"earn[{number}]")
    for number, multiplier in enumerate(programme.multiplier):
        _check_where(programme, multiplier.where, f"multiplier[{number}].where")
        _known(multiplier.rules, [rule.id for rule in programme.earn], f"multiplier[{number}].rules")
    for number, bonus in enumerate(programme.bonus):
        _check_bonus(programme, bonus, f"bonus[{number}]")
    for number, reward in enumerate(programme.reward):
        _check_reward(programme, reward, f"reward[{number}]")
    if programme.credit.point is not None:
        _known([programme.credit.point], _points(programme), "credit.point")
    _check_tiers(programme.tier)
    if programme.debt.policy != "unlimited":
        _needs(
            "recover_from_refund",
            programme.debt.policy,
            "debt",
            there=programme.debt.recover_from_refund,
            wanted=False,
        )
    if programme.limits.beyond == "tell":
        for name in ("own_card", "same_referral"):
            _needs(name, "tell", "limits", there=getattr(programme.limits, name), wanted=False)


def _check_members(members: Members) -> None:
    if members.who != "enrolled":
        _needs(
            "sales_before_days", members.who, "members", there=bool(members.sales_before_days), wanted=False
        )


def _check_names(programme: Programme) -> None:
    """Codes name one thing each; rules, multipliers and bonuses share one set, for grants are named by it."""
    _once([point.code for point in programme.point], "point[%d].code")
    _once([tier.code for tier in programme.tier], "tier[%d].code")
    _once([reward.code for reward in programme.reward], "reward[%d].code")
    rules = [rule.id for rule in programme.earn]
    _once(rules, "earn[%d].id")
    _once([one.id for one in programme.multiplier], "multiplier[%d].id")
    _once([*rules, *(bonus.id for bonus in programme.bonus)], "bonus[%d].id", skip=len(rules))


def _once(codes: Sequence[str], place: str, skip: int = 0) -> None:
    seen: set[str] = set()
    for number, code in enumerate(codes):
        if code in seen:
            raise ProgrammeError(
                "'%(name)s' is there twice; give one of them another name.",
                field=place % (number - skip),
                name=code,
            )
        seen.add(code)


def _known(codes: Iterable[str], there: Sequence[str], place: str) -> None:
    for code in codes:
        if code not in there:
            raise ProgrammeError(
                "There is no '%(name)s' in this programme; there are: %(known)s.",
                field=place,
                name=code,
                known=", ".join(there) or "-",
            )


def _points(programme: Programme) -> list[str]:
    return [point.code for point in programme.point]


def _check_currencies(programme: Programme, named: Iterable[str], place: str) -> None:
    _known(sorted(named), sorted(programme.currencies), place)


def _check_expiry(expiry: Expiry, place: str) -> None:
    wanted = {"days": "days", "months": "months", "yearly": "month_day"}.get(expiry.policy)
    for name in ("days", "months", "month_day"):
        _needs(name, expiry.policy, place, there=getattr(expiry, name) is not None, wanted=name == wanted)
    if expiry.policy != "yearly":
        _needs("grace_months", expiry.policy, place, there=bool(expiry.grace_months), wanted=False)
    if expiry.month_day is not None:
        month, day = month_and_day(expiry.month_day)
        try:
            date(2024, month, day)
        except ValueError:
            raise ProgrammeError(
                "There is no day %(day)s in any year; write month and day as 12-31.",
                field=f"{place}.month_day",
                day=expiry.month_day,
            ) from None


def month_and_day(text: str) -> tuple[int, int]:
    """The two numbers of an MM-DD."""
    month, _, day = text.partition("-")
    return int(month), int(day)


def _needs(name: str, choice: str, place: str, *, there: bool, wanted: bool) -> None:
    """A field that its choice needs is there, and one it has no use for is not."""
    if wanted and not there:
        raise ProgrammeError(
            "'%(choice)s' needs '%(name)s'.", field=f"{place}.{name}", choice=choice, name=name
        )
    if there and not wanted:
        raise ProgrammeError(
            "'%(choice)s' takes no '%(name)s'; take it out.",
            field=f"{place}.{name}",
            choice=choice,
            name=name,
        )


def _check_rule(programme: Programme, rule: EarnRule, place: str) -> None:
    _known([rule.point], _points(programme), f"{place}.point")
    per = f"per {rule.per}"
    _needs("points", per, place, there=rule.points is not None, wanted=rule.per != "spend")
    if rule.per != "spend":
        _needs("rates", per, place, there=bool(rule.rates), wanted=False)
    _check_currencies(programme, rule.rates, f"{place}.rates")
    _check_where(programme, rule.where, f"{place}.where")


def _check_where(programme: Programme, where: Where, place: str) -> None:
    _known(where.tiers, [tier.code for tier in programme.tier], f"{place}.tiers")
    _check_currencies(programme, where.minimum_minor, f"{place}.minimum_minor")
    if (where.time_from is None) != (where.time_to is None):
        name = "time_from" if where.time_from is None else "time_to"
        raise ProgrammeError(
            "A time of day needs both ends; add '%(name)s'.", field=f"{place}.{name}", name=name
        )
    if where.time_from is not None and where.time_from == where.time_to:
        raise ProgrammeError("A time of day must not be empty; move one end.", field=f"{place}.time_to")
    if where.date_from is not None and where.date_to is not None and where.date_from > where.date_to:
        raise ProgrammeError("The last day is before the first; swap them.", field=f"{place}.date_to")


def _check_bonus(programme: Programme, bonus: Bonus, place: str) -> None:
    _known([bonus.point], _points(programme), f"{place}.point")
    _check_where(programme, bonus.where, f"{place}.where")
    if "." in bonus.on and not (bonus.on.startswith(CUSTOM_PREFIX) or bonus.on in EARNING_EVENTS):
        raise ProgrammeError(
            "Nothing is given for events of type '%(event)s'; write one of your own, custom.NAME, or one of: %(known)s.",
            field=f"{place}.on",
            event=bonus.on,
            known=", ".join(sorted(EARNING_EVENTS)),
        )
    if bonus.on != "birthday" and bonus.birthday != "gift":
        raise ProgrammeError("Only a birthday takes 'birthday'; take it out.", field=f"{place}.birthday")
    if not bonus.with_sale and (
        bonus.where.of_products() or bonus.where.tenders or bonus.where.minimum_minor
    ):
        raise ProgrammeError(
            "'%(event)s' comes without a sale, so products, tenders and a minimum cannot limit it; take them out.",
            field=f"{place}.where",
            event=bonus.on,
        )


def _check_reward(programme: Programme, reward: Reward, place: str) -> None:
    _known([reward.point], _points(programme), f"{place}.point")
    _known(reward.tiers, [tier.code for tier in programme.tier], f"{place}.tiers")
    _check_currencies(programme, reward.value_minor, f"{place}.value_minor")
    _check_currencies(programme, reward.cash_minor, f"{place}.cash_minor")
    of_money = reward.kind in ("amount_off", "cashback", "voucher")
    _needs("value_minor", reward.kind, place, there=bool(reward.value_minor), wanted=of_money)
    _needs(
        "percent", reward.kind, place, there=reward.percent is not None, wanted=reward.kind == "percentage"
    )
    _needs("sku", reward.kind, place, there=reward.sku is not None, wanted=reward.kind == "product")
    if reward.kind != "voucher":
        _needs("valid_days", reward.kind, place, there=reward.valid_days is not None, wanted=False)


def _check_tiers(tiers: Sequence[Tier]) -> None:
    if tiers and tiers[0].threshold:
        raise ProgrammeError("The first tier is everybody's; its threshold is 0.", field="tier[0].threshold")
    for number in range(1, len(tiers)):
        if tiers[number].threshold <= tiers[number - 1].threshold:
            raise ProgrammeError(
                "Tiers stand from the lowest up; '%(tier)s' must need more than '%(below)s'.",
                field=f"tier[{number}].threshold",
                tier=tiers[number].code,
                below=tiers[number - 1].code,
            )


class Fault(Struct, frozen=True):
    """Why a programme that can be read should be looked at: where, and a text with its values by name."""

    field: str
    template: str
    values: dict[str, str] = {}

    @property
    def message(self) -> str:
        """The fault in English."""
        return self.template % self.values


def lint(programme: Programme) -> list[Fault]:
    """What can be read but is most likely not meant; publishing shows these and asks."""
    return [*_unused(programme), *_worthless(programme), *_silent(programme)]


def _unused(programme: Programme) -> Iterator[Fault]:
    given = {rule.point for rule in programme.earn} | {bonus.point for bonus in programme.bonus}
    for number, point in enumerate(programme.point):
        if point.code not in given:
            yield Fault(
                f"point[{number}]",
                "No rule gives '%(point)s'; add one or take it out.",
                {"point": point.code},
            )
    for number, multiplier in enumerate(programme.multiplier):
        fixed = {rule.id for rule in programme.earn if rule.per == "sale"}
        if multiplier.rules and fixed.issuperset(multiplier.rules):
            yield Fault(
                f"multiplier[{number}].rules",
                "'%(id)s' multiplies only rules of fixed points, which are never multiplied.",
                {"id": multiplier.id},
            )


def _worthless(programme: Programme) -> Iterator[Fault]:
    for number, point in enumerate(programme.point):
        missing = sorted(set(programme.currencies) - set(point.value))
        if point.value and missing:
            yield Fault(
                f"point[{number}].value",
                "'%(point)s' has no value in %(currencies)s and cannot be spent there.",
                {"point": point.code, "currencies": ", ".join(missing)},
            )
    for number, rule in enumerate(programme.earn):
        missing = sorted(set(programme.currencies) - set(rule.rates))
        if rule.rates and missing:
            yield Fault(
                f"earn[{number}].rates",
                "'%(rule)s' gives nothing for sales in %(currencies)s.",
                {"rule": rule.id, "currencies": ", ".join(missing)},
            )


def _silent(programme: Programme) -> Iterator[Fault]:
    for number, point in enumerate(programme.point):
        if point.expiry.policy == "never" and point.reminder_days:
            yield Fault(
                f"point[{number}].reminder_days",
                "'%(point)s' never expires, so nobody is reminded.",
                {"point": point.code},
            )
        if point.expiry.policy != "never" and not point.reminder_days:
            yield Fault(
                f"point[{number}].reminder_days",
                "'%(point)s' expires without a reminder; add days such as [30, 7].",
                {"point": point.code},
            )
    if programme.debt.recover_from_refund and not any(point.value for point in programme.point):
        yield Fault(
            "debt.recover_from_refund", "No points have a value in money, so nothing is kept from a refund."
        )
    limits = programme.limits
    watched = limits.points_per_day or limits.card_uses_per_day or limits.own_card or limits.same_referral
    if limits.beyond == "wait" and not watched:
        yield Fault(
            "limits.beyond", "Nothing waits, since there is no limit; add one such as points_per_day."
        )
    longest = min((point.expiry.days for point in programme.point if point.expiry.days), default=None)
    if limits.beyond == "wait" and longest is not None and longest < limits.review_days:
        yield Fault(
            "limits.review_days",
            "Points may wait for %(days)s days, longer than they are good for.",
            {"days": str(limits.review_days)},
        )
    places: list[EarnRule | Multiplier | Bonus] = [*programme.earn, *programme.multiplier, *programme.bonus]
    if programme.cycle.upgrade == "same_basket" and not any(one.where.tiers for one in places):
        yield Fault("cycle.upgrade", "No rule asks for a tier, so it does not matter when an upgrade counts.")
    if len(programme.tier) > 1 and not programme.cycle.warn_days:
        yield Fault("cycle.warn_days", "Members lose a tier without a warning; add days such as 60.")
