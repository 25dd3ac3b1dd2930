"""Consent: what holds for the addresses of a profile. It belongs to the address; the latest word wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.store.database import AsyncConnection
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import InvalidInput

from .common import id_array, mask, rows
from .lookups import listed
from .people import Part

CONSENTS = load_queries("regulars.store.views", "consents.sql")
MARKETING: Final = "marketing"
KINDS: Final = {"email": kinds.EMAIL, "sms": kinds.PHONE, "whatsapp": kinds.PHONE, "phone": kinds.PHONE}
"""Channels whose words belong to an e-mail or a phone."""


class Word(Struct, frozen=True):
    """A yes or no that holds. `address` is the keyed hash it is about, or the id of the record itself."""

    address: UUID
    channel: str
    purpose: str
    granted: bool
    occurred_at: datetime
    record_id: UUID | None
    source_id: int


class AnyWord(Word, frozen=True):
    """A word with the profile of the record that said it, where there is one."""

    profile_id: UUID | None = None


async def words_of(
    conn: AsyncConnection, workspace_id: int, parts: Iterable[Part], *, replaced: bool = False
) -> dict[UUID, list[Word]]:
    """The words about the present addresses of a profile's records and about themselves, by record; one statement.

    A word about a former address is about that address, and no longer about the person. With `replaced` an address
    counts that one record has and another has replaced.
    """
    asked = [*parts]
    found = await rows(conn, *words_question(workspace_id, asked)) if asked else []
    return words_among(asked, found, replaced=replaced)


def words_question(workspace_id: int, parts: Iterable[Part]) -> Call:
    """Asks for the words about some records and their present addresses; `words_among` reads the answer."""
    addresses = {part.record_id: _addresses(part, frozenset()) for part in parts}
    params = {
        "workspace_id": workspace_id,
        "addresses": id_array({address for found in addresses.values() for address in found}),
        "records": id_array({record_id.hex for record_id in addresses}),
    }
    return Call(CONSENTS.words_of, params)


def words_among(
    parts: Iterable[Part], found: Iterable[tuple[Any, ...]], *, replaced: bool = False
) -> dict[UUID, list[Word]]:
    """The words of each record of one profile among the rows of `words_question`; see `words_of`."""
    words, asked = [Word(*one) for one in found], [*parts]
    gone = frozenset() if replaced else _replaced(asked)
    return {
        part.record_id: [word for word in words if _is_about(word, part.record_id, mine)]
        for part in asked
        for mine in (_addresses(part, gone),)
    }


def settled(words: Iterable[Word], purpose: str = MARKETING) -> dict[str, Word]:
    """The word that holds for each channel: the latest; at one instant, no beats yes."""
    out: dict[str, Word] = {}
    for word in words:
        if word.purpose != purpose:
            continue
        held = out.get(word.channel)
        if held is None or (held.occurred_at, not held.granted) < (word.occurred_at, not word.granted):
            out[word.channel] = word
    return dict(sorted(out.items()))


async def all_words(
    conn: AsyncConnection,
    workspace_id: int,
    *,
    channel: str | None,
    purpose: str | None,
    after: tuple[UUID, str, str],
    limit: int,
) -> list[AnyWord]:
    """Words of a whole workspace in a fixed order, from a place on."""
    params = {
        "workspace_id": workspace_id,
        "channel": channel,
        "purpose": purpose,
        "address": after[0],
        "after_channel": after[1],
        "after_purpose": after[2],
        "limit": limit,
    }
    return [AnyWord(*one) for one in await listed(conn, CONSENTS.all_words, params)]


def present_addresses(parts: Iterable[Part], channel: str) -> list[str]:
    """The e-mails or phones that a channel reaches a person at, the one said last first; none for other channels."""
    kind = KINDS.get(channel)
    asked = [*parts]
    gone = _replaced(asked)
    said = [one for part in asked for one in part.identities() if kinds.BY_NAME[one.kind] == kind]
    said.sort(key=lambda one: -one.said_at_us)
    return list(dict.fromkeys(one.value for one in said if one.current and one.hash not in gone))


def addresses_in_words(parts: Sequence[Part], *, clear: bool) -> dict[UUID, str]:
    """The e-mails and phones behind the hashes of a profile, former ones included; masked unless `clear`."""
    return {
        UUID(one.hash): one.value if clear else mask(one.kind, one.value)
        for part in parts
        for one in part.identities()
        if kinds.BY_NAME[one.kind] in (kinds.EMAIL, kinds.PHONE)
    }


def address_kind(channel: str, *, field: str = "channel") -> int:
    """The kind of address a channel reaches people at. Raises InvalidInput for one that has none of a profile's."""
    kind = KINDS.get(channel)
    if kind is None:
        raise InvalidInput("For %(channel)s give the address or the customer.", field=field, channel=channel)
    return kind


def present_address(parts: Iterable[Part], channel: str, *, field: str = "channel") -> str:
    """The e-mail or phone a profile said last. Raises InvalidInput where there is none, or for another channel."""
    kind = address_kind(channel, field=field)
    addresses = present_addresses(parts, channel)
    if not addresses:
        raise InvalidInput(
            "This customer has no %(kind)s.", code="no_address", field=field, kind=kinds.NAMES[kind]
        )
    return addresses[0]


def _replaced(parts: Iterable[Part]) -> frozenset[str]:
    """Addresses that a source said others instead of: the person's no more, though another record still has them."""
    return frozenset(
        hashed
        for part in parts
        for kind in (kinds.EMAIL, kinds.PHONE)
        for _, hashed in part.fields.former(kind)
    )


def _addresses(part: Part, gone: frozenset[str]) -> set[str]:
    """The hashes of a record's present addresses but those that are gone, and its own id."""
    current = {hashed for kind in (kinds.EMAIL, kinds.PHONE) for _, hashed in part.fields.current(kind)}
    return (current - gone) | {part.record_id.hex}


def _is_about(word: Word, record_id: UUID, addresses: set[str]) -> bool:
    """Said of one of the addresses, or by the record of something that is no e-mail or phone (a device)."""
    return word.address.hex in addresses or (word.record_id == record_id and word.channel not in KINDS)
