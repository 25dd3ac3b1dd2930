"""Consent belongs to the address; the latest word wins, and a tie withdraws."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.normalise import email, phone
from regulars.capabilities.identity.state import Person
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Consent, Customer, Event

Hash = Callable[..., str]
Key = tuple[str, str, str]
"""(address, channel, purpose); the address is a keyed hash of an e-mail or phone, or a record id."""

_CHANNEL_KIND = {"email": kinds.EMAIL, "sms": kinds.PHONE, "whatsapp": kinds.PHONE, "phone": kinds.PHONE}
CHANNELS = frozenset(_CHANNEL_KIND) | {"push", "post"}
_ENDS_MESSAGES = frozenset({"message.unsubscribed", "message.complained"})


class Word(Struct, gc=False):
    """A yes or no as it is kept."""

    address: str
    channel: str
    purpose: str
    granted: bool
    occurred_at: datetime
    event_key: str
    record_id: str | None
    source_id: int

    def key(self) -> Key:
        """What the word is about."""
        return self.address, self.channel, self.purpose

    def order(self) -> tuple[datetime, bool, str]:
        """The greatest of these holds: the latest; at one instant, no beats yes."""
        return self.occurred_at, not self.granted, self.event_key


def customer_of(event: Event) -> Customer | None:
    """Whose word it is when a consent event names an address and no customer: whoever has that address."""
    said = event.consent
    kind = _CHANNEL_KIND.get(said.channel) if said is not None else None
    if said is None or said.address is None or kind is None:
        return None
    return Customer(email=said.address) if kind == kinds.EMAIL else Customer(phone=said.address)


def word_of(
    event: Event, person: Person | None, *, source_id: int, region: str, event_key: str, hash_: Hash
) -> Word | None:
    """The word of an event: consent given or withdrawn, also by unsubscribing or complaining; None for others.

    Raises InvalidInput for an unknown channel, an unusable address, or when nobody is named.
    """
    if event.type in _ENDS_MESSAGES and event.consent is None:
        if person is None:
            return None
        said = Consent(channel=event.channel if event.channel in CHANNELS else "email")
    elif event.type.startswith("consent.") or event.type in _ENDS_MESSAGES:
        if event.consent is None:
            raise InvalidInput(f"{event.type} needs consent", field="consent")
        said = event.consent
    else:
        return None
    if said.channel not in CHANNELS:
        raise InvalidInput(
            f"consent.channel is one of {', '.join(sorted(CHANNELS))}", field="consent.channel"
        )
    address = _address(said.channel, said.address, person, region, hash_)
    if address is None:
        raise InvalidInput("consent needs an address or a customer it belongs to", field="consent.address")
    return Word(
        address=address,
        channel=said.channel,
        purpose=said.purpose,
        granted=event.type == "consent.given",
        occurred_at=event.occurred_at,
        event_key=event_key,
        record_id=person.record_id if person else None,
        source_id=source_id,
    )


def _address(channel: str, said: str | None, person: Person | None, region: str, hash_: Hash) -> str | None:
    """The hash of the address meant: the one said, else the customer's own in this event, else the record.

    A filler such as test@test.com is nobody's address: the word then stays with the record that said it.
    """
    kind = _CHANNEL_KIND.get(channel)
    if said is not None and kind is not None:
        value = email(said) if kind == kinds.EMAIL else phone(said, region)
        if value is not None:
            return hash_(kinds.NAMES[kind], "", value)
        if person is None:
            raise InvalidInput("consent.address is no usable address", field="consent.address")
        return person.record_id
    if said is not None:
        return hash_("address", channel, said.strip())
    if person is None:
        return None
    own = next((value for k, value in person.values if k == kind), None)
    return person.record_id if kind is None or own is None else hash_(kinds.NAMES[kind], "", own)


def latest(words: Iterable[Word]) -> dict[Key, Word]:
    """The word that holds for each address, channel and purpose."""
    out: dict[Key, Word] = {}
    for word in words:
        held = out.get(word.key())
        if held is None or held.order() < word.order():
            out[word.key()] = word
    return out
