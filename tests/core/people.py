"""Customers told of in any order: an independent account of what must come out, and a store in memory.

`expected` knows every word at once and folds it in the order of the facts. `Shelf` takes words in batches, as
turns do: it loads only what the rules ask for and keeps only what they hand back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.compared import values_of
from regulars.capabilities.identity.component import RECORDS_PER_VALUE_MAX
from regulars.capabilities.identity.households import household_keys
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.matching import candidates, recluster, turn_values, turned_keys
from regulars.capabilities.identity.normalise import given_name, name_words
from regulars.capabilities.identity.partition import Member, partition
from regulars.capabilities.identity.person import person_of
from regulars.capabilities.identity.rules import (
    Changes,
    Said,
    State,
    Survey,
    Tools,
    Word,
    decide_pairs,
    hashed_values,
    keys_of,
    micros,
    survey,
    tell,
)
from regulars.capabilities.identity.state import Decided, Fields, Manual, Record, Review
from regulars.engine.identity_memory import shipped
from regulars.store.vault import Hasher
from regulars.vocabulary.events import Customer

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
HASH = Hasher(b"a key for tests")
Key = tuple[int, str]
MODEL = replace(shipped().matcher.model, cluster=replace(shipped().matcher.model.cluster, crowd=4))
MATCHER = Matcher(MODEL)


def say(
    number: int, minute: int, customer: dict[str, Any], *, source_id: int = 1, deletes: bool = False
) -> Said | None:
    """What one event says of a customer, `minute` minutes after the start; None when it names nobody."""
    details = msgspec.convert(customer, Customer)
    person = person_of(details, source_id=source_id, region="GB", hash_=HASH, deletes=deletes)
    at = START + timedelta(minutes=minute)
    event_key = HASH("event", str(source_id), str(number))
    return None if person is None else Said(person, source_id, at, (micros(at), event_key))


# ---------------------------------------------------------------- what must come out


@dataclass
class Known:
    """All that is known of a record in the end."""

    scalars: dict[str, Any] = field(default_factory=dict)
    values: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    first_at: datetime = START
    source_id: int = 0

    def hear(self, one: Said, hash_: Hasher) -> None:
        """The next fact in order."""
        if one.person.deletes:
            self.scalars, self.values = {}, defaultdict(dict)
            return
        self.scalars.update(one.person.scalars)
        for kind, value, hashed in hashed_values(one, hash_):
            self.values[kind].pop(value, None)
            self.values[kind][value] = hashed

    def listing(self) -> dict[Key, bool]:
        """(kind, hash) → whether it is current; the last said is, of some kinds all are."""
        out = {}
        for kind, said in self.values.items():
            for place, hash_ in enumerate(reversed(said.values())):
                out[kind, hash_] = kind in kinds.MULTIPLE or place == 0
        return out

    def member(self, record_id: str, tools: Tools) -> Member:
        """The record as clustering sees it."""
        current = [key for key, now in self.listing().items() if now]
        live = [key for key, now in self.listing().items() if now or key[0] in kinds.LASTING]
        given = self.scalars.get("given_name")
        fields = self.fields()
        return Member(
            record_id=record_id,
            known=any(kind in kinds.KNOWN for kind, _ in current),
            first_us=micros(self.first_at),
            given=given_name(given) if given else None,
            birth_date=self.scalars.get("birth_date"),
            identifiers=tuple(key for key in live if key[0] in kinds.LINKING),
            keys=tuple(keys_of(tools.matcher.compared(fields), tools)),
            fields=fields,
        )

    def fields(self) -> Fields:
        """As matching compares them; when each was said does not matter, but which was last does."""
        values = {
            kinds.NAMES[kind]: {value: (hash_, at, "") for at, (value, hash_) in enumerate(said.items())}
            for kind, said in self.values.items()
        }
        return Fields({name: (value, 0, "") for name, value in self.scalars.items()}, values)

    def household(self, hash_: Hasher = HASH) -> list[int]:
        """The keys of its home and contacts."""
        fields = self.fields()
        return household_keys(fields, values_of(fields), hash_)

    def words(self, hash_: Hasher = HASH) -> set[str]:
        """Hashes of the words of the name."""
        names = (self.scalars.get("given_name"), self.scalars.get("family_name"))
        return {hash_("word", word) for word in name_words(*names)}


def expected(said: Iterable[Said], hash_: Hasher = HASH) -> dict[str, Known]:
    """Every record as it must be once all of it was heard, in whatever order; repeated events count once."""
    records: dict[str, Known] = defaultdict(Known)
    for one in sorted({one.stamp[1]: one for one in said}.values(), key=lambda one: one.stamp):
        record = records[one.person.record_id]
        if record.source_id == 0:
            record.first_at, record.source_id = one.occurred_at, one.source_id
        record.hear(one, hash_)
    return dict(records)


# ---------------------------------------------------------------- a store in memory


class Shelf:
    """What the tables hold of identity, and turns on it."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.identifiers: dict[tuple[int, str, str], bool] = {}
        self.words: set[tuple[str, str]] = set()
        self.keys: set[tuple[int, str]] = set()
        self.household: set[tuple[int, str]] = set()
        self.reviews: dict[tuple[str, str], Review] = {}
        self.crowded: set[int] = set()
        self.manual: Manual = {}
        self.generics: set[Key] = set()
        self.heard: set[str] = set()
        self.profiles = 0

    def turn(self, said: Sequence[Said], words: Sequence[Word] = ()) -> None:
        """One batch: drop what was heard before, load, survey, load, decide, save."""
        fresh = {one.stamp[1]: one for one in said if one.stamp[1] not in self.heard}
        self.heard |= fresh.keys()
        news = list(fresh.values())
        named = {one.person.record_id for one in news} & self.records.keys()
        state = State({rid: self._load(rid) for rid in named}, set(self.generics), set(self.crowded))
        state.manual = self.manual
        changes = tell(news, state, tools())
        decide_pairs(words, state, changes)
        need = survey(changes, state)
        need.components |= {self.records[rid].component_id for rid in need.records & self.records.keys()}
        self._review(need, state, len(news))
        self._load_components(need.components, need.values, state)
        self._load_candidates(need.keys, state, MODEL.cluster.crowd + len(news) + 1)
        turn_values(changes, state, tools())
        self._load_candidates(turned_keys(changes, state), state, MODEL.cluster.crowd + len(news) + 1)
        found = candidates(changes, state, tools())
        self._load_components(found.components, set(), state)
        recluster(changes, found, state, tools())
        self._save(changes, state.records)
        self.manual = state.manual

    def member_ids(self, profile_id: str) -> set[str]:
        """The records of a profile."""
        return {rid for rid, record in self.records.items() if record.profile_id == profile_id}

    def _review(self, need: Survey, state: State, told: int) -> None:
        for kind, value in need.doubted:
            carriers = self._carriers(kind, value)
            if len(carriers) <= RECORDS_PER_VALUE_MAX + told:
                state.reviewed.add((kind, value))
                need.components |= {self.records[rid].component_id for rid in carriers}
        for key in need.emptied:
            if sum(k == key for k, _ in self.keys) <= MODEL.cluster.crowd + told:
                state.reviewed_keys.add(key)
                need.keys.add(key)

    def _load_candidates(self, keys: set[int], state: State, most: int) -> None:
        for key in keys:
            for rid in [r for k, r in sorted(self.keys) if k == key][:most]:
                state.carriers.setdefault(key, set()).add(rid)
                record = state.records.setdefault(rid, self._load(rid, seen=False))
                record.sealed = self.records[rid].sealed

    def _load_components(self, components: set[str], values: set[Key], state: State) -> None:
        for kind, value in values:
            carriers = self._carriers(kind, value)
            if carriers:
                components.add(self.records[carriers[0]].component_id)
        for rid, record in self.records.items():
            if record.component_id in components:
                state.records.setdefault(rid, self._load(rid, seen=False))
                state.whole.add(record.component_id)

    def _carriers(self, kind: int, value: str) -> list[str]:
        return sorted(
            r
            for (k, v, r), now in self.identifiers.items()
            if (now or k in kinds.LASTING) and (k, v) == (kind, value)
        )

    def _load(self, record_id: str, *, seen: bool = True) -> Record:
        kept = self.records[record_id]
        record = Record(*(getattr(kept, name) for name in Record.__struct_fields__[:8]))
        if seen:
            record.seen_hash, record.seen_at, record.seen_key = kept.seen_hash, kept.seen_at, kept.seen_key
        return record

    def _save(self, changes: Changes, loaded: dict[str, Record]) -> None:
        for rid, record in changes.records.items():
            record.sealed = msgspec.json.encode(record.fields)
            record.fields, record.new, record.changed = None, False, False
            self.records[rid] = record
        for rid, record in changes.moved.items():
            kept = self.records[rid]
            kept.profile_id, kept.component_id = record.profile_id, record.component_id
        for rid in changes.seen:
            told, kept = loaded[rid], self.records[rid]
            kept.seen_hash, kept.seen_at, kept.seen_key = told.seen_hash, told.seen_at, told.seen_key
        for key, current in changes.identifiers.items():
            if current is None:
                self.identifiers.pop(key, None)
            elif key[0] != kinds.DEVICE:
                self.identifiers[key] = current
        for word, there in changes.words.items():
            (self.words.add if there else self.words.discard)(word)
        for (_, sought, rid), there in changes.keys.items():
            (self.keys.add if there else self.keys.discard)((sought, rid))
        for carried, there in changes.household.items():
            (self.household.add if there else self.household.discard)(carried)
        for a, b in list(self.reviews):
            one, other = changes.regrouped.get(a), changes.regrouped.get(b)
            if {a, b} & changes.recompared or (one is not None and one == other):
                del self.reviews[a, b]
        self.reviews |= changes.reviews
        self.crowded = (self.crowded | changes.crowded) - changes.uncrowded
        self.generics |= {(g.kind, g.value) for g in changes.generics}
        self.generics -= changes.freed
        self.profiles += changes.profiles_delta


def tools(matcher: Matcher = MATCHER, hash_: Hasher = HASH) -> Tools:
    """For fields that are only written down; the model is the program's own, but keys are crowded sooner."""
    return Tools(_open, lambda record_id: b"key of " + record_id.encode(), hash_, matcher)


def _open(record: Record) -> Fields:
    return msgspec.json.decode(record.sealed, type=Fields)


def crowded_keys(members: Iterable[Member], matcher: Matcher) -> set[int]:
    """Keys that more records carry than may."""
    counts = Counter(key for member in members for key in member.keys)
    return {key for key, count in counts.items() if count > matcher.model.cluster.crowd}


def last_words(words: Iterable[Word]) -> Manual:
    """What people decided in the end, worked out from all their words at once."""
    manual: Manual = defaultdict(dict)
    for word in sorted(words, key=lambda word: word.stamp):
        for one, other in word.pairs:
            if one != other:
                manual[one][other] = manual[other][one] = Decided(word.together, word.stamp)
    return manual


def check(shelf: Shelf, said: Iterable[Said], words: Iterable[Word] = ()) -> None:
    """The shelf holds exactly what must come out of what events said and people decided."""
    known = expected(said)
    members = [record.member(rid, tools()) for rid, record in known.items()]
    crowded = crowded_keys(members, MATCHER)
    manual = last_words(words)
    assert shelf.manual == manual
    whole = partition(members, MATCHER, crowded=crowded, manual=manual)
    assert {rid: r.profile_id for rid, r in shelf.records.items()} == whole.profiles
    assert shelf.profiles == len(set(whole.profiles.values()))
    assert shelf.generics == {(g.kind, g.value) for g in whole.generics}
    listing = {(*key, rid): now for rid, r in known.items() for key, now in r.listing().items()}
    assert shelf.identifiers == {key: now for key, now in listing.items() if key[0] != kinds.DEVICE}
    assert shelf.words == {(word, rid) for rid, r in known.items() for word in r.words()}
    assert {rid: r.component_id for rid, r in shelf.records.items()} == whole.components
    assert shelf.crowded == crowded
    assert shelf.keys == {(key, member.record_id) for member in members for key in member.keys}
    assert shelf.household == {(key, rid) for rid, record in known.items() for key in record.household()}
    assert shelf.reviews == {(review.a, review.b): review for review in whole.reviews}
    for rid, record in known.items():
        kept = shelf.records[rid]
        fields = msgspec.json.decode(kept.sealed, type=Fields)
        assert {name: found[0] for name, found in fields.scalars.items()} == record.scalars
        assert (kept.first_at, kept.source_id) == (record.first_at, record.source_id)
        assert kept.known == record.member(rid, tools()).known


# ---------------------------------------------------------------- words to say


STRANGERS = "Anna Bert Cleo Dorothy Egon Fritz Gwen Hugo Ilse".split()
GIVEN = ["Jane", "JANE ", "Janet", "J.", "John", "José", "李", "Mr"]
EMAILS = ["a@example.com", "A@example.com", "b@example.com", "shop@example.com", "test@test.com"]
PHONES = ["+44 20 7946 0018", "020 7946 0018", "+44 20 7946 0099", "0000"]
_optional: dict[str, st.SearchStrategy[Any]] = {
    "loyalty_card": st.sampled_from(["L1", "L2"]),
    "email": st.sampled_from(EMAILS),
    "phone": st.sampled_from(PHONES),
    "payment_token": st.sampled_from(["p1", "p2"]),
    "anonymous_id": st.sampled_from(["a1", "a2"]),
    "device": st.sampled_from(["d1"]),
    "given_name": st.sampled_from(GIVEN),
    "family_name": st.sampled_from(["Doe", "O'Neil", "Dow"]),
    "address": st.sampled_from([{"line1": "1 High St", "postcode": "N1 1AA"}, {"postcode": "N1 1AA"}]),
    "birth_date": st.sampled_from(["1990-02-01", "1985-05-05"]),
    "traits": st.sampled_from([{"size": 1}, {"size": 2, "vip": True}]),
}
customers = st.fixed_dictionaries(
    {}, optional={"external_id": st.sampled_from(["c1", "c2", "c3"]), **_optional}
)
crowd = st.fixed_dictionaries(
    {"external_id": st.sampled_from([f"c{n}" for n in range(12)])},
    optional={
        "email": st.sampled_from(["shop@example.com"] * 4 + ["own@example.com"]),
        "given_name": st.sampled_from(STRANGERS),
        "birth_date": st.sampled_from(["1990-02-01"]),
    },
)


@st.composite
def stories(
    draw: st.DrawFn, people: st.SearchStrategy[dict[str, Any]] = customers, most: int = 12
) -> list[Said]:
    """Words on a few customers by two sources, some said again word for word, some taking a customer back."""
    said: list[Said] = []
    before: list[tuple[dict[str, Any], int]] = []
    for number in range(draw(st.integers(1, most))):
        if before and draw(st.integers(0, 2)) == 0:
            customer, source_id = draw(st.sampled_from(before))
        else:
            customer, source_id = draw(people), draw(st.sampled_from([1, 1, 2]))
            before.append((customer, source_id))
        deletes = draw(st.integers(0, 11)) == 0
        one = say(number, draw(st.integers(0, 9)), customer, source_id=source_id, deletes=deletes)
        if one is not None:
            said.append(one)
    return said


@st.composite
def batches(draw: st.DrawFn, said: Sequence[Said]) -> list[list[Said]]:
    """The words in another order, some delivered twice, cut into turns."""
    order = draw(st.permutations([*said, *draw(st.lists(st.sampled_from(said), max_size=3))] if said else []))
    out: list[list[Said]] = [[]]
    for one in order:
        out[-1].append(one)
        if draw(st.booleans()):
            out.append([])
    return [batch for batch in out if batch]
