"""Loyalty in the turn: what a decided batch means for the points of its members.

It comes after identity and sales have decided, since a member is a profile and a sale counts on a record. Nothing is
done in a workspace without a programme.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from regulars.capabilities.identity import kinds
from regulars.capabilities.loyalty.commands import Command, Done, command
from regulars.capabilities.loyalty.fold import EARLIEST, Fact, Person, appends, bonus, take
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.programme import Version
from regulars.capabilities.loyalty.purchase import Purchase, StoredLine, purchase_of
from regulars.capabilities.loyalty.returning import back_lines
from regulars.capabilities.loyalty.standing import answer
from regulars.capabilities.loyalty.state import Earning, Member, Return
from regulars.capabilities.loyalty.terms import bonus_of
from regulars.capabilities.profile.state import REFUND, SALE, SaleRow
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Row, Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import LOYALTY_TYPES, REVIEWED

from .batch import Batch, Memory
from .births import birth_of
from .in_the_air import InTheAir
from .kept_points import account_of, hold_of
from .member_rows import Ahead, Reader, Wanted, born, cashiers, holds, named
from .open_lots import ALL_LOTS, LOTS_AHEAD, OpenLots
from .points import Points, Programmes, events_named, watches_staff
from .prepared import Prepared
from .suspicion import Suspicions, suspicions
from .vouchers import used_vouchers
from .wake import Wake

_SQL = load_queries("regulars.capabilities.loyalty")
_MODELS = load_queries("regulars.store", "models.sql")
_earning = msgspec.json.Decoder(Earning).decode
LOOSE = "/loose"
_lines = msgspec.json.Decoder(list[StoredLine]).decode


def concerns(batch: Batch, programmes: Programmes) -> bool:
    """Whether anything in a batch may move points."""
    named = events_named(programmes)
    return any(
        p.sale is not None or p.loyalty is not None or (p.said is not None and bonus_of(p.type) in named)
        for p in batch.fresh
    )


def run(
    session: Session,
    vault: Vault,
    memory: Memory,
    batch: Batch,
    wakes: Sequence[Wake] = (),
    ahead: Ahead | None = None,
) -> Points:
    """Load the members a decided batch concerns, and decide what happens to their points.

    `wakes` are of turns that are not committed yet: what they did to members is laid over what was read. `ahead`: what
    was read before, when all turns but these were committed. Raises Entangled where they regroup people.
    """
    points = _Work(session, vault, memory, batch, wakes, LOTS_AHEAD, ahead).done()
    if any(member.dry for member in points.members.values()):
        return _Work(session, vault, memory, batch, wakes, ALL_LOTS, None).done()
    return points


class _Work:
    """A batch in the making. `lots`: how many of a record are loaded."""

    def __init__(
        self,
        session: Session,
        vault: Vault,
        memory: Memory,
        batch: Batch,
        wakes: Sequence[Wake],
        lots: int,
        ahead: Ahead | None,
    ) -> None:
        self._session, self._vault, self._batch = session, vault, batch
        self._programmes, self._tax_modes = memory.programmes, memory.tax_modes
        self._wakes, self._lots = wakes, lots
        self._reader = Reader(session, vault, memory.programmes, most=lots + 1, ahead=ahead)
        self._bonuses = events_named(memory.programmes)
        self._facts: dict[str, list[Fact]] = defaultdict(list)
        self._loose: list[Fact] = []
        self._seen: Suspicions = {}
        self._known: set[str] = set()
        self._records: dict[str, set[str]] = defaultdict(set)
        self.points = Points()

    def done(self) -> Points:
        """What happens to the members' points."""
        self.load()
        self.decide()
        return self.points

    def _is_bonus(self, prepared: Prepared) -> bool:
        """Whether a programme names it; a sale is none."""
        return prepared.sale is None and bonus_of(prepared.type) in self._bonuses

    # -- what is concerned ------------------------------------------------------------------------

    def load(self) -> None:
        """Everything, in at most three round trips."""
        self._find_facts()
        touched = {fact.record_id for fact in self._all_facts()} | set(
            named(self._batch.fresh, self._bonuses)
        )
        if not touched:
            return
        self._load_profiles(touched)
        staff = self._load_accounts()
        self._seen = suspicions(
            self._session, self._vault, self._batch, self._programmes, self.points, self._wakes, staff
        )

    def _all_facts(self) -> Iterator[Fact]:
        yield from self._loose
        for facts in self._facts.values():
            yield from facts

    def _find_facts(self) -> None:
        """What changed of sales, with the event that said so; what another event brought about comes first."""
        keys = {prepared.event_key for prepared in self._batch.fresh}
        for row in self._batch.sales.rows.values():
            for fact in self._facts_of(row):
                if row.event_key in keys:
                    self._facts[row.event_key].append(fact)
                else:
                    self._loose.append(fact)

    def _facts_of(self, row: SaleRow) -> Iterator[Fact]:
        """Without the purchases: most sales are nobody's who takes part (see `_tell_purchases`)."""
        if row.kind == SALE and row.record_id is not None:
            yield Fact(row.sale_id, row.record_id, row.occurred_at, row.counted)
        elif row.kind == REFUND and row.original_id is not None:
            original = self._batch.rows.rows.get(row.original_id)
            if original is not None and original.record_id is not None:
                lines = back_lines(_lines(row.lines), row.total_minor)
                back = Return(row.sale_id, row.occurred_at, lines) if row.counted else None
                fact = Fact(original.sale_id, original.record_id, original.occurred_at, original.counted)
                yield replace(fact, returns={row.sale_id: back}, at=row.occurred_at)
        elif row.kind == REFUND and row.original_key is None and row.record_id is not None:
            yield Fact(row.sale_id, row.record_id, row.occurred_at, row.counted, loose=True)

    def _tell_purchases(self) -> None:
        """What was bought, of the sales of those who take part, and of those that were counted before."""
        for prepared in self._batch.fresh:
            facts = self._facts.get(prepared.event_key, [])
            for place, fact in enumerate(facts):
                if not fact.returns and self._takes_part(fact):
                    facts[place] = replace(fact, purchase=self._purchase(fact, prepared))

    def _takes_part(self, fact: Fact) -> bool:
        profile_id = self.points.profiles[fact.record_id]
        return any(
            self.points.people[profile_id, number].enrolled_at is not None
            or (fact.key, fact.record_id) in self._member(fact.record_id, number).earnings
            for number in self._programmes
        )

    def _purchase(self, fact: Fact, prepared: Prepared) -> Purchase:
        store = self._batch.sales.rows[fact.key].store
        on_top = self._tax_modes.get(store or "") == "exclusive"
        return purchase_of(
            prepared.event(), sale_id=fact.key, tax_mode="exclusive" if on_top else "inclusive"
        )

    # -- loading ----------------------------------------------------------------------------------

    def _load_profiles(self, touched: set[str]) -> None:
        here = self._batch.records
        profiles = {here[record_id].profile_id for record_id in touched if record_id in here}
        rows = self._reader.profiles(touched - here.keys(), profiles)
        found = {record_id: profile_id for record_id, profile_id, _ in rows}
        self._known = {record_id for record_id, _, known in rows if known}
        found.update((record_id, record.profile_id) for record_id, record in here.items())
        self._known.update(record_id for record_id, record in here.items() if record.known)
        wanted = {found[record_id] for record_id in touched if record_id in found}
        self.points.profiles = {
            record_id: profile_id for record_id, profile_id in found.items() if profile_id in wanted
        }
        for record_id, profile_id in self.points.profiles.items():
            self._records[profile_id].add(record_id)
        for wake in self._wakes:
            wake.check_profiles(self.points.profiles)

    def _load_accounts(self) -> list[Row]:
        """All that is kept of the members; returns what is stored of the cashiers, where that is looked at."""
        sales = {fact.key for fact in self._all_facts()} | {key for _, _, key in self._reviews()}
        wanted = Wanted(
            ids=set(self.points.profiles),
            sales=sales,
            holds=set(holds(self._batch.fresh)),
            born=self._born() if "birthday" in self._bonuses else set(),
            staff=set(cashiers(self._batch.fresh)) if watches_staff(self._programmes) else set(),
        )
        rows = self._reader.members(wanted)
        known = self.points.profiles
        for account in map(account_of, (row for row in rows.accounts if row[0] in known)):
            self._member(account.record_id, account.programme).accounts[account.record_id] = account
        again = {self._take_earning(row).key for row in rows.earnings if row[0] in known}
        self._take_holds(rows.holds)
        air = InTheAir(self._wakes, known, self._member)
        air.lay_over(sales)
        self._see_used_vouchers()
        self._meet({row[0] for row in rows.cards} | set(self._told_cards()), wanted.born, rows.stored)
        self._tell_purchases()
        open_lots = OpenLots([prepared.received_at for prepared in self._batch.fresh], self._lots)
        many = open_lots.take_open(row for row in rows.lots if row[1] in known)
        self._take_lots(open_lots, air, many=many, again=again)
        return rows.staff

    def _told_cards(self) -> Iterator[str]:
        """Records that this batch tells a loyalty card of: it is not stored yet."""
        for prepared in self._batch.fresh:
            person = prepared.said.person if prepared.said is not None else None
            if person is not None and any(kind == kinds.LOYALTY_CARD for kind, _ in person.values):
                yield person.record_id

    def _reviews(self) -> Iterator[tuple[str, int, str]]:
        """(record, programme, key) of earnings that somebody decided on; its member's history is counted anew."""
        for prepared in self._batch.fresh:
            said = prepared.loyalty
            if prepared.type == REVIEWED and said is not None and said.earning and said.member:
                yield said.member, said.programme, said.earning

    def _member(self, record_id: str, programme: int) -> Member:
        key = (self.points.profiles[record_id], programme)
        found = self.points.members.get(key)
        if found is None:
            found = self.points.members[key] = Member(programme)
            found.records = self._records[key[0]]
        return found

    def _take_earning(self, row: Row) -> Earning:
        record_id, programme, doc = row
        earning = _earning(doc)
        self._member(record_id, programme).earnings[earning.key, record_id] = earning
        return earning

    def _take_holds(self, rows: Iterable[Row]) -> None:
        for hold in map(hold_of, rows):
            if hold.record_id in self.points.profiles:
                self._member(hold.record_id, hold.programme).holds[hold.hold_id] = hold

    def _see_used_vouchers(self) -> None:
        """Which vouchers of sales that do not count any more were used meanwhile."""
        gone = {fact.key for fact in self._all_facts() if not fact.counted}
        holds = [hold for member in self.points.members.values() for hold in member.holds.values()]
        bought = [hold for hold in holds if hold.sale_id in gone and hold.for_voucher]
        used = used_vouchers(self._session, self._vault, self._batch, bought)
        for member in self.points.members.values():
            member.used_vouchers = used & member.holds.keys()

    def _counted_anew(self) -> set[str]:
        """Records of those whose history is counted anew."""
        anew = set()
        for (profile_id, programme), facts in self._by_member().items():
            member = self.points.members[profile_id, programme]
            if not appends(member, facts):
                anew |= member.records
                member.whole = True
        for record_id, programme, _ in self._reviews():
            if record_id in self.points.profiles and programme in self._programmes:
                member = self._member(record_id, programme)
                anew |= member.records
                member.whole = True
        return anew

    def _take_lots(self, found: OpenLots, air: InTheAir, *, many: set[str], again: set[str]) -> None:
        """Lots of those whose points are moved. `found`: those with points left, but of records that have `many`.

        Asked for besides, where there are any: what such records spend next; lots that came of sales that are told `again`,
        and those that holds name; and of those whose history is counted anew all lots and all earnings.
        """
        anew = self._counted_anew()
        holders: dict[str, list[Member]] = defaultdict(list)
        for member in self.points.members.values():
            for hold in member.holds.values():
                for taken in hold.lots:
                    holders[taken.lot_id].append(member)
        in_the_air = air.lots()
        # Those are laid over; they are asked for only so that they do not count among the rest, too.
        missing = holders.keys() - found.lots.keys() - in_the_air | (in_the_air if many else set())
        if anew or missing or many or again:
            ids = uuids(self.points.profiles) if again else uuids(())
            following, meant, whole, earned = self._reader.ask(
                (_SQL.load_next_lots, found.asked_next(uuids(many))),
                (_SQL.load_lots, {"ids": ids, "origins": uuids(again), "lots": uuids(missing)}),
                (_SQL.load_all_lots, {"ids": uuids(anew)}),
                (_SQL.load_all_earnings, {"ids": uuids(anew)}),
            )
            for row in earned:
                self._take_earning(row)
            found.take_next(following)
            found.take((*meant, *whole))
        for member in self.points.members.values():
            member.rest = {} if member.whole else found.rest_of(member.records, member.programme)
        for lot in found.lots.values():
            if lot.record_id in self.points.profiles:
                self._member(lot.record_id, lot.programme).lots[lot.lot_id] = lot
            for member in holders[lot.lot_id]:
                member.lots.setdefault(lot.lot_id, lot)
        air.lay_over_history(holders)

    def _by_member(self) -> dict[tuple[str, int], list[Fact]]:
        """Facts of each member in the order they will be taken in."""
        found: dict[tuple[str, int], list[Fact]] = defaultdict(list)
        ordered = [fact for p in self._batch.fresh for fact in self._facts.get(p.event_key, ())]
        for fact in (*self._loose, *ordered):
            for programme in self._programmes:
                self._member(fact.record_id, programme)
                found[self.points.profiles[fact.record_id], programme].append(fact)
        return found

    # -- who takes part ---------------------------------------------------------------------------

    def _meet(self, with_card: set[str], born: set[str], stored: Iterable[Row]) -> None:
        """Since when each profile takes part in each programme, by what the programme says of who does.

        `born`: records of those whose day of birth is asked for, as they are `stored`.
        """
        records_of = {row[0]: row for row in stored}
        births: dict[str, tuple[int, int] | None] = {}
        for programme, versions in self._programmes.items():
            who = versions[-1].programme.members.who
            for profile_id, records in self._records.items():
                member = self._member(next(iter(records)), programme)
                joined = [a.enrolled_at for a in member.accounts.values() if a.enrolled_at is not None]
                known = not self._known.isdisjoint(records)
                if (who == "known" and known) or (who == "card" and not with_card.isdisjoint(records)):
                    joined.append(EARLIEST)
                enrolled = min(joined, default=None)
                if enrolled is not None and profile_id not in births and not born.isdisjoint(records):
                    births[profile_id] = birth_of(records, self._batch, records_of, self._vault)
                birth = births.get(profile_id) if enrolled is not None else None
                self.points.people[profile_id, programme] = Person(profile_id, enrolled, birth)

    def _born(self) -> set[str]:
        """Records of the profiles whose day of birth matters."""
        profiles = self.points.profiles
        told = {fact.record_id for fact in self._all_facts()} | set(born(self._batch.fresh))
        return {one for record_id in told & profiles.keys() for one in self._records[profiles[record_id]]}

    # -- deciding ---------------------------------------------------------------------------------

    def decide(self) -> None:
        """Facts and commands in the order of their events."""
        if not self.points.profiles:
            return
        loose = self._batch.fresh[0]
        for programme, versions in self._programmes.items():
            self._apply(loose, programme, versions, self._loose, LOOSE)
            for prepared in self._batch.fresh:
                self._event(prepared, programme, versions)

    def _event(self, prepared: Prepared, programme: int, versions: Sequence[Version]) -> None:
        self._apply(prepared, programme, versions, self._facts.get(prepared.event_key, []))
        said = prepared.loyalty
        if said is not None and said.programme == programme and prepared.type in LOYALTY_TYPES:
            for member_id in said.members or [said.member or ""]:
                if member_id in self.points.profiles:
                    self._command(prepared, programme, versions, member_id)
        elif prepared.said is not None and self._is_bonus(prepared):
            record_id = prepared.said.person.record_id
            book, person = self._book(prepared, record_id, programme)
            seen = self._seen.get(prepared.event_key, ())
            bonus(book, bonus_of(prepared.type), record_id, prepared.event_key, versions, person, seen=seen)
            self._done(prepared, book, person, versions)

    def _book(
        self, prepared: Prepared, record_id: str, programme: int, part: str = ""
    ) -> tuple[Book, Person]:
        said = prepared.loyalty
        book = Book(
            self._member(record_id, programme),
            now=prepared.received_at,
            occurred_at=prepared.occurred_at,
            key=prepared.event_key,
            new_id=self._vault.hash,
            subject=record_id + part,
            actor=said.actor if said is not None else "regulars",
            reason=said.reason if said is not None else "",
        )
        return book, self.points.people[self.points.profiles[record_id], programme]

    def _apply(
        self,
        prepared: Prepared,
        programme: int,
        versions: Sequence[Version],
        facts: Sequence[Fact],
        part: str = "",
    ) -> None:
        """Take facts in; those of another event than their own are a `part` of it."""
        by_profile: dict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            by_profile[self.points.profiles[fact.record_id]].append(fact)
        for own in by_profile.values():
            book, person = self._book(prepared, own[0].record_id, programme, part)
            told = prepared.loyalty if prepared.sale is not None and not part else None
            # A hold is of one programme; what was spent without one is of the programme that is named.
            spends = (
                [one for one in told.spends if one.hold is not None or told.programme == programme]
                if told is not None
                else ()
            )
            if prepared.event_key in self._seen:
                own = [replace(fact, seen=self._seen[prepared.event_key]) for fact in own]
            kept = told.recovers_minor if told is not None and told.programme == programme else 0
            take(book, own, versions, person, spends=spends, recovers_minor=kept)
            self._done(prepared, book, person, versions)

    def _command(
        self, prepared: Prepared, programme: int, versions: Sequence[Version], member_id: str
    ) -> None:
        assert prepared.loyalty is not None, "the caller looked"
        book, person = self._book(prepared, member_id, programme)
        done = command(book, Command(prepared.type, prepared.loyalty, member_id), versions, person)
        self._done(prepared, book, person, versions, done)

    def _done(
        self,
        prepared: Prepared,
        book: Book,
        person: Person,
        versions: Sequence[Version],
        done: Done | None = None,
    ) -> None:
        self.points.books.append(book)
        if len(book.member.records) > 1 and (person.enrolled_at is not None or book.transactions):
            self.points.met.add(tuple(sorted(book.member.records)))
        told = answer(book, person, versions, done)
        if told is not None:
            self.points.answers[prepared.event_key].append(told)
