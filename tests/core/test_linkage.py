"""Groups from weights: bridges, contradictions, ties, chains that are too long, and what was said by hand."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.capabilities.identity.linkage import Pair, clusters
from regulars.capabilities.identity.model import Cluster

from .matching import retail

PRIOR = retail().prior.bits
LINK = retail().bands.link


def groups(
    weights: dict[Pair, float], ids: str = "abcd", *, largest: int = 300, **given: Any
) -> list[set[str]]:
    """Groups by weights of some pairs; all others have nothing in common."""
    model = replace(retail(), cluster=Cluster(largest=largest))

    def weight(a: str, b: str) -> float:
        return weights.get((a, b), weights.get((b, a), PRIOR))

    said = {"sure": [], "apart": [], "verified": {}, **given}
    found = clusters(
        list(ids), weight, said.pop("sure"), said.pop("apart"), said.pop("verified"), model, **said
    )
    return [set(one) for one in found.clusters]


def test_pairs_with_nothing_in_common_keep_nobody_apart() -> None:
    assert groups({("a", "b"): LINK, ("b", "c"): LINK, ("c", "d"): LINK}) == [{"a", "b", "c", "d"}]


def test_ends_of_a_chain_that_contradict_each_other_part_it() -> None:
    found = groups(
        {("a", "b"): 20, ("b", "c"): 8, ("c", "d"): 20, ("a", "d"): -90, ("a", "c"): -90, ("b", "d"): -90}
    )
    assert found == [{"a", "b"}, {"c", "d"}]


def test_who_fits_two_rivals_alike_joins_neither() -> None:
    rivals = {("a", "b"): 10.0, ("b", "c"): 9.0, ("a", "c"): -90.0}
    assert groups(rivals, "abc") == [{"a"}, {"b"}, {"c"}]
    assert groups({**rivals, ("a", "b"): 20.0}, "abc") == [{"a", "b"}, {"c"}]


def test_a_chain_that_is_too_long_is_cut_at_its_weakest_links() -> None:
    ids = "abcdef"
    weights = dict.fromkeys(pairwise(ids), LINK + 10.0)
    weights["c", "d"] = LINK
    assert groups(weights, ids) == [set(ids)]
    assert groups(weights, ids, largest=5) == [{"a", "b", "c"}, {"d", "e", "f"}]


def test_hands_go_before_verified_ids_and_these_before_weights() -> None:
    alike = {("a", "b"): 40.0}
    cards = {"a": "1", "b": "2"}
    assert groups(alike, "ab", verified=cards) == [{"a"}, {"b"}]
    assert groups(alike, "ab", verified=cards, sure=[("a", "b")]) == [{"a"}, {"b"}]
    assert groups(alike, "ab", verified=cards, joined=[("b", "a")]) == [{"a", "b"}]
    assert groups(alike, "ab", apart=[("b", "a")], joined=[("a", "b")]) == [{"a"}, {"b"}]
    assert groups({}, "ab", sure=[("a", "b")]) == [{"a", "b"}]


def test_apart_holds_for_all_that_joined_either_side() -> None:
    weights = dict.fromkeys(combinations("abcd", 2), 30.0)
    for one in groups(weights, apart=[("a", "d")]):
        assert not {"a", "d"} <= one


PAIRS = list(combinations("abcdef", 2))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([PRIOR, -60.0, 0.0, 6.0, 8.0, 20.0]), min_size=len(PAIRS), max_size=len(PAIRS)),
    st.permutations("abcdef"),
    st.lists(st.sampled_from(PAIRS), max_size=3),
    st.lists(st.sampled_from(PAIRS), max_size=2),
)
def test_the_order_of_ids_and_pairs_decides_nothing(
    bits: list[float], order: list[str], sure: list[Pair], apart: list[Pair]
) -> None:
    weights = dict(zip(PAIRS, bits, strict=True))
    turned = [(b, a) for a, b in reversed(sure)]
    one = groups(weights, "abcdef", sure=sure, apart=apart, verified={"a": "1", "f": "2"})
    other = groups(weights, "".join(order), sure=turned, apart=apart[::-1], verified={"f": "2", "a": "1"})
    assert one == other
