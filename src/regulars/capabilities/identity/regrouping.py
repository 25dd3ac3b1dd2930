"""What clustering made of the profiles, as others want to hear it: new ones, merged ones, split ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set as AbstractSet

from msgspec import Struct, field


class Regrouped(Struct):
    """Ids of profiles. `merged`: profile → former ids that lead to it now. `split`: former id → profiles it is now."""

    created: list[str] = field(default_factory=list)
    merged: dict[str, list[str]] = field(default_factory=dict)
    split: dict[str, list[str]] = field(default_factory=dict)


def regrouped(
    before: AbstractSet[str], after: AbstractSet[str], moves: AbstractSet[tuple[str, str]]
) -> Regrouped:
    """Read the profiles before and after, and the moves (old, new) of records between them. In order of their ids.

    A profile is named for a record of its own, so an id that was and is there kept that record. A profile that only
    got another id counts as merged into it.
    """
    came: dict[str, set[str]] = defaultdict(set)
    went: dict[str, set[str]] = defaultdict(set)
    for old, new in moves:
        came[new].add(old)
        went[old].add(new)
    for kept in before & after:
        came[kept].add(kept)
        went[kept].add(kept)
    found = Regrouped()
    for profile in sorted(after):
        if not came[profile]:
            found.created.append(profile)
        gone = sorted(old for old in came[profile] - {profile} if len(went[old]) == 1)
        if gone:
            found.merged[profile] = gone
    for old in sorted(before):
        if len(went[old]) > 1:
            found.split[old] = sorted(went[old])
    return found
