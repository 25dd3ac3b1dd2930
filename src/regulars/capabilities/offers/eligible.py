"""Whether a basket may have a promotion at all, before any product is looked at."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from regulars.vocabulary.errors import InvalidInput

from .basket import Basket, Member, Reason, Usage
from .compiled import Ready
from .model import Promotion


class Eligibility:
    """The circumstances of one basket, looked at once."""

    def __init__(self, basket: Basket, usage: Usage) -> None:
        """Raises InvalidInput when there is no such time zone."""
        self._basket, self._usage = basket, usage
        try:
            local = basket.at.astimezone(ZoneInfo(basket.zone))
        except (ZoneInfoNotFoundError, ValueError):
            message = "There is no time zone '%(zone)s'; use a name such as Europe/Berlin."
            raise InvalidInput(message, field="zone", zone=basket.zone) from None
        self._day, self._minute = local.weekday(), local.hour * 60 + local.minute
        self._coded = {basket.valid_codes[code] for code in basket.codes if code in basket.valid_codes}

    def unasked(self, ready: Ready) -> bool:
        """Whether the promotion needs a code that nobody presented: it is not spoken of then."""
        return ready.promotion.code_required and ready.promotion.id not in self._coded

    def refusal(self, ready: Ready) -> Reason | None:
        """Why the basket cannot have it whatever is in it; None when it can."""
        promotion, basket = ready.promotion, self._basket
        if promotion.currency and promotion.currency != basket.currency:
            return "other_currency"
        if not _in_window(promotion, basket.at) or not self._in_hours(ready):
            return "not_in_time"
        if promotion.stores and basket.store not in promotion.stores:
            return "other_store"
        if promotion.channels and basket.channel not in promotion.channels:
            return "other_channel"
        return _membership(promotion, basket.member) or self._used_up(promotion)

    def budget_minor(self, promotion: Promotion) -> int | None:
        """What it may still give away; None without a budget."""
        budget = promotion.limits.budget_minor
        return None if budget is None else budget - self._usage.spent_minor.get(promotion.id, 0)

    def _in_hours(self, ready: Ready) -> bool:
        if not ready.hours:
            return True
        return any(day == self._day and first <= self._minute < end for day, first, end in ready.hours)

    def _used_up(self, promotion: Promotion) -> Reason | None:
        limits, usage, member = promotion.limits, self._usage, self._basket.member
        bounds = (
            (limits.total, usage.total),
            (limits.day, usage.today),
            (limits.member, member.used if member else {}),
        )
        if any(most is not None and used.get(promotion.id, 0) >= most for most, used in bounds):
            return "limit_reached"
        left = self.budget_minor(promotion)
        return "budget_spent" if left is not None and left <= 0 else None


def _in_window(promotion: Promotion, at: datetime) -> bool:
    window = promotion.window
    return (window.starts is None or window.starts <= at) and (window.ends is None or at < window.ends)


def _membership(promotion: Promotion, member: Member | None) -> Reason | None:
    """A limit per member can only be kept for somebody who is known, so it asks for a member, too."""
    if member is None:
        for_members = promotion.member_only or promotion.tiers or promotion.segments
        return "needs_member" if for_members or promotion.limits.member is not None else None
    if promotion.tiers and member.tier not in promotion.tiers:
        return "tier"
    if promotion.segments and promotion.segments.isdisjoint(member.segments):
        return "segment"
    return None
