"""Names and e-mails of staff: personal data, sealed under the workspace's key."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from msgspec import Struct

from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries
from regulars.store.vault import Unreadable, Vault, open_sealed

from .common import rows

_SQL = load_queries("regulars.store.views", "registers.sql")


class StaffPerson(Struct, frozen=True):
    """Who a member of staff is."""

    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None

    @property
    def name(self) -> str:
        """Given and family name; empty where neither was told."""
        return " ".join(part for part in (self.given_name, self.family_name) if part)


def open_staff(vault: Vault, sealed: bytes | None) -> StaffPerson:
    """What is sealed of a member of staff; nothing where that cannot be read."""
    try:
        opened = open_sealed(vault.workspace_key, sealed) if sealed is not None else b"{}"
    except Unreadable:
        opened = b"{}"
    return msgspec.json.decode(opened, type=StaffPerson)


async def staff_names(conn: AsyncConnection, vault: Vault, codes: Collection[str]) -> dict[str, str]:
    """Names by code; whoever has none is absent."""
    params = {"workspace_id": vault.workspace_id, "codes": list(codes)}
    found = await rows(conn, _SQL.staff_sealed, params)
    names = {code: open_staff(vault, sealed).name for code, sealed in found}
    return {code: name for code, name in names.items() if name}
