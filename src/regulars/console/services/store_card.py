"""A customer as an associate sees them in the store: who they are, what they bought last, what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct, field

from regulars.console.accounts import Viewer
from regulars.observe import mask as mask_text
from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault

from .common import mask
from .consents import Word, present_addresses, settled, words_of
from .log import Names, names, open_body
from .lookups import by_record, listed
from .people import Part, Person, person_of
from .profile import top_categories, unknown_profile
from .store_find import STORE_SCREENS

PURCHASES: Final = 3
GOODS_SHOWN: Final = 3
CATEGORIES: Final = 3
NOTES_MAX: Final = 8
NOTE_CHARACTERS_MAX: Final = 200
CHANNELS: Final = ("email", "sms")
"""The channels whose consent is taken in the store."""
_NOTE_WORDS: Final = frozenset(
    "size sizes fit wish wishes wishlist note notes preference preferences allergy allergies".split()
)


class Purchase(Struct, frozen=True):
    """One sale. `amount_minor` is absent where the viewer may not know it; `more` counts goods not named."""

    at: datetime
    store: str | None
    channel: str | None
    goods: list[str]
    more: int
    amount_minor: int | None
    currency: str
    event_no: int


class Consent(Struct, frozen=True):
    """What holds for a channel; `granted` is None where nothing was ever said. `address` is where it reaches them."""

    channel: str
    address: str | None
    granted: bool | None = None
    at: datetime | None = None
    source: str | None = None


class Card(Struct, frozen=True):
    """The screen. `spend_minor` is empty where the viewer may not see it; `notes` are (label, text)."""

    person: Person
    card: str | None
    purchases: list[Purchase]
    last_store: str | None
    consents: list[Consent]
    categories: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    spend_minor: dict[str, int] = field(default_factory=dict)


async def load_card(conn: AsyncConnection, vault: Vault, record_id: UUID, viewer: Viewer) -> Card:
    """The customer that a record belongs to now, as that person may see them. Raises NotFound."""
    found = await by_record(conn, vault, record_id)
    if found is None:
        raise unknown_profile()
    parts, known = found.parts, await names(conn, vault.workspace_id)
    clear = viewer.sees("contacts")
    person = person_of(found.profile_id, parts, clear=clear, spend=viewer.sees("spend"))
    purchases = await _purchases(conn, vault, found.profile_id, known, viewer)
    words = await words_of(conn, vault.workspace_id, parts)
    holds = settled(word for said in words.values() for word in said)
    return Card(
        person=person,
        card=masked_card(parts, found.profile_id),
        purchases=purchases,
        last_store=purchases[0].store if purchases else None,
        consents=[_consent(channel, parts, holds.get(channel), known, clear=clear) for channel in CHANNELS],
        categories=[name for name, _share in top_categories(person)[:CATEGORIES]],
        notes=[(label, _seen(viewer, text)) for label, text in notes_of(parts)],
        spend_minor=person.figures.spend_minor,
    )


def _seen(viewer: Viewer, text: str) -> str:
    """What a source wrote, without the contacts it may hold for those who see none."""
    return text if viewer.sees("contacts") else mask_text(text)


def notes_of(parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Sizes, wishes and notes among what sources say of a person, of each the word said last."""
    said: dict[str, tuple[int, str, Any]] = {}
    for part in parts:
        for name, (value, at_us, key) in part.fields.scalars.items():
            label = _note_label(name)
            if label and (at_us, key) > said.get(label, (0, "", None))[:2]:
                said[label] = (at_us, key, value)
    texts = [(label, _note_text(value)) for label, (_, _, value) in sorted(said.items())]
    return [(label, text) for label, text in texts if text][:NOTES_MAX]


def _note_label(name: str) -> str | None:
    """`traits.shoe_size` as `Shoe size`; None for a field that is no note."""
    if not name.startswith("traits."):
        return None
    words = name.removeprefix("traits.").replace("_", " ").replace("-", " ").split()
    if _NOTE_WORDS.isdisjoint(word.lower() for word in words):
        return None
    return " ".join(words).lower().capitalize()


def _note_text(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    plain = [
        str(one).strip() for one in values if isinstance(one, (str, int, float)) and not isinstance(one, bool)
    ]
    return ", ".join(one for one in plain if one)[:NOTE_CHARACTERS_MAX]


def masked_card(parts: Sequence[Part], profile_id: UUID) -> str | None:
    """The loyalty card said last, by its last digits alone, whoever looks."""
    card = person_of(profile_id, parts, clear=True, spend=False).card
    return mask("loyalty_card", card) if card else None


def _consent(channel: str, parts: Sequence[Part], word: Word | None, known: Names, *, clear: bool) -> Consent:
    address = next(iter(present_addresses(parts, channel)), None)
    if address and not clear:
        address = mask("email" if channel == "email" else "phone", address)
    if word is None:
        return Consent(channel, address)
    return Consent(channel, address, word.granted, word.occurred_at, known.source(word.source_id).name)


async def _purchases(
    conn: AsyncConnection, vault: Vault, profile_id: UUID, known: Names, viewer: Viewer
) -> list[Purchase]:
    params = {"workspace_id": vault.workspace_id, "profile_id": profile_id, "limit": PURCHASES}
    found = []
    for at, store, channel, currency, total, wrapped, sealed, event_no in await listed(
        conn, STORE_SCREENS.latest_purchases, params
    ):
        goods = _goods(open_body(vault, wrapped, sealed)) if sealed is not None else []
        found.append(
            Purchase(
                at=at,
                store=known.stores.get(store, store) if store else None,
                channel=channel,
                goods=[_seen(viewer, name) for name in goods[:GOODS_SHOWN]],
                more=max(0, len(goods) - GOODS_SHOWN),
                amount_minor=total if viewer.stores is None or store in viewer.stores else None,
                currency=currency,
                event_no=event_no,
            )
        )
    return found


def _goods(body: Any) -> list[str]:
    """What a receipt lists, each thing once; what came back in an exchange is left out."""
    sale = body.get("sale") if isinstance(body, dict) else None
    lines = sale.get("lines") if isinstance(sale, dict) else None
    names_ = [
        str(line.get("name") or line.get("category") or line.get("sku") or "")
        for line in lines or ()
        if isinstance(line, Mapping) and not str(line.get("quantity", 1)).startswith("-")
    ]
    return [name for name in dict.fromkeys(names_) if name]
