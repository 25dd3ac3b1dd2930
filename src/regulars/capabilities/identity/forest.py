"""Disjoint sets of records that grow together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


class Forest:
    """Trees of record ids; whichever way they are joined, the same ids end up together."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._parent = {record_id: record_id for record_id in ids}

    def root(self, record_id: str) -> str:
        """The least id of a tree."""
        parent = self._parent
        while (above := parent[record_id]) != record_id:
            parent[record_id] = above = parent[above]
            record_id = above
        return record_id

    def join(self, ids: Iterable[str]) -> None:
        """Put all of them in one tree."""
        roots = {self.root(record_id) for record_id in ids}
        if roots:
            least = min(roots)
            for root in roots:
                self._parent[root] = least

    def together(self, one: str, other: str) -> bool:
        """Whether both are in one tree."""
        return self.root(one) == self.root(other)

    def trees(self) -> list[list[str]]:
        """The trees, each in the order of its ids, in the order of their least ids."""
        found: dict[str, list[str]] = defaultdict(list)
        for record_id in sorted(self._parent):
            found[self.root(record_id)].append(record_id)
        return list(found.values())
