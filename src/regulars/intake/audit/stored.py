"""The records of a connected source, read like a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.state import Fields
from regulars.intake.files.batches import Batch
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.store.vault import Vault, open_sealed

from .tables import About

ROWS_PER_PAGE: Final = 2_000
_SQL: Final = load_queries("regulars.store", "records.sql")
_IDS: Final = {
    "external_id": kinds.EXTERNAL_ID,
    "loyalty_card": kinds.LOYALTY_CARD,
    "payment_token": kinds.PAYMENT_TOKEN,
    "email": kinds.EMAIL,
    "phone": kinds.PHONE,
}
_SCALARS: Final = ("given_name", "family_name", "birth_date", "locale")
_ADDRESS: Final = ("line1", "line2", "city", "region", "postcode", "country")
_FIRST: Final = "00000000-0000-0000-0000-000000000000"


class StoredTable:
    """One source. Values are as they are now: identifiers normalised, all else as it was said. Traits are left out."""

    def __init__(self, database: Database, vault: Vault, source_id: int, name: str) -> None:
        """Nothing is read yet."""
        self._database = database
        self._vault = vault
        self._source_id = source_id
        self._read = 0
        self._count = 0
        self.about = About(name, "connected source")
        self.names = [*_IDS, *_SCALARS, *_ADDRESS]
        self.given = {name: name for name in self.names}

    def batches(self) -> Iterator[Batch]:
        """See Table. All pages are of one moment only as far as nothing arrives meanwhile."""
        self._read, after = 0, _FIRST
        self._count = self._rows("count_of_source", after)[0][0]
        while rows := self._rows("records_of_source", after):
            after = str(rows[-1][0])
            flat = [self._flat(wrapped, sealed) for _, wrapped, sealed in rows]
            yield Batch(
                range(self._read + 1, self._read + len(flat) + 1),
                {name: [row.get(name) for row in flat] for name in self.names},
                {},
            )
            self._read += len(flat)

    def share_read(self) -> float:
        """See Table."""
        return self._read / max(1, self._count)

    def close(self) -> None:
        """See Table."""

    def _rows(self, query: str, after: str) -> list[tuple[Any, ...]]:
        values = {
            "workspace_id": self._vault.workspace_id,
            "source_id": self._source_id,
            "after": after,
            "limit": ROWS_PER_PAGE,
        }
        with self._database.session(self._vault.workspace_id, read_only=True) as connection:
            return connection.execute(_SQL[query], values).fetchall()

    def _flat(self, wrapped: bytes, sealed: bytes) -> dict[str, Any]:
        fields = msgspec.json.decode(open_sealed(self._vault.unwrap(wrapped), sealed), type=Fields)
        row = {name: fields.scalar(name) for name in _SCALARS}
        for name, kind in _IDS.items():
            row[name] = next((value for value, _ in fields.current(kind)), None)
        for name in ("email", "phone"):
            row[name] = row[name] or fields.scalar(f"unusable_{name}")
        address = fields.scalar("address")
        return row | ({name: address.get(name) for name in _ADDRESS} if isinstance(address, dict) else {})
