"""Why points are held back until somebody decides, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.capabilities.loyalty.watching import CARD_USES, OWN_CARD, POINTS, SAME_REFERRAL
from regulars.console.i18n import _, later

WHY: Final[Mapping[str, str]] = {
    OWN_CARD: later("the cashier has the customer's e-mail address"),
    SAME_REFERRAL: later("who was referred shares a device, a contact or a home with the customer"),
    CARD_USES: later("the card was used more often that day than the programme allows"),
    POINTS: later("the member earned more that day than the programme allows"),
}
"""Why points are held back, by the code of it."""


def why_words(code: str) -> str:
    """A reason in words; the code of one that is not known."""
    return _(WHY[code]) if code in WHY else code
