"""A programme as sentences a marketer can read, and what would change between two of them.

Every field of the file is in a sentence, except those at a value that does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from .programme import Programme
from .saying import Amount, Sentence, amounts, listed, many, say
from .terms import Bonus, Caps, EarnRule, Exclude, Expiry, Limits, Multiplier, PointType, Reward, Where

Sentences = Iterator[Sentence]


def describe(programme: Programme) -> list[Sentence]:
    """The programme in sentences, in the order of its file."""
    return [
        *_frame(programme),
        *(sentence for point in programme.point for sentence in _point(point)),
        *(sentence for rule in programme.earn for sentence in _earn(rule)),
        *_multipliers(programme),
        *(sentence for bonus in programme.bonus for sentence in _bonus(bonus)),
        *_exclude(programme.exclude),
        *_kinds(programme),
        *_tiers(programme),
        *_spending(programme),
        *(sentence for reward in programme.reward for sentence in _reward(reward)),
    ]


class Change(Struct, frozen=True):
    """What changes at one place: sentences that no longer hold and those that hold instead; one of them may be empty."""

    about: str
    before: tuple[Sentence, ...]
    after: tuple[Sentence, ...]

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        return "changed" if self.before and self.after else "added" if self.after else "removed"


def compare(old: Programme, new: Programme) -> list[Change]:
    """What publishing `new` in place of `old` changes, place by place; empty when they say the same."""
    was, will = describe(old), describe(new)
    places = dict.fromkeys(sentence.about for sentence in [*will, *was])
    changes = []
    for about in places:
        before = tuple(sentence for sentence in was if sentence.about == about and sentence not in will)
        after = tuple(sentence for sentence in will if sentence.about == about and sentence not in was)
        if before or after:
            changes.append(Change(about, before, after))
    return changes


def _frame(programme: Programme) -> Sentences:
    yield say("programme", "The programme is called %(name)s.", name=programme.name)
    yield say("programme", "Its days begin and end in the time zone %(zone)s.", zone=programme.time_zone)
    yield {
        "enrolled": say("members", "Customers take part when they have joined."),
        "card": say("members", "Whoever has a loyalty card takes part."),
        "known": say("members", "Every customer a source identifies takes part."),
    }[programme.members.who]
    if programme.members.sales_before_days:
        yield many(
            "members",
            "Sales up to %(n)s day before joining count too.",
            "Sales up to %(n)s days before joining count too.",
            programme.members.sales_before_days,
        )
    for currency, money in sorted(programme.currencies.items()):
        about = f"currencies.{currency}"
        spent = Amount(money.per_minor, currency)
        yield many(
            about,
            "Spending earns %(n)s point for %(spent)s, where a rule names no rate of its own.",
            "Spending earns %(n)s points for %(spent)s, where a rule names no rate of its own.",
            money.points,
            spent=spent,
        )
        if programme.credit.of == "spend" and money.credit != money.credit_per_minor:
            credit = Amount(money.credit_per_minor, currency)
            yield say(
                about, "%(spent)s spent counts %(credit)s towards a tier.", spent=credit, credit=money.credit
            )
    if programme.credit.of == "spend":
        yield say("credit", "What is spent counts towards a tier.")
    if programme.credit.of == "points":
        yield say(
            "credit", "The %(point)s that sales earn count towards a tier.", point=programme.credit_point
        )


def _point(point: PointType) -> Sentences:
    about = f"point.{point.code}"
    yield say(about, "Points of type %(code)s are called %(name)s.", code=point.code, name=point.name)
    for currency, worth in sorted(point.value.items()):
        yield many(
            about,
            "%(n)s point is worth %(amount)s.",
            "%(n)s points are worth %(amount)s.",
            worth.points,
            amount=Amount(worth.minor, currency),
        )
    if point.pending_days:
        yield many(
            about,
            "They can be spent %(n)s day after the sale.",
            "They can be spent %(n)s days after the sale.",
            point.pending_days,
        )
    else:
        yield say(about, "They can be spent at once.")
    yield _expiry(about, point.expiry)
    if point.expiry.grace_months:
        yield many(
            about,
            "They are good for %(n)s month longer.",
            "They are good for %(n)s months longer.",
            point.expiry.grace_months,
        )
    if point.reminder_days:
        days = tuple(str(day) for day in sorted(set(point.reminder_days), reverse=True))
        yield say(about, "Members are reminded before they end; days before: %(days)s.", days=days)


def _expiry(about: str, expiry: Expiry) -> Sentence:
    if expiry.policy == "days":
        return many(
            about, "They end %(n)s day after that.", "They end %(n)s days after that.", expiry.days or 0
        )
    if expiry.policy == "months":
        return many(
            about,
            "They end %(n)s month after that, at the end of the month.",
            "They end %(n)s months after that, at the end of the month.",
            expiry.months or 0,
        )
    if expiry.policy == "yearly":
        return say(about, "They end on the next %(day)s (month and day).", day=expiry.month_day or "")
    return say(about, "They never end.")


def _earn(rule: EarnRule) -> Sentences:
    about = f"earn.{rule.id}"
    yield say(about, "Rule %(id)s gives %(point)s.", id=rule.id, point=rule.point)
    if rule.per == "spend":
        if not rule.rates:
            yield say(about, "It gives points for what is spent, at the rate of the currency.")
        for currency, rate in sorted(rule.rates.items()):
            yield many(
                about,
                "It gives %(n)s point for every %(spent)s spent.",
                "It gives %(n)s points for every %(spent)s spent.",
                rate.points,
                spent=Amount(rate.per_minor, currency),
            )
    elif rule.per == "unit":
        yield many(
            about, "It gives %(n)s point per unit.", "It gives %(n)s points per unit.", rule.points or 0
        )
    else:
        yield many(
            about, "It gives %(n)s point per sale.", "It gives %(n)s points per sale.", rule.points or 0
        )
    yield from _where(about, rule.where)
    yield from _caps(about, rule.caps)


def _caps(about: str, caps: Caps) -> Sentences:
    if caps.sale is not None:
        yield say(about, "At most in one sale: %(points)s.", points=caps.sale)
    if caps.day is not None:
        yield say(about, "At most for a member in a day: %(points)s.", points=caps.day)
    if caps.month is not None:
        yield say(about, "At most for a member in a month: %(points)s.", points=caps.month)
    if caps.lifetime is not None:
        yield say(about, "At most for a member ever: %(points)s.", points=caps.lifetime)


def _where(about: str, where: Where) -> Sentences:
    named = (
        (where.skus, "Products it is for: %(names)s."),
        (where.categories, "Categories it is for, with those below them: %(names)s."),
        (where.brands, "Brands it is for: %(names)s."),
        (where.without_skus, "Not for the products %(names)s."),
        (where.without_categories, "Not for the categories %(names)s, nor those below them."),
        (where.without_brands, "Not for the brands %(names)s."),
        (where.stores, "Only in the stores %(names)s."),
        (where.channels, "Only in the channels %(names)s."),
        (where.tenders, "Only for the part paid by %(names)s."),
        (where.tiers, "Only for members of the tiers %(names)s."),
    )
    for names, template in named:
        if names:
            yield say(about, template, names=listed(names))
    if where.weekdays:
        yield say(about, "Only on the weekdays %(weekdays)s.", weekdays=listed(where.weekdays))
    if where.time_from is not None and where.time_to is not None:
        yield say(about, "Only from %(start)s to %(end)s.", start=where.time_from, end=where.time_to)
    if where.date_from is not None:
        yield say(about, "Only from %(day)s on.", day=where.date_from)
    if where.date_to is not None:
        yield say(about, "Only until %(day)s, that day included.", day=where.date_to)
    if where.minimum_minor:
        least = amounts(where.minimum_minor)
        yield say(about, "Only when these lines come to at least %(amounts)s.", amounts=least)


def _multipliers(programme: Programme) -> Sentences:
    for multiplier in programme.multiplier:
        yield from _multiplier(multiplier)
    if len(programme.multiplier) > 1:
        yield {
            "highest": say("multiplier", "Of several multipliers the highest counts."),
            "multiply": say("multiplier", "Several multipliers are multiplied with each other."),
        }[programme.combine]


def _multiplier(multiplier: Multiplier) -> Sentences:
    about = f"multiplier.{multiplier.id}"
    yield say(
        about,
        "Multiplier %(id)s gives %(percent)s percent of the points.",
        id=multiplier.id,
        percent=multiplier.percent,
    )
    if multiplier.rules:
        yield say(about, "Rules it is for: %(rules)s.", rules=listed(multiplier.rules))
    yield from _where(about, multiplier.where)


_EVENTS = {
    "enrolment": "Joining gives %(points)s %(point)s.",
    "first_purchase": "The first purchase gives %(points)s %(point)s.",
    "referral": "Referring somebody gives %(points)s %(point)s.",
    "review": "A review gives %(points)s %(point)s.",
}
_BIRTHDAYS = {
    "gift": "A birthday gives %(points)s %(point)s on the day.",
    "purchase_on_day": "The first purchase on a birthday gives %(points)s %(point)s.",
    "purchase_in_month": "The first purchase in the month of a birthday gives %(points)s %(point)s.",
}
_ONCE = {
    "ever": "Once for each member.",
    "year": "Once a year for each member.",
    "month": "Once a month for each member.",
    "day": "Once a day for each member.",
    "always": "Every time.",
}


def _bonus(bonus: Bonus) -> Sentences:
    about = f"bonus.{bonus.id}"
    template = _BIRTHDAYS[bonus.birthday] if bonus.on == "birthday" else _EVENTS.get(bonus.on)
    if template is not None:
        yield say(about, template, points=bonus.points, point=bonus.point)
    else:
        template = "The event %(event)s gives %(points)s %(point)s."
        yield say(about, template, event=bonus.on, points=bonus.points, point=bonus.point)
    yield say(about, _ONCE[bonus.period])
    yield from _where(about, bonus.where)


def _exclude(exclude: Exclude) -> Sentences:
    about = "exclude"
    yield say(about, "Tax earns nothing.") if exclude.tax else say(about, "Prices earn with their tax.")
    yield say(about, "Shipping earns nothing.") if exclude.shipping else say(about, "Shipping earns.")
    yield say(about, "Deposits earn nothing.") if exclude.deposits else say(about, "Deposits earn.")
    if exclude.gift_cards:
        yield say(about, "Buying a gift card earns nothing, paying with one does.")
    else:
        yield say(about, "Buying a gift card earns, paying with one does not.")
    named = (
        (exclude.tenders, "What is paid by %(names)s earns nothing."),
        (exclude.skus, "The products %(names)s earn nothing."),
        (exclude.categories, "The categories %(names)s and those below them earn nothing."),
        (exclude.brands, "The brands %(names)s earn nothing."),
    )
    for names, template in named:
        if names:
            yield say(about, template, names=listed(names))


_KINDS = {
    "goods": "Products or categories that are ordinary goods: %(names)s.",
    "gift_card": "Products or categories that are gift cards: %(names)s.",
    "deposit": "Products or categories that are deposits: %(names)s.",
    "shipping": "Products or categories that are shipping: %(names)s.",
}


def _kinds(programme: Programme) -> Sentences:
    for kind, template in _KINDS.items():
        names = [name for name, meant in programme.kinds.items() if meant == kind]
        if names:
            yield say("kinds", template, names=listed(names))


def _tiers(programme: Programme) -> Sentences:
    for tier in programme.tier:
        about = f"tier.{tier.code}"
        yield say(about, "Tier %(code)s is called %(name)s.", code=tier.code, name=tier.name)
        if tier.threshold:
            spent = amounts(programme.in_money(tier.threshold))
            if spent:
                yield say(about, "It begins when so much is spent: %(amounts)s.", amounts=spent)
            else:
                yield say(about, "It begins at a credit of %(credit)s.", credit=tier.threshold)
        else:
            yield say(about, "Every member is in it.")
        for benefit in tier.benefits:
            yield say(about, "Benefit: %(benefit)s", benefit=benefit)
    if len(programme.tier) > 1:
        yield from _cycle(programme)


def _cycle(programme: Programme) -> Sentences:
    about, cycle = "cycle", programme.cycle
    if cycle.window == "rolling":
        yield many(
            about,
            "Credit of the last %(n)s month counts. A tier is kept as long after the latest purchase that reached it.",
            "Credit of the last %(n)s months counts. A tier is kept as long after the latest purchase that reached it.",
            cycle.months,
        )
    elif cycle.kept == "next_year":
        yield say(about, "Credit of the calendar year counts. A tier is kept to the end of the next year.")
    else:
        yield say(about, "Credit of the calendar year counts. A tier is kept to the end of the year.")
    if cycle.grace_days:
        yield many(
            about,
            "After that it is kept for %(n)s day of grace.",
            "After that it is kept for %(n)s days of grace.",
            cycle.grace_days,
        )
    if cycle.down == "one_level":
        yield say(about, "Whoever no longer reaches a tier goes down one level at a time.")
    else:
        yield say(about, "Whoever no longer reaches a tier goes down to the one they do reach.")
    if cycle.upgrade == "same_basket":
        yield say(about, "The sale that reaches a tier is counted in it already.")
    else:
        yield say(about, "A tier counts from the sale after the one that reached it.")
    if cycle.warn_days:
        yield many(
            about,
            "Members are warned %(n)s day before they lose a tier.",
            "Members are warned %(n)s days before they lose a tier.",
            cycle.warn_days,
        )


def _spending(programme: Programme) -> Sentences:
    redeem, limits = programme.redeem, programme.limits
    about = "redeem"
    yield many(
        about,
        "From %(n)s point on members can spend.",
        "From %(n)s points on members can spend.",
        redeem.minimum,
    )
    if redeem.step > 1:
        yield say(about, "Points are spent in multiples of %(step)s.", step=redeem.step)
    if redeem.max_percent < 100:
        yield say(about, "Points pay at most %(percent)s percent of a basket.", percent=redeem.max_percent)
    if redeem.blocked_in_debt:
        yield say(about, "Nothing can be spent while a balance is below zero.")
    else:
        yield say(about, "Rewards stay open while a balance is below zero.")
    yield many(
        about,
        "Points that come back after their end are good for %(n)s day more.",
        "Points that come back after their end are good for %(n)s days more.",
        redeem.return_grace_days,
    )
    yield {
        "only_pending": say("debt", "A return takes back only points that cannot be spent yet."),
        "within_balance": say("debt", "A return takes back points as far as there are any."),
        "unlimited": say("debt", "A return takes back all it must; a balance may fall below zero."),
    }[programme.debt.policy]
    if programme.debt.recover_from_refund:
        yield say("debt", "What would fall below zero is kept from the refund, at what the points are worth.")
    about = "limits"
    yield from _held_back(limits)
    if limits.adjustment_points is not None:
        yield say(
            about,
            "Somebody else approves an adjustment above %(points)s points.",
            points=limits.adjustment_points,
        )


def _held_back(limits: Limits) -> Sentences:
    """What a person looks at: first, or afterwards."""
    about, waits = "limits", limits.beyond == "wait"
    if limits.points_per_day is not None and waits:
        yield say(
            about,
            "What takes a member beyond %(points)s points in a day is held back.",
            points=limits.points_per_day,
        )
    elif limits.points_per_day is not None:
        yield say(
            about,
            "People are told when a member earns more in a day than %(points)s points.",
            points=limits.points_per_day,
        )
    if limits.card_uses_per_day is not None and waits:
        yield say(
            about,
            "When a card is used more often in a day than %(uses)s, what it earns is held back.",
            uses=limits.card_uses_per_day,
        )
    elif limits.card_uses_per_day is not None:
        yield say(
            about,
            "People are told when a card is used more often in a day than %(uses)s.",
            uses=limits.card_uses_per_day,
        )
    if limits.own_card:
        yield say(about, "What a cashier sells to themselves is held back.")
    if limits.same_referral:
        yield say(
            about,
            "Referring somebody with the same device, contact or home is held back.",
        )
    if not waits:
        return
    if limits.unreviewed == "refuse":
        yield many(
            about,
            "Somebody releases or refuses what is held back; what nobody decides on within %(n)s day is refused.",
            "Somebody releases or refuses what is held back; what nobody decides on within %(n)s days is refused.",
            limits.review_days,
        )
    else:
        yield many(
            about,
            "Somebody releases or refuses what is held back; what nobody decides on within %(n)s day is released.",
            "Somebody releases or refuses what is held back; what nobody decides on within %(n)s days is released.",
            limits.review_days,
        )


def _reward(reward: Reward) -> Sentences:
    about = f"reward.{reward.code}"
    yield say(
        about,
        "Reward %(name)s costs %(points)s %(point)s.",
        name=reward.name,
        points=reward.points,
        point=reward.point,
    )
    if reward.cash_minor:
        yield say(about, "It costs %(amounts)s on top.", amounts=amounts(reward.cash_minor))
    value = amounts(reward.value_minor)
    if reward.kind == "amount_off":
        yield say(about, "It takes %(amounts)s off a basket.", amounts=value)
    elif reward.kind == "percentage":
        yield say(about, "It takes %(percent)s percent off a basket.", percent=reward.percent or 0)
    elif reward.kind == "product":
        yield say(about, "It is the product %(sku)s.", sku=reward.sku or "")
    elif reward.kind == "cashback":
        yield say(about, "It pays back %(amounts)s.", amounts=value)
    else:
        yield say(about, "It is a voucher of %(amounts)s.", amounts=value)
    if reward.valid_days is not None:
        yield many(about, "It is good for %(n)s day.", "It is good for %(n)s days.", reward.valid_days)
    if reward.tiers:
        yield say(about, "Only for members of the tiers %(names)s.", names=listed(reward.tiers))
