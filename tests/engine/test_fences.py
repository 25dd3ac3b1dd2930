"""One workspace never sees another, and the erased stay away."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from regulars.engine.erase import Eraser
from regulars.engine.turn import utc_now
from regulars.store.database import Connection, set_workspace
from regulars.store.session import Session
from tests.engine.fixtures import MakeWorld
from tests.engine.stream import Stream
from tests.engine.test_turn import body
from tests.engine.world import World, differences


@pytest.fixture(scope="module")
def neighbours(make_world: MakeWorld, seed: int) -> tuple[World, World]:
    """Two workspaces that heard the very same events, turn by turn beside each other."""
    stream = Stream(seed)
    told = stream.events(60)
    one, other = make_world(), make_world()
    gates = [one.gate(), other.gate()]
    for part in range(0, 60, 10):
        for world, gate in zip((one, other), gates, strict=True):
            world.tell(gate, [*told[part : part + 10], (1, b"nope")])
    for gate in gates:
        gate.close()
    for world in (one, other):
        assert differences(world.state(), world.expected(told)) == []
    return one, other


@pytest.fixture
def inside(neighbours: tuple[World, World]) -> Iterator[Connection]:
    """A transaction of the program in the first of the two workspaces."""
    connection = neighbours[0].database.connect()
    set_workspace(connection, neighbours[0].workspace_id)
    yield connection
    connection.close()


def fenced_tables(world: World) -> list[str]:
    """Every table with a workspace in it."""
    found = world.rows(
        "select table_name from information_schema.columns c where column_name = 'workspace_id' and table_schema ="
        " current_schema() and table_name not in ('workspace') and not exists (select from pg_inherits"
        " where inhrelid = to_regclass(quote_ident(table_name))) order by 1"
    )
    return [row[0] for row in found]


def test_two_workspaces_share_no_id(neighbours: tuple[World, World]) -> None:
    one, other = (world.state() for world in neighbours)
    assert not one.records.keys() & other.records.keys()
    assert not {value for _, value, _ in one.identifiers} & {value for _, value, _ in other.identifiers}
    assert not {word for word, _ in one.words} & {word for word, _ in other.words}
    assert not one.receipts.keys() & other.receipts.keys()
    assert (one.days, one.events) == (other.days, other.events)


def test_every_table_is_fenced(neighbours: tuple[World, World]) -> None:
    tables = fenced_tables(neighbours[0])
    assert len(tables) > 20
    fences = neighbours[0].rows(
        "select c.relname, c.relrowsecurity and c.relforcerowsecurity, count(p.polname) from pg_class c"
        " left join pg_policy p on p.polrelid = c.oid where c.relnamespace = current_schema()::regnamespace"
        " and c.relkind in ('r', 'p') group by c.oid, 1, 2"
    )
    fenced = {name for name, forced, policies in fences if forced and policies == 1}
    assert set(tables) - fenced == set()


def test_nothing_of_the_neighbour_is_seen_or_changed(
    neighbours: tuple[World, World], inside: Connection
) -> None:
    mine, theirs = (world.workspace_id for world in neighbours)
    before = neighbours[1].state()
    filled = 0
    for name in fenced_tables(neighbours[0]):
        table = sql.Identifier(name)
        seen = inside.execute(sql.SQL("select distinct workspace_id from {}").format(table)).fetchall()
        assert seen in ([], [(mine,)]), name
        filled += bool(seen)
        for attempt in ("update {} set workspace_id = {}", "delete from {} where workspace_id = {}"):
            with inside.transaction(force_rollback=True):
                wish = sql.SQL(attempt).format(table, sql.Literal(theirs))
                try:
                    changed = inside.execute(wish).rowcount
                except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UniqueViolation):
                    continue
                assert changed == 0, f"{attempt} {name}"
    assert filled > 12
    assert neighbours[1].state() == before


def test_a_row_for_the_neighbour_is_refused(neighbours: tuple[World, World], inside: Connection) -> None:
    theirs = neighbours[1].workspace_id
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        inside.execute("insert into event_key values (%s, gen_random_uuid())", (theirs,))


def test_the_months_of_the_log_are_no_way_around_the_fence(
    neighbours: tuple[World, World], inside: Connection
) -> None:
    months = neighbours[0].rows(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'event'::regclass"
    )
    assert months
    for (month,) in months:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), inside.transaction():
            inside.execute(f"select 1 from {month}".encode())


def test_an_event_cannot_reach_another_workspace_by_its_content(neighbours: tuple[World, World]) -> None:
    one, other = neighbours
    before = other.state()
    gate = one.gate()
    try:
        hostile = json.loads(body(1, 1)) | {"workspace_id": other.workspace_id, "source_id": 3}
        one.tell(gate, [(1, json.dumps(hostile).encode())])
    finally:
        gate.close()
    assert other.state() == before


def test_the_erased_stay_away_and_their_receipts_stay_for_the_shop(world: World) -> None:
    jane = {"external_id": "c1", "loyalty_card": "L1", "email": "jane@example.com", "given_name": "Jane"}
    by_mail = {"email": "jane@example.com", "given_name": "JANE"}
    john = {"external_id": "c2", "email": "jane@example.com", "given_name": "John"}
    gate = world.gate()
    try:
        first = world.tell(gate, [(1, body(1, 1, customer=jane)), (1, body(2, 2, customer=john))])
        session = Session(world.database)
        Eraser(session, world.vault, utc_now).erase(first[0].profile_id or "", actor="test")
        session.close()
        later = world.tell(
            gate,
            [
                (1, body(1, 1, customer=jane)),
                (1, body(3, 3, customer=jane)),
                (2, body(4, 4, customer={"external_id": "web", "loyalty_card": "L1"})),
                (2, body(5, 5, customer=by_mail)),
                (1, body(6, 6, "consent.given", customer=jane, sale=None, consent={"channel": "email"})),
                (1, body(7, 7, customer=john)),
            ],
        )
    finally:
        gate.close()
    assert later[0].status == "duplicate"
    assert [result.profile_id for result in later[:5]] == [None] * 5
    assert later[5].profile_id == first[1].profile_id
    state = world.state()
    assert set(state.records) == {first[1].profile_id}
    assert state.consents == {}
    assert sum(cell["orders"] for cell in state.days.values()) == 6
    assert sum(cell.get("identified", 0) for cell in state.days.values()) == 2
    assert state.profile_count == 1
