"""What a matcher made of a sample: how much of what it joined is right, and how much of what it could join it did."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from regulars.vocabulary.errors import InvalidInput

from .cases import CHANGED, SHARED
from .records import Entry
from .sample import Sample

PROFILE_COLUMNS: Final = ("source", "external_id", "profile_id")
Profiles = Mapping[tuple[str, str], str]
"""(source, external_id as the truth writes it) → profile."""


class CaseScore(Struct, frozen=True):
    """One kind of hard case. `joinable` are the pairs with at least one such record, `found` those in one profile.

    `wrong` counts the pairs of different people in one profile. Where two people look like one (`cases.SHARED`) both
    records must be such a case, where one looks like two at least one of them.
    """

    name: str
    joinable: int
    found: int
    wrong: int

    @property
    def recall(self) -> float:
        """Share of the joinable pairs that were found; 1 when there are none."""
        return _share(self.found, self.joinable)


class Score(Struct, frozen=True):
    """Figures over all pairs. `joined` are the pairs of records in one profile, `right` those of one person.

    `misled` are the wrong pairs of a record that misleads (see sample.py) with whom it seems to be.
    `most_people` is the most people found in one profile, `largest_mixed` the most records of a profile that holds
    more than one person (0 when none does).
    """

    records: int
    people: int
    profiles: int
    joined: int
    right: int
    misled: int
    joinable: int
    found: int
    sharing: int
    found_sharing: int
    most_people: int
    largest_mixed: int
    cases: tuple[CaseScore, ...]

    @property
    def precision(self) -> float:
        """Share of the joined pairs that are of one person; 1 when nothing was joined."""
        return _share(self.right, self.joined)

    @property
    def precision_knowable(self) -> float:
        """The same without the pairs that mislead: what is wrong of it could have been known."""
        return _share(self.right, self.joined - self.misled)

    @property
    def recall(self) -> float:
        """Share of the joinable pairs that were joined."""
        return _share(self.found, self.joinable)

    @property
    def recall_sharing(self) -> float:
        """Share of the pairs that share any detail, even one others carry too."""
        return _share(self.found_sharing, self.sharing)

    def case(self, name: str) -> CaseScore:
        """The figures of one of `cases`."""
        return next(case for case in self.cases if case.name == name)

    def figures(self) -> dict[str, Any]:
        """All of it for programs, the shares included."""
        shares = ("precision", "precision_knowable", "recall", "recall_sharing")
        cases = [{**asdict(case), "recall": case.recall} for case in self.cases]
        return {**asdict(self), **{name: getattr(self, name) for name in shares}, "cases": cases}

    def text(self) -> str:
        """A table for people."""
        wrong = self.joined - self.right
        lines = [
            f"{self.records:,} records of {self.people:,} people in {self.profiles:,} profiles",
            f"precision {self.precision:.4f}  of {self.joined:,} joined pairs, {wrong:,} of them wrong",
            f"          {self.precision_knowable:.4f}  without {self.misled:,} wrong pairs of records that mislead",
            f"recall    {self.recall:.4f}  of {self.joinable:,} joinable pairs",
            f"          {self.recall_sharing:.4f}  of {self.sharing:,} pairs that share any detail",
            f"most people in one profile {self.most_people}, most records in a mixed one {self.largest_mixed}",
            "",
            f"{'case':<18}{'joinable':>10}{'recall':>10}{'wrong pairs':>13}",
        ]
        lines += [
            f"{one.name:<18}{one.joinable:>10,}{one.recall:>10.4f}{one.wrong:>13,}" for one in self.cases
        ]
        return "\n".join(lines)


def measure(sample: Sample, profiles: Profiles) -> Score:
    """Hold profiles against the truth. A record that has none stands alone; profiles of other records are ignored."""
    entries = sample.entries
    placed = [profiles.get(entry.record.named) or f"alone {place}" for place, entry in enumerate(entries)]
    together: dict[str, list[Entry]] = defaultdict(list)
    for entry, profile in zip(entries, placed, strict=True):
        together[profile].append(entry)
    joinable, sharing = sample.pairs
    found = [(a, b) for a, b in joinable if placed[a] == placed[b]]
    mixed = [group for group in together.values() if len({entry.person for entry in group}) > 1]
    joined, right = _joined(together.values()), _right(together.values())
    return Score(
        records=len(entries),
        people=len({entry.person for entry in entries}),
        profiles=len(together),
        joined=joined,
        right=right,
        misled=_misled(sample, placed),
        joinable=len(joinable),
        found=len(found),
        sharing=len(sharing),
        found_sharing=sum(placed[a] == placed[b] for a, b in sharing),
        most_people=max((len({e.person for e in group}) for group in together.values()), default=0),
        largest_mixed=max(map(len, mixed), default=0),
        cases=tuple(_cases(entries, joinable, found, mixed)),
    )


def read_profiles(file: Path) -> dict[tuple[str, str], str]:
    """A partition as a CSV file with the columns source, external_id and profile_id; others are ignored.

    Raises InvalidInput when the file cannot be read, is not UTF-8 text or lacks a column.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in PROFILE_COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InvalidInput(f"{file} has no column {missing[0]!r}.", field=missing[0])
            return {(row["source"], row["external_id"]): row["profile_id"] for row in reader}
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.", field="file") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 text.", field="file") from error


def _cases(
    entries: Iterable[Entry],
    joinable: list[tuple[int, int]],
    found: list[tuple[int, int]],
    mixed: list[list[Entry]],
) -> Iterable[CaseScore]:
    by_place = [entry.cases for entry in entries]
    asked = Counter(case for a, b in joinable for case in by_place[a] | by_place[b])
    got = Counter(case for a, b in found for case in by_place[a] | by_place[b])
    everything = _wrong(mixed)
    for case in SHARED:
        yield CaseScore(case, asked[case], got[case], _wrong(_those(mixed, case, are=True)))
    for case in CHANGED:
        without = _wrong(_those(mixed, case, are=False))
        yield CaseScore(case, asked[case], got[case], everything - without)


def _misled(sample: Sample, placed: Sequence[str]) -> int:
    """The pairs of records that mislead with those of whom they seem to be; two of them are one pair."""
    of_person: dict[tuple[str, str], set[int]] = defaultdict(set)
    for place, entry in enumerate(sample.entries):
        of_person[placed[place], entry.person].add(place)
    pairs = {
        frozenset((place, other))
        for place, seeming in sample.misleading.items()
        for other in of_person.get((placed[place], seeming), ())
    }
    return len(pairs)


def _those(groups: Iterable[list[Entry]], case: str, *, are: bool) -> list[list[Entry]]:
    """The records of each group that are such a case, or that are not."""
    return [[entry for entry in group if (case in entry.cases) == are] for group in groups]


def _wrong(groups: list[list[Entry]]) -> int:
    """The pairs of different people in one group."""
    return _joined(groups) - _right(groups)


def _joined(groups: Iterable[list[Entry]]) -> int:
    return sum(_pairs(len(group)) for group in groups)


def _right(groups: Iterable[list[Entry]]) -> int:
    return sum(_pairs(n) for group in groups for n in Counter(entry.person for entry in group).values())


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
