"""Consent that a member of staff records for a customer: an event of the source `console`.

It belongs to the address the customer said last, as any consent does; the latest word wins.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import Final

from regulars.store.database import Database
from regulars.store.sources import Sources
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Consent, Customer, Event
from regulars.vocabulary.intake import Gate

from .consents import MARKETING, present_address
from .lookups import Found
from .people import Person, last_scalar
from .saying import say

SOURCE: Final = "console"
DOOR: Final = "console"
CHANNELS: Final = ("email", "sms", "whatsapp", "phone")
"""Those that go to an e-mail or a phone; a word for another channel is said by the source that knows the customer."""
REASON_CHARACTERS_MAX: Final = 500
PURPOSE_CHARACTERS_MAX: Final = 200


class OnBehalf:
    """Says a yes or no for a customer, in the name of the member of staff who was told it."""

    def __init__(self, database: Database, gate: Gate, sources: Sources) -> None:
        self._database = database
        self._gate = gate
        self._sources = sources

    async def say(
        self,
        workspace_id: int,
        found: Found,
        *,
        channel: str,
        granted: bool,
        reason: str,
        actor: str,
        now: datetime,
        purpose: str = MARKETING,
        address: str | None = None,
    ) -> None:
        """Record the word for the customer's present address, or one given. Raises InvalidInput with the field.

        `reason` is how staff heard it; it is kept with the event, sealed, and not in the audit trail.
        """
        if channel not in CHANNELS:
            raise InvalidInput("channel is one of %(names)s.", field="channel", names=", ".join(CHANNELS))
        heard, about = reason.strip(), purpose.strip()
        if not 0 < len(heard) <= REASON_CHARACTERS_MAX:
            raise InvalidInput(
                "Say how you know, in at most %(n)s characters.", field="reason", n=REASON_CHARACTERS_MAX
            )
        if not 0 < len(about) <= PURPOSE_CHARACTERS_MAX:
            raise InvalidInput(
                "A purpose has 1 to %(n)s characters.", field="purpose", n=PURPOSE_CHARACTERS_MAX
            )
        meant = address or present_address(found.parts, channel)
        source = (await self._sources.ensure(workspace_id, SOURCE, actor=actor)).source
        event = Event(
            id=f"consent-{os.urandom(16).hex()}",
            type="consent.given" if granted else "consent.withdrawn",
            occurred_at=now,
            customer=_whoever_has(meant, found),
            consent=Consent(channel=channel, purpose=about, address=meant, text=heard),
        )
        await say(
            self._gate,
            self._database,
            source,
            event,
            door=DOOR,
            actor=actor,
            object_=f"profile:{found.profile_id.hex}",
            details={"channel": channel, "purpose": about},
        )


def channels_of(person: Person) -> list[str]:
    """The channels a word can be recorded for: those of the addresses the customer has."""
    return [channel for channel in CHANNELS if (person.email if channel == "email" else person.phone)]


def _whoever_has(address: str, found: Found) -> Customer:
    """The customer by this address; with their given name, since a family may share it."""
    given = last_scalar(found.parts, "given_name")
    if "@" in address:
        return Customer(email=address, given_name=given)
    return Customer(phone=address, given_name=given)
