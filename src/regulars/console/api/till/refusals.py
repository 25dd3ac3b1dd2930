"""Why a till may not do something: each code with its status and its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from regulars.console.i18n import later
from regulars.vocabulary.errors import Conflict, NotFound, RegularsError, Unprocessable

_GONE, _STATE, _ASKED = NotFound, Conflict, Unprocessable
REFUSALS: Final[Mapping[str, tuple[type[RegularsError], str]]] = {
    "unknown_hold": (_GONE, later("There is no hold with this id.")),
    "unknown_sale": (_GONE, later("There is no such sale of this till system.")),
    "unknown_card": (_GONE, later("This member has no such card.")),
    "no_programme": (_GONE, later("There is no loyalty programme to take part in yet. Publish one first.")),
    "insufficient_points": (_STATE, later("Only %(available)s points are available.")),
    "not_a_member": (_STATE, later("This customer takes no part in the programme. Enrol them first.")),
    "member_blocked": (
        _STATE,
        later("This card is blocked, so no points can be spent. Replace or unblock it first."),
    ),
    "in_debt": (
        _STATE,
        later("This member owes points for returned goods; they can spend again once these are earned."),
    ),
    "hold_expired": (_STATE, later("The time of this hold is over. Hold the points again.")),
    "hold_ended": (_STATE, later("This hold was captured or released already.")),
    "card_in_use": (_STATE, later("This card belongs to another customer.")),
    "already_returned": (
        _STATE,
        later("More comes back than is left of this sale: %(left)s of %(what)s can be returned."),
    ),
    "ambiguous_receipt": (
        _STATE,
        later("Several sales have this number. Name the store, the till or the business day."),
    ),
    "sale_void": (_STATE, later("This sale was voided.")),
    "void_too_late": (
        _STATE,
        later("A sale is voided on its business day. Take the goods back as a return."),
    ),
    "sale_of_member": (_STATE, later("This sale counts for another member already.")),
    "claim_too_late": (_STATE, later("This sale was too long before the member joined to count.")),
    "below_minimum": (_ASKED, later("The programme lets fewer points than that not be spent.")),
    "not_in_steps": (_ASKED, later("The programme lets points be spent in steps of a certain size only.")),
    "unknown_point": (_ASKED, later("The programme has no such points.")),
    "above_hold": (_ASKED, later("The hold is of %(available)s points; no more can be captured.")),
    "unknown_reward": (_GONE, later("The programme has no such reward any more.")),
    "other_tier": (_STATE, later("This reward is for members of another tier.")),
    "whole_reward": (_ASKED, later("A reward is had as a whole: leave the amount out.")),
    "not_at_shop": (
        _ASKED,
        later(
            "This reward cannot be had at that shop: only what takes an amount or a share off an order can."
        ),
    ),
    "below_points": (
        _ASKED,
        later(
            "Of what comes back %(least)s minor units were paid with points, which go back with the goods: no less can."
        ),
    ),
    "unusable_card": (_ASKED, later("This cannot be the number of a loyalty card.")),
}
"""By code. What is not there is 404, what the state does not allow 409, what the programme never allows 422."""


def refused(code: str, *, field: str | None = None, **values: Any) -> RegularsError:
    """The error of a code."""
    kind, message = REFUSALS[code]
    return kind(message, code=code, field=field, **values)
