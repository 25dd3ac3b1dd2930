"""The day of birth of a profile, out of what is sealed of its records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from regulars.capabilities.identity.state import Fields, Record
from regulars.store.session import Row
from regulars.store.vault import Vault, open_sealed

from .batch import Batch

_fields = msgspec.json.Decoder(Fields).decode


def birth_of(
    records: Iterable[str], batch: Batch, stored: Mapping[str, Row], vault: Vault
) -> tuple[int, int] | None:
    """Month and day; of several the least. What a batch says of a record goes before what is `stored` of it."""
    found: list[tuple[int, int]] = []
    for record_id in records:
        told = batch.records.get(record_id)
        fields = told.fields if told is not None else None
        if fields is None and record_id in stored:
            record = Record(*stored[record_id])
            fields = _fields(open_sealed(vault.unwrap(record.wrapped), record.sealed))
        born = fields.scalar("birth_date") if fields is not None else None
        if born:
            day = date.fromisoformat(str(born))
            found.append((day.month, day.day))
    return min(found, default=None)
