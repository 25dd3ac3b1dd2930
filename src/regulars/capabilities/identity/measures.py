"""How well a partition fits the truth: of pairs, and of records (B-cubed)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import comb

from msgspec import Struct

from .linkage import Link
from .model import Bands


class Score(Struct, frozen=True):
    """Shares from 0 to 1. Where nothing was found precision is 1, where nothing is to be found recall is."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class Quality(Struct, frozen=True):
    """`pairs`: of all pairs in one cluster. `b_cubed`: mean over records. `largest`: records in the largest cluster."""

    pairs: Score
    b_cubed: Score
    records: int
    clusters: int
    people: int
    largest: int


def quality(found: Iterable[Iterable[str]], truth: Mapping[str, str]) -> Quality:
    """Compare clusters of record ids with the person of each record. Records without a truth are left out."""
    clusters = [[rid for rid in cluster if rid in truth] for cluster in found]
    clusters = [cluster for cluster in clusters if cluster]
    people = Counter(truth[rid] for cluster in clusters for rid in cluster)
    both = linked = 0
    precision = recall = 0.0
    for cluster in clusters:
        linked += comb(len(cluster), 2)
        for person, count in Counter(truth[rid] for rid in cluster).items():
            both += comb(count, 2)
            precision += count * count / len(cluster)
            recall += count * count / people[person]
    records = sum(people.values())
    true = sum(comb(count, 2) for count in people.values())
    return Quality(
        Score(both / linked if linked else 1.0, both / true if true else 1.0),
        Score(precision / records if records else 1.0, recall / records if records else 1.0),
        records,
        len(clusters),
        len(people),
        max((len(cluster) for cluster in clusters), default=0),
    )


class Band(Struct, frozen=True):
    """Pairs whose weight lies in a band: how many, and the share of them that are one person."""

    name: str
    pairs: int
    true: int

    @property
    def precision(self) -> float:
        """The share that are one person; 1 where there are none."""
        return self.true / self.pairs if self.pairs else 1.0


def bands(links: Iterable[Link], truth: Mapping[str, str], cuts: Bands) -> list[Band]:
    """Pairs by band, the linked first. `links` must hold all pairs from the review band up."""
    counted: dict[str, Counter[bool]] = defaultdict(Counter)
    for link in links:
        if link.a in truth and link.b in truth and link.bits >= cuts.review:
            name = "link" if link.bits >= cuts.link else "review"
            counted[name][truth[link.a] == truth[link.b]] += 1
    return [Band(name, counted[name].total(), counted[name][True]) for name in ("link", "review")]
