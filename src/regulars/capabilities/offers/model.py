"""A promotion as it is written down: who gets it, when and where, on which products, and what it does.

Money is integer minor units of `currency`; shares are basis points (1,250 is 12.5 %). An empty set of stores, channels,
tiers or segments means everybody. Codes are checked outside; a promotion only says that it needs one.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from regulars.vocabulary.errors import InvalidInput

Word = Annotated[str, Meta(min_length=1, max_length=120)]
Words = Annotated[frozenset[Word], Meta(max_length=5_000)]
Minor = Annotated[int, Meta(ge=0, le=10**12)]
Price = Annotated[int, Meta(ge=1, le=10**12)]
Share = Annotated[int, Meta(ge=1, le=10_000)]
Several = Annotated[int, Meta(ge=2, le=24)]
Count = Annotated[int, Meta(ge=1, le=10**9)]
Moment = Annotated[datetime, Meta(tz=True)]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Mode = Literal["best", "stack", "exclusive"]


class PromotionError(InvalidInput):
    """A promotion that cannot be used; `field` names the place, the message what to do."""

    code = "invalid_promotion"


class Selector(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Products: those in `skus`, and those in one of `categories` and of one of `brands` where these are given.

    Nothing given means every product. A category is a path such as "Drinks > Coffee" and holds all below it. What an
    `except_` names is never in.
    """

    skus: Words = frozenset()
    categories: Words = frozenset()
    brands: Words = frozenset()
    except_skus: Words = frozenset()
    except_categories: Words = frozenset()
    except_brands: Words = frozenset()


class Percentage(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="percentage"):
    """A share off each item, rounded half up per item."""

    off_bp: Share


class AmountOff(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="amount", omit_defaults=True
):
    """An amount off each item (for weighed goods: off each whole unit of quantity), or once off the basket."""

    off_minor: Price
    per: Literal["item", "basket"] = "item"


class FixedPrice(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="fixed_price"):
    """Each item at this price, where it costs more."""

    price_minor: Minor


class NForM(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="n_for_m", omit_defaults=True
):
    """Any `buy` of the products: the `buy - pay` cheapest of them free, or all of them for `price_minor`."""

    buy: Several
    pay: Count | None = None
    price_minor: Minor | None = None


class Cheapest(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="cheapest", omit_defaults=True
):
    """The cheapest of every `of` items at a share off; all of it unless said otherwise."""

    of: Several
    off_bp: Share = 10_000


class BundlePart(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """So many of these products belong in the bundle."""

    products: Selector
    quantity: Annotated[int, Meta(ge=1, le=24)] = 1


class Bundle(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="bundle", omit_defaults=True
):
    """Some of each part together: for a price, or at an amount or a share off; one of the three."""

    parts: Annotated[tuple[BundlePart, ...], Meta(min_length=2, max_length=6)]
    price_minor: Minor | None = None
    off_minor: Price | None = None
    off_bp: Share | None = None


class Threshold(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="threshold", omit_defaults=True
):
    """Products for `spend_minor` at list prices bring an amount or a share off them, or the dearest of `free` for nothing."""

    spend_minor: Price
    off_minor: Price | None = None
    off_bp: Share | None = None
    free: Selector | None = None


class TierPrice(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The price of each item from so many of one product on, for members of `tier` or for everybody."""

    price_minor: Minor
    from_quantity: Annotated[int, Meta(ge=1, le=1_000)] = 1
    tier: str = ""


class TierPrices(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="tier_prices"):
    """Prices by quantity or by the member's tier; the lowest one reached counts for all items taken together."""

    prices: Annotated[tuple[TierPrice, ...], Meta(min_length=1, max_length=20)]


Effect = Percentage | AmountOff | FixedPrice | NForM | Cheapest | Bundle | Threshold | TierPrices


class Window(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """From `starts` until just before `ends`; both with their offset from UTC."""

    starts: Moment | None = None
    ends: Moment | None = None


class HappyHour(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """From `begins` until just before `ends` by the clock of the store; an end before the begin is on the next day.

    `days` are those it begins on; none given means every day.
    """

    begins: Clock
    ends: Clock
    days: frozenset[Weekday] = frozenset()


class Limits(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Bounds of use. `total`, `member` (each member) and `day` count sales, `basket` the items or sets of one sale.

    `budget_minor` bounds what the promotion gives away altogether, in minor units.
    """

    total: Count | None = None
    member: Count | None = None
    day: Count | None = None
    basket: Count | None = None
    budget_minor: Price | None = None


class Promotion(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One promotion in one version.

    `mode` says how it goes with others: an item counts for one `best` promotion; a `stack` promotion comes on top; an
    `exclusive` group comes alone in its basket. A higher `priority` comes first on top, and wins a tie. No promotion
    takes the price of an item below `floor_minor`. Ids that begin with ~ are those of vouchers and rewards.
    """

    id: Annotated[str, Meta(min_length=1, max_length=80, pattern="^[^~]")]
    name: Word
    effect: Effect
    version: Annotated[int, Meta(ge=1, le=10**9)] = 1
    text: Annotated[str, Meta(max_length=200)] = ""
    products: Selector = Selector()
    currency: Annotated[str, Meta(pattern=r"^([A-Z]{3})?$")] = ""
    window: Window = Window()
    happy_hours: Annotated[tuple[HappyHour, ...], Meta(max_length=50)] = ()
    stores: Words = frozenset()
    channels: Words = frozenset()
    tiers: Words = frozenset()
    segments: Words = frozenset()
    member_only: bool = False
    code_required: bool = False
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] = 0
    group: Word = "offers"
    mode: Mode = "best"
    limits: Limits = field(default_factory=Limits)
    floor_minor: Minor = 0


def parse(text: str | bytes) -> Promotion:
    """Read one promotion from JSON (it begins with a brace) or TOML.

    Raises PromotionError naming the place of what is wrong. Whether its parts make sense together is for `lint`.
    """
    try:
        written = text.decode() if isinstance(text, bytes) else text
        raw: Any = (
            msgspec.json.decode(written) if written.lstrip().startswith("{") else tomllib.loads(written)
        )
        if isinstance(raw, dict) and isinstance(effect := raw.get("effect"), dict):
            _check_kind(effect.get("kind"))
        return msgspec.convert(raw, Promotion)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise PromotionError(
            "%(fault)s.", fault=message, field=place.rstrip("`").lstrip(".") or None
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.DecodeError) as error:
        line = re.search(r"at line (\d+)", str(error))
        if line is None:
            raise PromotionError("This is neither JSON nor TOML.") from None
        raise PromotionError("This is neither JSON nor TOML: see line %(line)s.", line=line[1]) from None


def _check_kind(kind: Any) -> None:
    """Points have one place where they are given: what sales earn is kept with them, in the programme's version."""
    if kind == "points":
        message = "Points are given by the programme; write a multiplier there instead of a promotion."
        raise PromotionError(message, field="effect.kind")
