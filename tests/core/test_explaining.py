"""Explanations say what the partition does: sums are the weights, links hold a profile together, reasons are true."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.component import RECORDS_PER_VALUE_MAX
from regulars.capabilities.identity.explaining import LINKS_MAX, Case, Explainer, Tie, route
from regulars.capabilities.identity.partition import Member, member, partition
from regulars.capabilities.identity.rules import member_of
from regulars.capabilities.identity.state import Decided, Fields, Manual, Value
from regulars.capabilities.identity.withdrawing import PAIRS_MAX, Cuts, cuts

from .matching import fields, retail_matcher
from .people import MATCHER, Shelf, batches, crowd, customers, stories

WORD = Decided(together=False, stamp=(1, "w"))
APART: Manual = {"a": {"b": WORD}, "b": {"a": WORD}}


def keyed(record_id: str, said: Fields, *keys: int) -> Member:
    return member(record_id, msgspec.structs.replace(said, keys=list(keys)), known=True, first_us=0)


def case_of(
    records: Mapping[str, Fields], manual: Manual | None = None, keys: tuple[int, ...] = (1,)
) -> Case:
    """Records as their partition leaves them; all share a key unless told otherwise."""
    members = [keyed(rid, said, *keys) for rid, said in records.items()]
    retired: set[Value] = set()
    found = partition(members, retail_matcher(), manual=manual)
    retired.update((generic.kind, generic.value) for generic in found.generics)
    return Case(members, found.profiles, found.components, retail_matcher(), retired, manual=manual or {})


def between(case: Case, one: str, other: str) -> Tie:
    return Explainer(case).tie(one, other)


def what_splits(case: Case, record_id: str) -> Cuts:
    profile = case.profiles[record_id]
    return cuts(case, profile, Explainer(case).inside(profile).tree)


# ---------------------------------------------------------------- whatever is said


def shelf_case(shelf: Shelf) -> Case:
    members = [
        member_of(record, msgspec.json.decode(record.sealed, type=Fields))
        for record in shelf.records.values()
    ]
    return Case(
        members,
        {rid: record.profile_id for rid, record in shelf.records.items()},
        {rid: record.component_id for rid, record in shelf.records.items()},
        MATCHER,
        shelf.generics,
        shelf.crowded,
        shelf.manual,
    )


@given(st.data())
@settings(deadline=None)
def test_every_explanation_sums_up_and_fits_the_profiles(data: st.DataObject) -> None:
    people = data.draw(st.sampled_from([customers, crowd]))
    shelf = Shelf()
    for batch in data.draw(batches(data.draw(stories(people)))):
        shelf.turn(batch)
    case = shelf_case(shelf)
    explainer = Explainer(case)
    for profile in sorted(set(case.profiles.values())):
        inside = explainer.inside(profile)
        ids = explainer.records_of(profile)
        assert len(inside.tree) == len(ids) - 1
        assert all(tie.holds and tie.reason == "same_person" for tie in inside.tree)
        assert all(route(inside.tree, ids[0], other) for other in ids[1:])
        apart = explainer.apart(profile)
        assert {case.profiles[tie.a] for tie in apart} | {case.profiles[tie.b] for tie in apart} >= (
            set(case.profiles.values()) if len(set(case.profiles.values())) > 1 else set()
        )
        assert all(tie.reason != "same_person" for tie in apart)
        assert all(tie.reason != "too_many" for tie in apart)
        for tie in [*inside.ties, *inside.tree, *apart]:
            weight = explainer.bits(tie.a, tie.b)
            assert sum(part.bits for part in tie.parts) == pytest.approx(weight, abs=1e-6)
            assert tie.bits == pytest.approx(weight, abs=1e-6)
        found = cuts(case, profile, inside.tree)
        assert found.agrees
        assert all(len(cut.groups) > 1 for cut in found.cuts)
        assert len(ids) == 1 or any(cut.withdrawn.kind == "pair" for cut in found.cuts)


# ---------------------------------------------------------------- why not


def test_each_reason_for_two_people_is_told_apart() -> None:
    jane = {"given_name": "Jane", "family_name": "Doe"}
    home = {"email": "home@x.example"}
    card, other = {"loyalty_card": "L1"}, {"loyalty_card": "L2"}
    born = {"birth_date": "1990-02-01"}
    cases = {
        "held_apart": case_of({"a": fields(**jane, **home), "b": fields(**jane, **home)}, APART),
        "two_verified": case_of({"a": fields(**jane, **home, **card), "b": fields(**jane, **home, **other)}),
        "contradicts": case_of({"a": fields(given_name="Jane", **home), "b": fields(given_name="Omar", **home)}),
        "not_compared": case_of({"a": fields(**jane, **born), "b": fields(**jane, **born)}, keys=()),
        "to_review": case_of({"a": fields(**jane, city="London"), "b": fields(**jane, city="London")}),
        "too_little": case_of({"a": fields(given_name="Jane"), "b": fields(given_name="Jane")}),
        "nothing": case_of({"a": fields(given_name="Jane"), "b": fields(postcode="N1 1AA")}),
        "several_names": case_of(
            {"a": fields(**home), "b": fields(given_name="Jane", **home), "c": fields(given_name="Omar", **home)}
        ),
    }  # fmt: skip
    assert {reason: between(case, "a", "b").reason for reason, case in cases.items()} == {
        reason: reason for reason in cases
    }


def test_a_value_of_too_many_is_why_two_are_two() -> None:
    names = ["Ann", "Bea", "Cleo", "Dora", "Egon", "Fay", "Gus", "Hal"]
    case = case_of({name: fields(given_name=name, phone="+442079460000") for name in names}, keys=())
    assert len(set(case.profiles.values())) == len(names)
    tie = between(case, "Ann", "Bea")
    assert (tie.reason, [silent.reason for silent in tie.silent]) == ("generic", ["generic"])
    assert not any(part.bits > 0 for part in tie.parts)


def test_a_word_on_others_of_two_profiles_keeps_a_linking_pair_apart() -> None:
    one = {"given_name": "Jane", "email": "j@x.example"}
    case = case_of(
        {
            "a": fields(**one, loyalty_card="L1"),
            "c": fields(**one, loyalty_card="L1"),
            "b": fields(**one),
        },
        APART,
    )
    assert case.profiles["a"] == case.profiles["c"] != case.profiles["b"]
    assert between(case, "c", "b").reason == "group_held_apart"


# ---------------------------------------------------------------- what holds it together


def chain() -> Case:
    """a and b share an e-mail, b and c a telephone."""
    name = {"given_name": "Jane"}
    return case_of(
        {
            "a": fields(**name, email="j@x.example"),
            "b": fields(**name, email="j@x.example", phone="+442079460018"),
            "c": fields(**name, phone="+442079460018"),
        },
        keys=(),
    )


def test_the_way_from_one_record_to_another_goes_over_what_links_them() -> None:
    case = chain()
    tree = Explainer(case).inside(case.profiles["a"]).tree
    assert [(tie.a, tie.b) for tie in route(tree, "a", "c")] == [("a", "b"), ("b", "c")]
    assert [(tie.a, tie.b) for tie in route(tree, "c", "a")] == [("b", "c"), ("a", "b")]
    assert route(tree, "a", "a") == []
    assert [tie.shared for tie in tree] == [
        ((kinds.EMAIL, "email:j@x.example"),),
        ((kinds.PHONE, "phone:+442079460018"),),
    ]


def test_what_would_split_a_profile_is_what_its_links_rest_on() -> None:
    found = what_splits(chain(), "a")
    assert found.agrees
    split = {
        (cut.withdrawn.kind, cut.withdrawn.value or cut.withdrawn.records): cut.groups for cut in found.cuts
    }
    assert split["value", (kinds.EMAIL, "email:j@x.example")] == [["b", "c"], ["a"]]
    assert split["value", (kinds.PHONE, "phone:+442079460018")] == [["a", "b"], ["c"]]
    assert split["record", ("b",)] == [["a"], ["c"]]
    assert split["pair", ("a", "b")] == [["b", "c"], ["a"]]


def test_a_birth_date_that_links_is_named() -> None:
    one = {"given_name": "Jane", "family_name": "Doe", "birth_date": "1990-02-01"}
    found = what_splits(case_of({"a": fields(**one), "b": fields(**one)}), "a")
    assert [cut.withdrawn.field for cut in found.cuts if cut.withdrawn.kind == "field"] == [
        "name",
        "birth_date",
    ]


def test_values_that_stand_in_for_each_other_split_nothing() -> None:
    one = {"given_name": "Jane", "email": "j@x.example", "phone": "+442079460018"}
    found = what_splits(case_of({"a": fields(**one), "b": fields(**one)}), "a")
    assert [cut.withdrawn.kind for cut in found.cuts] == ["pair"]


def test_nothing_is_tried_where_records_are_missing_or_the_profile_is_out_of_date() -> None:
    case = chain()
    assert what_splits(msgspec.structs.replace(case, whole=False), "a") == Cuts([], 0, agrees=None)
    lied = dict.fromkeys(case.profiles, "a")
    assert what_splits(msgspec.structs.replace(case, profiles=lied, manual=APART), "a") == Cuts(
        [], 0, agrees=False
    )


def test_a_large_profile_is_explained_within_bounds() -> None:
    count = 3 * RECORDS_PER_VALUE_MAX
    records = {
        f"r{n:03}": fields(given_name="Jane", family_name="Doe", loyalty_card="L1", email=f"j{n}@x.example")
        for n in range(count)
    }
    case = case_of(records, keys=())
    inside = Explainer(case).inside(case.profiles["r000"])
    assert (len(inside.ties), len(inside.tree), inside.pairs) == (
        LINKS_MAX,
        count - 1,
        count * (count - 1) // 2,
    )
    found = what_splits(case, "r000")
    assert found.tried * inside.pairs <= PAIRS_MAX
    assert found.cuts
