"""What identity knows: a customer as an event told it, a record, and the links between records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct, field

from . import kinds

Stamp = tuple[int, str]
"""(microseconds since 1970 of the fact, event key): the order of facts. The greater one is the later."""


Value = tuple[int, str]
"""(kind, keyed hash) of an identifier."""

_LINKING = [(kind, kinds.NAMES[kind], kind in kinds.LASTING) for kind in kinds.STRENGTH]


class Person(Struct, array_like=True, gc=False):
    """The customer of one event, normalised before the turn.

    `values`: (kind, normalised value). `content` is a hash over all that was said; where it equals the last one
    seen nothing new was said, and nobody asks for `hashed`: (kind, value, keyed hash), see rules.hashed_values.
    """

    record_id: str
    scalars: dict[str, Any]
    values: list[tuple[int, str]]
    content: str
    deletes: bool = False
    hashed: list[tuple[int, str, str]] | None = None


class Fields(Struct, omit_defaults=True, gc=False):
    """All a record knows, sealed in storage.

    `scalars`: name → (value, microseconds, event key). `values`: kind name → value → (hash, microseconds,
    event key). `deleted` stamps the source's word that the customer is gone: what is older does not count. `said` lists
    the fields of the content last taken whole: a repeat of it stamps them all (see Record.seen_at). `keys` are those
    under which records are sought that may be the same person, of the set of number `model` (0: none yet).
    `household` are those of its home and contacts, see `households`.
    """

    scalars: dict[str, tuple[Any, int, str]] = field(default_factory=dict)
    values: dict[str, dict[str, tuple[str, int, str]]] = field(default_factory=dict)
    deleted: Stamp | None = None
    said: tuple[list[str], list[tuple[int, str]]] | None = None
    keys: list[int] = field(default_factory=list)
    model: int = 0
    household: list[int] = field(default_factory=list)

    def scalar(self, name: str) -> Any:
        """The current value of a field, or None."""
        found = self.scalars.get(name)
        return found[0] if found else None

    def current(self, kind: int) -> list[tuple[str, str]]:
        """(value, hash) of the current identifiers of a kind: all, or the last said."""
        said = self.values.get(kinds.NAMES[kind])
        if not said:
            return []
        if len(said) == 1 or kind in kinds.MULTIPLE:
            return [(value, entry[0]) for value, entry in said.items()]
        value = max(said, key=lambda v: (said[v][1], said[v][2]))
        return [(value, said[value][0])]

    def linking(self) -> list[tuple[int, str]]:
        """(kind, hash) of all identifiers that may link, the strongest kind first; former contacts still may."""
        out: list[Value] = []
        for kind, name, lasting in _LINKING:
            said = self.values.get(name)
            if said and (lasting or len(said) == 1):
                out += [(kind, entry[0]) for entry in said.values()]
            elif said:
                out += [(kind, hash_) for _, hash_ in self.current(kind)]
        return out

    def former(self, kind: int) -> list[tuple[str, str]]:
        """(value, hash) of identifiers that were replaced."""
        if kind in kinds.MULTIPLE:
            return []
        now = dict(self.current(kind))
        return [(v, e[0]) for v, e in self.values.get(kinds.NAMES[kind], {}).items() if v not in now]


class Record(Struct, gc=False):
    """A record as loaded for a turn, or new in it. `wrapped` is its key, wrapped; `seen_*` its last repeat.

    `sealed` is empty where the fields were left in storage, since nothing new is said of them.
    """

    record_id: str
    source_id: int
    known: bool
    first_at: datetime
    component_id: str
    profile_id: str
    wrapped: bytes
    sealed: bytes
    seen_hash: str | None = None
    seen_at: datetime | None = None
    seen_key: str | None = None
    fields: Fields | None = None
    new: bool = False
    changed: bool = False


class Review(Struct, frozen=True):
    """Two records (a < b) of different profiles that may be one person: somebody should look.

    `weight` in bits; `conflict` where something that identifies for certain speaks against what else would link them.
    """

    a: str
    b: str
    weight: float
    conflict: bool = False


class Generic(Struct, frozen=True):
    """A value shared by too many to identify anybody."""

    kind: int
    value: str
    people: int
    records: int


class Decided(Struct, frozen=True):
    """What a person decided of two records: together, apart, or nothing any more (None)."""

    together: bool | None
    stamp: Stamp


Manual = dict[str, dict[str, Decided]]
"""What people decided, for each record by the other record."""
