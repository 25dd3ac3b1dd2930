"""Measures of a partition, on figures worked out by hand."""

from __future__ import annotations

import pytest

from regulars.capabilities.identity.linkage import Link
from regulars.capabilities.identity.measures import bands, quality
from regulars.capabilities.identity.model import Bands

TRUTH = {"a": "1", "b": "1", "c": "1", "d": "2", "e": "2"}


def test_pairs_and_records_are_counted() -> None:
    found = quality([["a", "b", "d"], ["c"], ["e"], ["stranger"]], TRUTH)
    assert found.pairs.precision == pytest.approx(1 / 3)
    assert found.pairs.recall == pytest.approx(1 / 4)
    assert found.pairs.f1 == pytest.approx(2 / 7)
    assert found.b_cubed.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.b_cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2) / 5)
    assert (found.records, found.clusters, found.people, found.largest) == (5, 3, 2, 3)


def test_the_truth_itself_is_perfect_and_nothing_found_is_precise() -> None:
    assert quality([["a", "b", "c"], ["d", "e"]], TRUTH).pairs.f1 == 1
    alone = quality([[rid] for rid in TRUTH], TRUTH).pairs
    assert (alone.precision, alone.recall, alone.f1) == (1, 0, 0)


def test_bands_tell_how_far_a_weight_can_be_trusted() -> None:
    links = [Link("a", "b", 9.0), Link("a", "d", 7.0), Link("b", "c", 3.0), Link("a", "stranger", 9.0)]
    link, review = bands(links, TRUTH, Bands(6.0, 1.0))
    assert (link.pairs, link.true, link.precision) == (2, 1, 0.5)
    assert (review.pairs, review.true) == (1, 1)
