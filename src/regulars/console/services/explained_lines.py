"""Explanations as pages and the API show them: each pair with its comparisons and the values compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.compared import PLACES, Values, values_of
from regulars.capabilities.identity.explaining import Band, Reason, Tie
from regulars.capabilities.identity.matcher import MISSING, PRIOR
from regulars.capabilities.identity.matcher import Part as Compares
from regulars.capabilities.identity.state import Fields, Value
from regulars.capabilities.identity.withdrawing import Cut, What
from regulars.console.i18n import _
from regulars.observe import mask as mask_text

from .common import mask
from .explained_words import (
    BY_HAND,
    NOTHING,
    field_words,
    kind_words,
    level_words,
    link_words,
    most,
    part_words,
    reason_words,
    strength_words,
    withdrawn_words,
)
from .explaining import Explained, Word
from .people import Part

VALUES_SHOWN: Final = 3
FAR: Final = frozenset({"nothing", "too_little"})
"""Reasons of pairs that only share somebody else they are near to."""


class Eyes(Struct, frozen=True):
    """What the reader may see: contacts and all that is as personal (`clear`), and how a name is shown without."""

    clear: bool
    hide_name: Callable[[str], str] = mask_text

    def name(self, name: str | None) -> str | None:
        """A name as the reader sees it."""
        return name if self.clear or name is None else self.hide_name(name)

    def value(self, kind: str, value: str) -> str:
        """An identifier as the reader sees it."""
        return value if self.clear else mask(kind, value)


class PartLine(Struct, frozen=True):
    """One comparison. `one` and `other`: the values compared, None where not known or not for the reader.

    `bits` for (positive) or against one person; `share`: the frequency of the value, where that was used.
    """

    comparison: str
    fields: tuple[str, ...]
    label: str
    level: str
    words: str
    strength: str
    bits: float
    share: float | None
    one: str | None
    other: str | None


class SilentLine(Struct, frozen=True):
    """A value both carry that says nothing of them."""

    kind: str
    label: str
    value: str | None
    reason: Reason


class PairLine(Struct, frozen=True):
    """Two records. `kind`: what says most; `value`: what both carry, where it is that.

    `words`: why they are one person, or why not. `holds`: it is one of those that hold the profile together.
    `other_profile`: the person on the other side, where it is not the one asked about.
    """

    a: str
    b: str
    kind: str
    label: str
    value: str | None
    linked: bool
    words: str
    bits: float
    band: Band
    reason: Reason
    parts: list[PartLine]
    silent: list[SilentLine]
    sure: list[str]
    holds: bool
    decided: Word | None
    other_profile: str | None


class CutLine(Struct, frozen=True):
    """Something without which the profile would fall apart, and the groups it would leave."""

    kind: What
    words: str
    value: str | None
    field: str | None
    records: list[str]
    groups: list[list[str]]


class Lines:
    """Makes lines of one explanation for one reader."""

    def __init__(self, explained: Explained, eyes: Eyes, order: Mapping[str, int] | None = None) -> None:
        """`order`: numbers of records; of a pair the one with the lower number comes first."""
        self._explained, self._eyes, self._order = explained, eyes, order or {}
        self._holding = {(tie.a, tie.b) for tie in explained.inside.tree}
        self._values: dict[Value, tuple[str, str]] = {
            (kinds.BY_NAME[one.kind], one.hash): (one.kind, one.value)
            for part in explained.by_id.values()
            for one in part.identities()
        }
        self._compared: dict[str, Values] = {}

    def pairs(self, ties: Iterable[Tie]) -> list[PairLine]:
        """Lines of pairs, in their order."""
        return [self.pair(tie) for tie in ties]

    def pair(self, tie: Tie) -> PairLine:
        """One pair."""
        profiles = self._explained.profiles
        mine = self._explained.profile_id.hex
        linked = profiles[tie.a] == profiles[tie.b]
        kind = most(tie)
        value = next((value for value in tie.shared if kinds.NAMES[value[0]] == kind), None)
        others = [profiles[rid] for rid in (tie.a, tie.b) if profiles[rid] != mine]
        a, b = self._in_order((tie.a, tie.b))
        return PairLine(
            a=a,
            b=b,
            kind=kind,
            label=_("by hand") if kind == BY_HAND else _("nothing") if kind == NOTHING else field_words(kind),
            value=self.value(value) if value else None,
            linked=linked,
            words=link_words(tie) if linked else reason_words(tie),
            bits=tie.bits,
            band=tie.band,
            reason=tie.reason,
            parts=[self._part(part, a, b) for part in tie.parts],
            silent=[
                SilentLine(kinds.NAMES[s.kind], kind_words(s.kind), self.value((s.kind, s.value)), s.reason)
                for s in tie.silent
            ],
            sure=[kinds.NAMES[kind] for kind in tie.sure],
            holds=(tie.a, tie.b) in self._holding,
            decided=self._explained.words.get((tie.a, tie.b)) if tie.decided else None,
            other_profile=others[0] if others else None,
        )

    def cut(self, cut: Cut) -> CutLine:
        """One thing thought away."""
        gone = cut.withdrawn
        return CutLine(
            kind=gone.kind,
            words=withdrawn_words(gone),
            value=self.value(gone.value) if gone.value else None,
            field=gone.field if gone.value is None else kinds.NAMES[gone.value[0]],
            records=self._in_order(gone.records),
            groups=[self._in_order(group) for group in cut.groups],
        )

    def value(self, value: Value) -> str | None:
        """An identifier by its hash, as the reader sees it; None for one that is of no record at hand."""
        found = self._values.get(value)
        return self._eyes.value(*found) if found else None

    def _in_order(self, ids: Iterable[str]) -> list[str]:
        return sorted(ids, key=lambda rid: (self._order.get(rid, 0), rid))

    def _part(self, part: Compares, a: str, b: str) -> PartLine:
        prior = part.comparison == PRIOR
        one, other = ("", "") if prior else (self._shown(rid, part.fields) for rid in (a, b))
        return PartLine(
            comparison=part.comparison,
            fields=part.fields,
            label=part_words(part),
            level=part.level,
            words="" if prior else level_words(part),
            strength="" if prior or part.level == MISSING else strength_words(part.bits),
            bits=part.bits,
            share=part.share,
            one=one or None,
            other=other or None,
        )

    def _shown(self, record_id: str, fields: tuple[str, ...]) -> str | None:
        part = self._explained.by_id[record_id]
        field = fields[0]
        if field in kinds.BY_NAME:
            return self._identifiers(part, field)
        if field in ("given_name", "family_name"):
            return self._eyes.name(_text(part.fields.scalar(field)))
        if not self._eyes.clear:
            return None
        if field not in (*PLACES, "birth_date") or field in ("street", "house_number"):
            return ", ".join(self._folded(record_id, part.fields).get(field, ())) or None
        return _plain(part.fields, field)

    def _identifiers(self, part: Part, kind: str) -> str | None:
        said = [self._eyes.value(kind, one.value) for one in part.identities() if one.kind == kind]
        more = ["…"] if len(said) > VALUES_SHOWN else []
        return ", ".join([*said[:VALUES_SHOWN], *more]) or None

    def _folded(self, record_id: str, fields: Fields) -> Values:
        if record_id not in self._compared:
            self._compared[record_id] = values_of(fields, traits=self._explained.model.traits())
        return self._compared[record_id]


def _plain(fields: Fields, field: str) -> str | None:
    """A birth date, or part of an address, as it was said."""
    if field == "birth_date":
        return _text(fields.scalar(field))
    address = fields.scalar("address")
    if not isinstance(address, Mapping):
        return None
    names = ("line1", "line2") if field == "address" else (field,)
    return ", ".join(str(address[name]) for name in names if address.get(name)) or None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


class RecordLine(Struct, frozen=True):
    """A record with the number people tell it by; `mine`: it is of the profile explained."""

    number: int
    record_id: str
    source_id: int
    name: str | None
    keys: list[str]
    first_at: datetime
    orders: int
    mine: bool


def record_lines(explained: Explained, eyes: Eyes, ties: Iterable[Tie]) -> dict[str, RecordLine]:
    """The profile's records, and those of `ties`, by id and numbered from 1, the profile's own first."""
    own = [part.record_id.hex for part in explained.parts]
    named = [rid for tie in ties for rid in (tie.a, tie.b)]
    lines = {}
    for number, rid in enumerate(dict.fromkeys([*own, *named]), 1):
        part = explained.by_id[rid]
        lines[rid] = RecordLine(
            number=number,
            record_id=rid,
            source_id=part.source_id,
            name=eyes.name(part.name),
            keys=list(dict.fromkeys(field_words(one.kind) for one in part.identities() if one.current)),
            first_at=part.first_at,
            orders=part.figures.orders,
            mine=explained.profiles[rid] == explained.profile_id.hex,
        )
    return lines


def nearest(explained: Explained) -> list[Tie]:
    """Of each other person who comes near the pair that fits best, or that somebody decided on.

    All pairs, where it is about two people.
    """
    if explained.two:
        return explained.apart
    mine = explained.profile_id.hex
    found: dict[str, Tie] = {}
    for tie in explained.apart:
        theirs = next(p for p in (explained.profiles[tie.a], explained.profiles[tie.b]) if p != mine)
        if tie.decided or theirs not in found:
            found[theirs] = tie
    return [tie for tie in found.values() if tie.decided or tie.reason not in FAR]
