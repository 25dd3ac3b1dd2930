"""Read one table: facts of its columns, and the keys of its rows for the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice, repeat
from typing import Any, Final

from msgspec import structs

from regulars.capabilities.identity import normalise
from regulars.capabilities.identity.audit.checks import Setting, check
from regulars.capabilities.identity.audit.columns import Gathered
from regulars.capabilities.identity.audit.dates import read_date
from regulars.capabilities.identity.audit.header_words import named
from regulars.capabilities.identity.audit.meanings import KEYS, NAMES, SAMPLE_MAX, guess
from regulars.intake.files.batches import Batch
from regulars.intake.files.mapping import Spec
from regulars.intake.files.transforms import changer
from regulars.intake.files.values import text_of

from .ledger import Ledger
from .people import KINDS
from .tables import Table

KIND_OF: Final = dict(zip(KEYS, KINDS, strict=True))
_USED: Final = frozenset({*KEYS, *NAMES, "birth_date"})
_SCOPED: Final = "external_id"
_HOT_ROWS: Final = 30
_HOT_SHARE: Final = 0.003
_BIRTHS_MAX: Final = 100_000
_NAMES_MAX: Final = 1_000
_given_of_whole: Final = changer(Spec(column="", name="given"), {})
Normals = dict[Any, str | None]
"""The form for comparing of each value of a column that is not blank; None where it is of no use."""


class Gatherer:
    """Takes the batches of one table. `place` tells tables apart.

    `used` names the column by which each meaning that matters for joining is read. `keyless` rows carry no key;
    `keyless_for` counts those that would, were their value in a field sound. `births` counts birth dates, and
    `born` holds given names (as hashes) on those that are suspiciously frequent.
    """

    def __init__(self, table: Table, place: int, setting: Setting, ledger: Ledger) -> None:
        self.columns = {name: Gathered(name) for name in table.names}
        self.used: dict[str, str] = {}
        self.rows = 0
        self.unreadable: Counter[str] = Counter()
        self.keyless = 0
        self.keyless_for: Counter[str] = Counter()
        self.births: Counter[str] = Counter()
        self.born: dict[str, set[int]] = {}
        self._settings = dict.fromkeys(table.names, setting)
        self._place = str(place)
        self._ledger = ledger
        self._given = table.given

    def take(self, batch: Batch) -> None:
        """Add the rows of a batch; those that the reader could not make sense of are counted by reason."""
        self.rows += len(batch)
        faults = Counter(f"{fault.field} {fault.reason}" for fault in batch.faults.values())
        self.unreadable.update(faults)
        counted = {name: _counted(batch.column(name), batch.faults) for name in self.columns}
        self._decide(batch, counted)
        normals: dict[str, Normals] = {}
        for name, column in self.columns.items():
            texts = counted[name]
            counts: Counter[str] = Counter()
            for raw, count in texts.items():
                counts[raw if isinstance(raw, str) else text_of(raw) or ""] += count
            verdicts = column.take(counts, len(batch) - len(batch.faults), self._settings[name])
            if column.used:
                normals[column.meaning] = {
                    raw: verdicts[raw if isinstance(raw, str) else text_of(raw) or ""].normal for raw in texts
                }
        self._enter(batch, normals)

    def key_in(self, batch: Batch, meaning: str, row: int) -> str | None:
        """The form for comparing of a key in one row of a batch."""
        name = self.used[meaning]
        text = text_of(batch.column(name)[row]) or ""
        return check(self.columns[name].meaning, text, self._settings[name]).normal

    def _decide(self, batch: Batch, counted: Mapping[str, Counter[Any]]) -> None:
        """Guess what the columns hold that have values for the first time."""
        fresh = [one for one in self.columns.values() if one.meaning == "empty" and counted[one.name]]
        for column in fresh:
            values = (text_of(raw) or "" for raw in batch.column(column.name) if raw in counted[column.name])
            texts = list(islice(values, SAMPLE_MAX))
            setting = self._settings[column.name]
            told = self._given.get(column.name)
            column.meaning = told if told is not None else guess(column.name, texts, setting.today)  # type: ignore[assignment]
            if column.meaning in ("birth_date", "date"):
                self._settings[column.name] = structs.replace(setting, day_first=_day_first(texts, setting))
        # A header that is the field's name goes before one that only holds it.
        for column in sorted(fresh, key=lambda one: not named(one.name)[1]):
            eligible = column.name in self._given if self._given else True
            if eligible and column.meaning in _USED and column.meaning not in self.used:
                self.used[column.meaning] = column.name
                column.used = True

    def _enter(self, batch: Batch, normals: Mapping[str, Normals]) -> None:
        """Write the rows' keys to the ledger. Rows that cannot be read are there without any."""
        keys = [self._hashes(batch, meaning, normals.get(meaning)) for meaning in KEYS]
        given = self._given_names(batch, normals)
        births = self._column(batch, "birth_date", normals.get("birth_date"))
        hot = self._note_births(births)
        hashed, add, faults = self._ledger.hashed, self._ledger.add, batch.faults
        for row, (name, birth, *own) in enumerate(zip(given, births, *keys, strict=True)):
            if row in faults:
                add((0, 0, 0, 0, 0), 0, "", 0)
                continue
            if not any(own):
                self._note_keyless(batch, row, normals)
            if not name:
                add(own, 0, "", 0)
                continue
            mark = hashed(1, name)
            add(own, mark if len(name) > 1 else 0, name[0], hashed(1, name, birth or ""))
            if birth in hot and len(names := self.born.setdefault(birth, set())) < _NAMES_MAX:
                names.add(mark)

    def _column(self, batch: Batch, meaning: str, normals: Normals | None) -> Sequence[str | None]:
        if normals is None:
            return list(repeat(None, len(batch)))
        return [normals.get(raw) for raw in batch.column(self.used[meaning])]

    def _hashes(self, batch: Batch, meaning: str, normals: Normals | None) -> Sequence[int]:
        if normals is None:
            return list(repeat(0, len(batch)))
        kind, scope = KIND_OF[meaning], self._place if meaning == _SCOPED else ""
        hashed = self._ledger.hashed
        hashes = {raw: 0 if value is None else hashed(kind, scope, value) for raw, value in normals.items()}
        return [hashes.get(raw, 0) for raw in batch.column(self.used[meaning])]

    def _given_names(self, batch: Batch, normals: Mapping[str, Normals]) -> Sequence[str | None]:
        """Given names of their own column; where that has none, out of the whole name."""
        given = self._column(batch, "given_name", normals.get("given_name"))
        if "full_name" not in normals:
            return given
        whole = {
            raw: value and normalise.given_name(_given_of_whole(text_of(raw) or "") or "")
            for raw, value in normals["full_name"].items()
        }
        names = batch.column(self.used["full_name"])
        return [own or whole.get(raw) for own, raw in zip(given, names, strict=True)]

    def _note_keyless(self, batch: Batch, row: int, normals: Mapping[str, Normals]) -> None:
        self.keyless += 1
        for meaning in KEYS:
            if meaning in normals and batch.column(self.used[meaning])[row] in normals[meaning]:
                self.keyless_for[meaning] += 1

    def _note_births(self, births: Sequence[str | None]) -> set[str | None]:
        """Count birth dates; gives those that are on strikingly many rows."""
        counts = Counter(births)
        counts.pop(None, None)
        for birth, count in counts.items():
            if birth is not None and (birth in self.births or len(self.births) < _BIRTHS_MAX):
                self.births[birth] += count
        least = max(_HOT_ROWS, self.rows * _HOT_SHARE)
        return {birth for birth in counts if birth is not None and self.births[birth] >= least}


def _counted(values: Sequence[Any], faults: Mapping[int, Any]) -> Counter[Any]:
    """How often each value that is not blank occurs in the rows that can be read."""
    sound = [value for row, value in enumerate(values) if row not in faults] if faults else values
    counts = Counter(sound)
    for value in [one for one in counts if one is None or (isinstance(one, str) and not one.strip())]:
        del counts[value]
    return counts


def _day_first(texts: Sequence[str], setting: Setting) -> bool:
    """Whether dates whose order is open are to be read with the day first: as most of those that are not."""
    orders = Counter(read_date(text, day_first=True, today=setting.today).order for text in texts)
    if orders["day first"] == orders["month first"]:
        return setting.day_first
    return orders["day first"] > orders["month first"]
