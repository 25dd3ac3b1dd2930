"""A machine of rules plays good, repeated, late, scrambled and poisoned events; what must hold is asked after each."""

from __future__ import annotations

import json
import random
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from regulars.intake.gate import EngineGate
from tests.engine.fixtures import MakeWorld
from tests.engine.stream import Stream
from tests.engine.world import Row, Told, differences, statuses

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
# A shorter story would be found in minutes of turns; the one that failed is told in full anyway.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]

# Figures of records and days as the receipts themselves add up, for every record and every day.
FIGURES = """
select counted_on, count(*) filter (where kind = 1), count(*) filter (where kind = 2),
    sum(case kind when 1 then items_micro else -items_micro end)::bigint,
    min(occurred_at) filter (where kind = 1), max(occurred_at) filter (where kind = 1)
from sale where counted and counted_on is not null group by 1
"""
KEPT_FIGURES = """
select record_id, (f ->> 'orders')::int, (f ->> 'returns')::int, (f ->> 'items_micro')::bigint,
    (f ->> 'first_purchase_at')::timestamptz, (f ->> 'last_purchase_at')::timestamptz
from record_figures, convert_from(figures, 'UTF8') as t, lateral (select t::jsonb) as j(f)
"""
SPENT = """
select counted_on, currency, sum(case kind when 1 then total_minor else -total_minor end)::bigint
from sale where counted and counted_on is not null group by 1, 2
"""
KEPT_SPENT = """
select record_id, s.key, s.value::bigint
from record_figures, jsonb_each_text(convert_from(figures, 'UTF8')::jsonb -> 'spend_minor') as s
"""
DAYS = """
select business_date, coalesce(store, ''), coalesce(channel, ''), currency, count(*) filter (where kind = 1),
    count(*) filter (where kind = 1 and counted_on is not null), count(*) filter (where kind = 2),
    sum(case kind when 1 then items_micro else -items_micro end)::bigint,
    coalesce(sum(total_minor) filter (where kind = 1), 0)::bigint,
    coalesce(sum(total_minor) filter (where kind = 2), 0)::bigint
from sale where counted group by 1, 2, 3, 4
"""
KEPT_DAYS = """
select business_date, store, channel, currency, orders, identified, returns, items_micro, paid_minor, returned_minor
from store_day where (orders, identified, returns, items_micro, paid_minor, returned_minor) <> (0, 0, 0, 0, 0, 0)
"""
TORN_VALUES = """
select i.kind, i.value from identifier i join record r using (workspace_id, record_id)
where i.current and not exists (
    select from generic_value g where g.workspace_id = i.workspace_id and g.kind = i.kind and g.value = i.value
) group by 1, 2 having count(distinct r.component_id) > 1
"""


class Events(RuleBasedStateMachine):
    """Sources that tell one workspace everything, in any order and as often as they like."""

    make_world: ClassVar[MakeWorld]

    def __init__(self) -> None:
        super().__init__()
        self.world = world = type(self).make_world()
        self.stream = Stream(0, customers=6)
        self.told: list[Told] = []
        self.late: list[Told] = []
        self.rejected = 0
        self.gate: EngineGate = world.gate()
        world.reader = world.database.connect()

    def tell(self, events: list[Told]) -> dict[str, int]:
        return statuses(self.world.tell(self.gate, events))

    # ------------------------------------------------------------ what may happen

    @rule(seed=st.integers(0, 2**32), count=st.integers(1, 12), crowd=st.booleans())
    def good_events_come(self, seed: int, count: int, crowd: bool) -> None:
        self.stream.chance, self.stream.crowd = random.Random(seed), crowd
        events = self.stream.events(count)
        self.told += events
        assert self.tell(events) == {"applied": count}

    @rule(seed=st.integers(0, 2**32), count=st.integers(1, 6))
    def events_are_kept_back(self, seed: int, count: int) -> None:
        self.stream.chance = random.Random(seed)
        self.late += self.stream.events(count)

    @rule()
    def what_was_kept_back_comes_late(self) -> None:
        events, self.late = self.late[::-1], []
        self.told += events
        assert self.tell(events) == ({"applied": len(events)} if events else {})

    @rule(seed=st.integers(0, 2**32))
    def events_come_again(self, seed: int) -> None:
        again = random.Random(seed).choices(self.told, k=5) if self.told else []
        assert self.tell(again) == ({"duplicate": 5} if again else {})

    @rule(seed=st.integers(0, 2**32))
    def a_scrambled_event_comes(self, seed: int) -> None:
        chance = random.Random(seed)
        source_id, body = chance.choice(self.told or [(1, b'{"id": "x"}')])
        cut = chance.randrange(1, len(body))
        scrambled = chance.choice([body[:cut], body[cut:], body[:cut] + b"\xff" + body[cut:], b'{"id": 1}'])
        assert self.tell([(source_id, scrambled)]) == {"rejected": 1}
        self.rejected += 1

    @rule(seed=st.integers(0, 2**32), count=st.integers(1, 5))
    def a_poisoned_event_comes_among_good_ones(self, seed: int, count: int) -> None:
        self.stream.chance = random.Random(seed)
        events = self.stream.events(count)
        poison = json.loads(self.stream.sale()[1]) | {"till": "\x00"}
        self.told += events
        mixed = [*events[: count // 2], (1, json.dumps(poison).encode()), *events[count // 2 :]]
        assert self.tell(mixed) == {"applied": count, "rejected": 1}
        self.rejected += 1

    @rule()
    def another_engine_takes_over(self) -> None:
        self.gate.close()
        self.gate = self.world.gate()

    # ------------------------------------------------------------ what must hold

    @invariant()
    def figures_are_the_sum_of_the_receipts(self) -> None:
        def filled(query: str) -> dict[Any, Row]:
            rows = {row[0]: tuple(value or 0 for value in row[1:]) for row in self.world.rows(query)}
            return {key: row for key, row in rows.items() if any(row)}

        assert filled(FIGURES) == filled(KEPT_FIGURES)
        spent, kept = ({row for row in self.world.rows(query) if row[2]} for query in (SPENT, KEPT_SPENT))
        assert spent == kept

    @invariant()
    def days_are_the_sum_of_the_receipts(self) -> None:
        full = {row for row in self.world.rows(DAYS) if any(row[4:])}
        assert full == set(self.world.rows(KEPT_DAYS))

    @invariant()
    def every_profile_is_a_record_of_its_own(self) -> None:
        assert (
            self.world.rows(
                "select 1 from record r left join record a on a.workspace_id = r.workspace_id and"
                " a.record_id = r.profile_id where a.profile_id is distinct from a.record_id"
            )
            == []
        )

    @invariant()
    def a_shared_value_is_in_one_component(self) -> None:
        assert self.world.rows(TORN_VALUES) == []

    @invariant()
    def a_profile_is_in_one_component(self) -> None:
        assert (
            self.world.rows(
                "select 1 from record group by profile_id having count(distinct component_id) > 1"
            )
            == []
        )

    @invariant()
    def profiles_and_events_are_counted_right(self) -> None:
        (counted,) = self.world.rows("select profiles, event_no from workspace_state")
        (found,) = self.world.rows(
            "select count(distinct profile_id), (select count(*) from event) from record"
        )
        assert counted == found
        assert self.world.rows("select count(*) from quarantine") == [(self.rejected,)]

    def teardown(self) -> None:
        self.gate.close()
        try:
            assert differences(self.world.state(), self.world.expected(self.told)) == []
        finally:
            if self.world.reader is not None:
                self.world.reader.close()


def test_what_must_hold_holds_whatever_comes(make_world: MakeWorld) -> None:
    play = settings(
        max_examples=12, stateful_step_count=15, deadline=None, phases=PHASES, suppress_health_check=QUIET
    )
    Events.make_world = make_world
    run_state_machine_as_test(Events, settings=play)


@pytest.mark.soak
def test_what_must_hold_holds_for_long(make_world: MakeWorld) -> None:
    play = settings(
        max_examples=150, stateful_step_count=40, deadline=None, phases=PHASES, suppress_health_check=QUIET
    )
    Events.make_world = make_world
    run_state_machine_as_test(Events, settings=play)
