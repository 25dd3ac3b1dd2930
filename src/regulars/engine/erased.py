"""Keep the erased out: what a new event may still say when a mark tells that it is about one of them.

A mark of the record, of a card or account, or of a contact with the same given name makes the event
anonymous. A contact that comes without a name may be another's of the family: it alone is dropped, and what
is left counts for whoever the event names otherwise. The outcome depends on the event and the marks alone,
never on what else has arrived.
"""

from __future__ import annotations

import msgspec

from regulars.capabilities.consent.rules import word_of
from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.person import person_of, tombstones_of
from regulars.capabilities.identity.rules import hashed_values
from regulars.store.vault import Vault

from .anonymous import anonymous
from .prepared import Prepared

_CONTACTS = (kinds.EMAIL, kinds.PHONE)


def marks_of(prepared: Prepared, vault: Vault) -> dict[str, int | None]:
    """Marks an erasure may have left for the person of an event → the kind of contact to drop, None: all of it."""
    if prepared.said is None:
        return {}
    person = prepared.said.person
    given = person.scalars.get("given_name")
    values = hashed_values(prepared.said, vault.hash)
    sure = [value for value in values if value[0] not in _CONTACTS]
    marks: dict[str, int | None] = dict.fromkeys(
        tombstones_of(person.record_id, sure, given, vault.tombstone), None
    )
    for value in values:
        if value[0] in _CONTACTS:
            mark = tombstones_of(person.record_id, [value], given, vault.tombstone)[-1]
            marks[mark] = None if given else value[0]
    return marks


def strip(prepared: Prepared, contacts: set[int | None], vault: Vault) -> None:
    """Take the given kinds of contact out of an event, or everything personal where None is among them."""
    if None in contacts or not _without(prepared, contacts, vault):
        _make_anonymous(prepared)


def _without(prepared: Prepared, contacts: set[int | None], vault: Vault) -> bool:
    """Drop contacts; False when nothing is left that says whose event it is."""
    event, source, said = prepared.event(), prepared.source, prepared.said
    customer = event.customer
    assert customer is not None and said is not None, "only events of somebody are looked at"
    dropped = {hash_ for kind, _, hash_ in hashed_values(said, vault.hash) if kind in contacts}
    event.customer = msgspec.structs.replace(
        customer,
        email=None if kinds.EMAIL in contacts else customer.email,
        phone=None if kinds.PHONE in contacts else customer.phone,
    )
    person = person_of(
        event.customer,
        source_id=source.source_id,
        region=source.region,
        hash_=vault.hash,
        deletes=said.person.deletes,
    )
    if person is None:
        return False
    if event.consent is not None and prepared.word is not None and prepared.word.address in dropped:
        event.consent = msgspec.structs.replace(event.consent, address=None)
    said.person = person
    prepared.word = word_of(
        event,
        person,
        source_id=source.source_id,
        region=source.region,
        event_key=prepared.event_key,
        hash_=vault.hash,
    )
    if prepared.sale is not None:
        prepared.sale.record_id = person.record_id
    prepared.body = msgspec.json.encode(event)
    return True


def _make_anonymous(prepared: Prepared) -> None:
    """Take everything personal out of an event; its receipt still counts for its shop."""
    bare = anonymous(prepared.event(), prepared.event_key)
    prepared.type, prepared.fetches = bare.type, []
    prepared.body = msgspec.json.encode(bare)
    prepared.said = prepared.word = None
    if prepared.sale is not None:
        prepared.sale.record_id = None
