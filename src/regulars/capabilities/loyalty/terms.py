"""The parts of a programme, as its file names them. All amounts are integers: points, minor units, whole percents.

A value of money stands per currency, `{ EUR = 2000 }`, because amounts of different currencies are never compared. A
currency that such a table does not name is not concerned by it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

Code = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Words = Annotated[str, Meta(min_length=1, max_length=200)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Points = Annotated[int, Meta(ge=1, le=10**9)]
Minor = Annotated[int, Meta(ge=1, le=10**12)]
Days = Annotated[int, Meta(ge=0, le=3_660)]
Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Kind = Literal["goods", "shipping", "gift_card", "deposit"]
PerCurrency = Annotated[dict[Currency, Minor], Meta(max_length=50)]
Named = Annotated[frozenset[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=2_000)]
NOTHING: Final[frozenset[str]] = frozenset()

WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
POINT_TYPES_MAX: Final = 10
RULES_MAX: Final = 200
TIERS_MAX: Final = 20
REWARDS_MAX: Final = 500


class Rate(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`points` for every `per_minor` minor units spent, as an exact fraction: 15.50 at 1 per 100 are 15 points."""

    per_minor: Minor
    points: Points = 1


class Money(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A currency the programme serves: the rate spending earns at, and how it counts towards a tier.

    `credit` units of tier credit for every `credit_per_minor` minor units.
    """

    per_minor: Minor
    points: Points = 1
    credit: Points = 1
    credit_per_minor: Minor = 1


class Worth(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What points are worth when spent: `points` of them are `minor` minor units."""

    minor: Minor
    points: Points = 1


class Members(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who takes part: those who joined, whoever has a loyalty card, or every customer a source identifies.

    `sales_before_days`: sales so many days before joining earn too, for the receipt brought back to the till.
    """

    who: Literal["enrolled", "card", "known"] = "enrolled"
    sales_before_days: Days = 0


class Expiry(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When points end, counted from the day they can be spent: always at the end of a day in the programme's zone.

    `days` after it; `months` after it, at that month's end; or `yearly` on `month_day` (MM-DD), `grace_months` later.
    """

    policy: Literal["never", "days", "months", "yearly"] = "never"
    days: Annotated[int, Meta(ge=1, le=36_600)] | None = None
    months: Annotated[int, Meta(ge=1, le=1_200)] | None = None
    month_day: Annotated[str, Meta(pattern="^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")] | None = None
    grace_months: Annotated[int, Meta(ge=0, le=60)] = 0


class PointType(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One sort of points. They can be spent `pending_days` after the sale; reminders go out days before they end."""

    code: Code
    name: Name
    value: Annotated[dict[Currency, Worth], Meta(max_length=50)] = field(default_factory=dict)
    pending_days: Days = 0
    expiry: Expiry = Expiry()
    reminder_days: Annotated[tuple[Annotated[int, Meta(ge=1, le=365)], ...], Meta(max_length=5)] = ()


class Where(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a rule is limited to; what is left out limits nothing. Times and dates are the programme's, ends included.

    `categories` hold those below them ("Drinks" holds "Drinks > Coffee"). `tenders` count the part of a sale that was
    paid that way. `time_to` is the first minute outside; a window may pass midnight, and belongs to the day it opens.
    `minimum_minor` is what the lines that fit must come to, on the base that earns.
    """

    skus: Named = NOTHING
    categories: Named = NOTHING
    brands: Named = NOTHING
    without_skus: Named = NOTHING
    without_categories: Named = NOTHING
    without_brands: Named = NOTHING
    stores: Named = NOTHING
    channels: Named = NOTHING
    tenders: Named = NOTHING
    weekdays: tuple[Weekday, ...] = ()
    time_from: Clock | None = None
    time_to: Clock | None = None
    date_from: date | None = None
    date_to: date | None = None
    tiers: tuple[Code, ...] = ()
    minimum_minor: PerCurrency = field(default_factory=dict)

    def of_products(self) -> bool:
        """Whether it chooses among the lines of a sale."""
        wanted = self.skus or self.categories or self.brands
        return bool(wanted or self.without_skus or self.without_categories or self.without_brands)


class Caps(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The most points a rule gives one member: in a sale, a day, a month (the programme's), and ever."""

    sale: Points | None = None
    day: Points | None = None
    month: Points | None = None
    lifetime: Points | None = None


EARNING_EVENTS: Final = frozenset(
    """page.viewed product.viewed cart.updated message.delivered message.opened message.clicked consent.given
    case.opened case.closed score.updated customer.updated payment.settled""".split()
)
"""Types of events that a bonus may name, besides those of one's own."""
BONUS_EVENTS: Final = {"review.posted": "review", "customer.referred": "referral"}
"""What a bonus calls some types of events."""


def bonus_of(event_type: str) -> str:
    """What a bonus calls an event of a type."""
    return BONUS_EVENTS.get(event_type, event_type)


class EarnRule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule that gives points for a sale.

    `per` spend: at `rates`, else at the rates of the programme's currencies. `per` unit: `points` for each piece or
    unit of weight. `per` sale: `points` once. Points are rounded down once for the whole sale.
    """

    id: Code
    point: Code
    per: Literal["spend", "unit", "sale"] = "spend"
    rates: Annotated[dict[Currency, Rate], Meta(max_length=50)] = field(default_factory=dict)
    points: Points | None = None
    where: Where = Where()
    caps: Caps = Caps()


class Multiplier(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Multiplies what rules per spend and per unit give: 200 percent doubles. Empty `rules` are all of them."""

    id: Code
    percent: Annotated[int, Meta(ge=100, le=10_000)]
    rules: tuple[Code, ...] = ()
    where: Where = Where()


class Bonus(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Points for something that happens: `on` is enrolment, first_purchase, birthday, referral, review, or a type of event.

    `once` ever, or in each year, month or day; `always` for every time. `birthday` says how a birthday's points come:
    as a gift on the day, or with the first purchase on the day or in the month.
    """

    id: Code
    point: Code
    on: Annotated[
        str,
        Meta(
            pattern=r"^(enrolment|first_purchase|birthday|referral|review|[a-z][a-z0-9_]*(\.[a-z0-9_]+){1,3})$"
        ),
    ]
    points: Points
    once: Literal["ever", "year", "month", "day", "always"] | None = None
    birthday: Literal["gift", "purchase_on_day", "purchase_in_month"] = "gift"
    where: Where = Where()

    @property
    def period(self) -> str:
        """Its once-rule: birthday and referral once a year, anything else once ever, unless the file says otherwise."""
        return self.once or ("year" if self.on in ("birthday", "referral") else "ever")

    @property
    def with_sale(self) -> bool:
        """Whether it is given with a purchase, rather than for an event of its own."""
        return self.on == "first_purchase" or (self.on == "birthday" and self.birthday != "gift")


class Credit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What counts towards tiers: spending, at the currency's credit rate, or the points of type `point` it earned."""

    of: Literal["spend", "points"] = "spend"
    point: Code | None = None


class Exclude(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What earns nothing. Tips never do.

    Without `gift_cards`, buying one earns and paying with one does not; with it, the other way round. What is paid by
    `tenders` was not paid in money and lowers what earns.
    """

    tax: bool = False
    shipping: bool = True
    gift_cards: bool = True
    deposits: bool = True
    skus: Named = NOTHING
    categories: Named = NOTHING
    brands: Named = NOTHING
    tenders: Named = frozenset(("points", "loyalty", "voucher", "coupon"))


class Tier(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tier from `threshold` units of tier credit in the window."""

    code: Code
    name: Name
    threshold: Annotated[int, Meta(ge=0, le=10**15)] = 0
    benefits: Annotated[tuple[Words, ...], Meta(max_length=20)] = ()


class Cycle(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The window credit is counted in, and how long a tier is kept.

    Rolling: the last `months`, and a tier is kept so many months from the latest purchase at which the window's credit
    reached it. Calendar year: credit since 1 January, kept to the end of the year, or of the next with `kept`. Then
    `grace_days` more. `down` one level a cycle, or at once to what is earned. Members are warned `warn_days` before. A
    tier counts from the sale after the one that reached it, or with `upgrade` same_basket for that sale already.
    """

    window: Literal["rolling", "calendar_year"] = "rolling"
    months: Annotated[int, Meta(ge=1, le=60)] = 12
    kept: Literal["this_year", "next_year"] = "next_year"
    grace_days: Annotated[int, Meta(ge=0, le=366)] = 0
    down: Literal["one_level", "to_earned"] = "to_earned"
    warn_days: Annotated[int, Meta(ge=0, le=366)] = 0
    upgrade: Literal["next_sale", "same_basket"] = "next_sale"


class Redeem(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How points are spent: from `minimum` on, in multiples of `step`, for at most `max_percent` of a basket.

    Points that come back after their day has passed can be spent for `return_grace_days` more.
    """

    minimum: Points = 1
    step: Points = 1
    max_percent: Annotated[int, Meta(ge=1, le=100)] = 100
    blocked_in_debt: bool = True
    return_grace_days: Annotated[int, Meta(ge=1, le=366)] = 30


class Debt(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How far a return may take points back: pending ones only, down to a balance of nothing, or below it.

    `recover_from_refund`: what would fall below is kept from the refund in money, at what the points are worth.
    """

    policy: Literal["only_pending", "within_balance", "unlimited"] = "unlimited"
    recover_from_refund: bool = False


class Limits(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a person must look. None: no limit.

    `points_per_day` of one member, `card_uses_per_day` of one card, `adjustment_points` a cashier gives alone. `beyond`
    these points wait until a person releases or refuses them, or people are only told. What is `unreviewed` after
    `review_days` is released, or refused. `own_card`: the cashier is the customer. `same_referral`: who was referred
    shares a device, a contact or a home with who referred them.
    """

    points_per_day: Points | None = None
    card_uses_per_day: Points | None = None
    adjustment_points: Points | None = None
    beyond: Literal["tell", "wait"] = "tell"
    own_card: bool = False
    same_referral: bool = False
    review_days: Annotated[int, Meta(ge=1, le=365)] = 7
    unreviewed: Literal["release", "refuse"] = "release"


class Reward(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An entry of the catalogue: `points` of type `point`, and `cash_minor` on top where it names a currency.

    `value_minor` belongs to amount_off, cashback and voucher, `percent` to percentage, `sku` to product. A voucher can
    be used for `valid_days`.
    """

    code: Code
    name: Name
    point: Code
    points: Points
    kind: Literal["amount_off", "percentage", "product", "cashback", "voucher"]
    value_minor: PerCurrency = field(default_factory=dict)
    percent: Annotated[int, Meta(ge=1, le=100)] | None = None
    sku: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    cash_minor: PerCurrency = field(default_factory=dict)
    valid_days: Annotated[int, Meta(ge=1, le=3_660)] | None = None
    tiers: tuple[Code, ...] = ()

    @property
    def issues_voucher(self) -> bool:
        """Whether it is a voucher for later, rather than something off the basket it is had with."""
        return self.kind == "voucher"
