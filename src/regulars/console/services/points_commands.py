"""Commands about a member's points, as the till's calls and the store's screens give them: events of our own source."""

from __future__ import annotations

from datetime import datetime

import msgspec

from regulars.store.vault import Vault
from regulars.vocabulary.errors import Unprocessable
from regulars.vocabulary.events import Event, Loyalty
from regulars.vocabulary.intake import OWN_SOURCE_ID, TILL, Gate, LoyaltyAnswer, own_source


async def give_command(
    gate: Gate, workspace_id: int, type_: str, said: Loyalty, *, id_: str, at: datetime
) -> LoyaltyAnswer | None:
    """Do something with a member's points; None where the same `id_` was done before.

    A refusal is told in the answer. Raises Unprocessable for a command that was not taken at all.
    """
    event = Event(id=id_, type=type_, occurred_at=at, loyalty=said)
    (result,) = await gate.submit(own_source(workspace_id), [msgspec.json.encode(event)], door=TILL)
    if result.error is not None:
        raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
    return result.loyalty[0] if result.loyalty else None


def command_key(vault: Vault, id_: str) -> str:
    """The event key of a command of ours, from which ids of what it made come."""
    return vault.hash("event", str(OWN_SOURCE_ID), id_)
