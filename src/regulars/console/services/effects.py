"""What a decision would change, as screens show it: customers as they are and as they would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault

from .common import mask
from .consents import Word, present_addresses, settled, words_of
from .deciding import Plan, Side, effect_of
from .people import Person, person_of


class ShownSide(Struct, frozen=True):
    """A customer with the contacts they have and the marketing consent that holds, by channel."""

    person: Person
    contacts: list[str]
    consent: dict[str, bool]


class ShownEffect(Struct, frozen=True):
    """The customers that change. Both are empty where nothing would."""

    before: list[ShownSide]
    after: list[ShownSide]


async def shown_effect(
    conn: AsyncConnection, vault: Vault, plan: Plan, *, clear: bool, spend: bool
) -> ShownEffect:
    """The effect of a plan, with contacts in clear or masked, with spend or without."""
    effect = await effect_of(plan)
    words = await words_of(conn, vault.workspace_id, plan.around.parts.values())

    def shown(sides: Sequence[Side]) -> list[ShownSide]:
        return [_shown(plan, side, words, clear=clear, spend=spend) for side in sides]

    return ShownEffect(shown(effect.before), shown(effect.after))


def _shown(
    plan: Plan, side: Side, words: Mapping[UUID, Sequence[Word]], *, clear: bool, spend: bool
) -> ShownSide:
    parts = [plan.around.parts[record] for record in side.records]
    said = [word for part in parts for word in words.get(part.record_id, ())]
    contacts = [
        value if clear else mask(kind, value)
        for kind, channel in (("email", "email"), ("phone", "phone"))
        for value in present_addresses(parts, channel)
    ]
    return ShownSide(
        person_of(UUID(side.profile_id), parts, clear=clear, spend=spend),
        contacts,
        {channel: word.granted for channel, word in settled(said).items()},
    )
