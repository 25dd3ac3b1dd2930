"""Every route of the console for every role and workspace, against the table of `tests.console.access`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar.routes import HTTPRoute
from msgspec import Struct

from regulars.console.accounts import Accounts
from regulars.console.origins import Origin
from regulars.console.passwords import Passwords
from regulars.console.team import Team
from regulars.console.web.security import csrf_token
from regulars.store.database import Database
from regulars.store.vault import Vault
from regulars.store.workspaces import add_workspace
from tests.console.access import EVERYBODY, TABLE, UNLINKED
from tests.console.crawl import walk
from tests.console.stage import WAIT_SECONDS, Stage, details, sale
from tests.servers import TestServer

PEOPLE = (*sorted(EVERYBODY), "limited")
"""The roles, and an associate who is limited to a store."""
MORE = (("limited", "associate"), ("spare", "associate"), ("shut", "associate"))
"""Further people and their roles: limited to a store, called upon by the others, and shut."""
BROKEN = b'{"id": "broken", "type": "nonsense"}'


@dataclass
class Town:
    """A house with one of everything, its neighbour with the same, and people of each role in both."""

    stage: Stage
    people: dict[str, UUID]
    accounts: Accounts
    neighbours: dict[str, UUID]
    neighbour: Accounts
    own: dict[str, str]
    other: dict[str, str]
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def visitor(self, person: str) -> Visitor:
        """The browser of somebody of this house, of a stranger, or of somebody of the neighbour's (`stray owner`)."""
        if person not in self.visitors:
            accounts, people = self.accounts, self.people
            if person.startswith("stray "):
                accounts, people = self.neighbour, self.neighbours
            self.visitors[person] = self._enter(accounts, people.get(person.removeprefix("stray ")))
        return self.visitors[person]

    def _enter(self, accounts: Accounts, user_id: UUID | None) -> Visitor:
        cookies, csrf = {}, "x"
        if user_id is not None:
            token = self.stage.run(accounts.start_session(user_id, Origin()))
            cookies, csrf = {"regulars_session": f"{accounts.workspace_id}.{token}"}, csrf_token(token)
        client = httpx.Client(
            base_url=self.stage.url,
            headers={"Accept": "text/html"},
            cookies=cookies,
            timeout=WAIT_SECONDS,
            verify=False,
        )
        return Visitor(client, csrf)

    def ids(self, path: str) -> dict[str, str]:
        """What the names in an address stand for; a key is made for each call, since most calls end it."""
        assert self.stage.console is not None
        if path.startswith("/static"):
            return {"name": self.stage.console.desk.assets.url("mark.svg").rpartition("/")[2]}
        if "{key_id}" not in path:
            return self.own
        made = self.stage.run(_key(self.stage, self.stage.workspace_id, self.own["name"]))
        return {**self.own, "key_id": made}

    def leave(self, person: str) -> None:
        """Close somebody's browser; they come back with another."""
        self.visitors.pop(person).client.close()

    def close(self) -> None:
        """Close all browsers."""
        for person in list(self.visitors):
            self.leave(person)


FILLED = {
    "role": "manager", "all": "1", "key": "a-key-of-one-form-filled-in", "channel": "email", "status": "granted",
}  # fmt: skip
"""What forms ask for, whichever it is."""


class Visitor(Struct, frozen=True):
    """A browser, and the token that its session's forms carry."""

    client: httpx.Client
    csrf: str

    def call(self, method: str, path: str, ids: Mapping[str, str]) -> int:
        """The status of a call, with what forms ask for; a stream is not read."""
        address = re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path)
        if method == "POST":
            filled = {"csrf": self.csrf, "id": ids.get("quarantine", ""), **FILLED}
            return self.client.post(address, data=filled).status_code
        with self.client.stream(
            method, address, params={"topics": "home"} if path == "/live" else {}
        ) as answer:
            return answer.status_code


async def _key(stage: Stage, workspace_id: int, source: str) -> str:
    made = await stage.keys.create(
        workspace_id, name=source, scopes=["events:write"], source=source, actor="test"
    )
    return made.key_id.replace("-", "")


async def _populated(stage: Stage, workspace_id: int, team: Team, name: str) -> tuple[Any, ...]:
    """People of each role, a key and a source that is off; the ids of what can be named."""
    people = {
        person: (await team.invite(f"{person}@{name}.example", f"{person} {name}", role, "test"))[0]
        for person, role in (*((role, role) for role in sorted(EVERYBODY)), *MORE)
    }
    source = (await stage.register.ensure(workspace_id, name)).source
    await stage.register.ensure(workspace_id, f"{name}-off")
    await stage.register.disable(workspace_id, f"{name}-off", disabled=True, actor="test")
    return people, source, await _key(stage, workspace_id, name)


def _town(stage: Stage) -> Town:
    """The house and its neighbour."""
    console = stage.console
    assert console is not None
    next_door = add_workspace(stage.database, "neighbour")
    parts = (stage.database, Vault(stage.master, next_door), Passwords(), console.desk.deps.clock)
    halves = []
    for workspace_id, team, name in (
        (stage.workspace_id, console.desk.team, "own"),
        (next_door, Team(*parts), "neighbour"),
    ):
        people, source, key_id = stage.run(_populated(stage, workspace_id, team, name))
        who = f"{name.capitalize()} Person"
        sent = [
            sale(f"{name}-1", loyalty_card=f"L-{name}", given_name=who, email=f"{name}@example.com"),
            details(f"{name}-2", loyalty_card=f"L-{name}", given_name=who),
            sale(f"{name}-3", store=f"{name}-store"),
        ]
        bodies = [msgspec.json.encode(event) for event in sent]
        results = stage.gate.submit_wait(source, [*bodies, BROKEN], door="events")
        with stage.database.session(workspace_id) as conn:
            rejected = conn.execute("select quarantine_id from quarantine").fetchone()
        assert rejected is not None
        named = {
            "profile": str(results[0].profile_id), "number": "1", "key_id": key_id, "name": name,
            "user": people["spare"].hex, "quarantine": rejected[0].hex, "figure": "orders",
        }  # fmt: skip
        halves.append((people, named))
    (people, own), (neighbours, other) = halves
    stage.run(console.desk.team.set_stores(people["limited"], ["london-1"], "test"))
    stage.run(console.desk.team.set_disabled(people["shut"], "test", disabled=True))
    return Town(stage, people, console.desk.accounts, neighbours, Accounts(*parts), own, other)


@pytest.fixture(scope="module")
def town(quiet: Stage) -> Iterator[Town]:
    town = _town(quiet)
    yield town
    town.close()


def may(person: str, method: str, path: str) -> bool:
    """What the table says."""
    return ("associate" if person == "limited" else person) in TABLE[method, path]


ROUTES = pytest.mark.parametrize(("method", "path"), list(TABLE), ids=[" ".join(one) for one in TABLE])

NAMING = [one for one in TABLE if "{" in one[1] and one[1] not in ("/static/{name}", "/events/{number}")]
"""Routes that name something of a workspace; numbers of events are each workspace's own."""


def test_every_route_of_the_console_is_in_the_table_and_no_other(quiet: Stage) -> None:
    assert quiet.console is not None
    routes = [route for router in quiet.console.routes for route in router.routes]
    there = {
        (method, route.path_format or "/")
        for route in routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS"}
    }
    assert there == set(TABLE)


@ROUTES
def test_a_route_opens_for_its_roles_alone(town: Town, method: str, path: str) -> None:
    for person in PEOPLE:
        status = town.visitor(person).call(method, path, town.ids(path))
        if path == "/sign-out":
            town.leave(person)
        if not may(person, method, path):
            assert status == 403, person
        elif path == "/_kit":
            assert status == 404, "there for development alone"
        elif path in ("/sign-in", "/invitation") and method == "POST":
            assert status == 403, "the token of a session is none of these forms"
        else:
            assert status in ((200, 204, 303) if method == "GET" else (200, 303, 400)), person


@ROUTES
def test_strangers_and_people_of_another_workspace_are_led_to_sign_in(
    town: Town, method: str, path: str
) -> None:
    for person in ("stranger", *(f"stray {person}" for person in PEOPLE)):
        status = town.visitor(person).call(method, path, town.ids(path))
        if "stranger" in TABLE[method, path]:
            assert status in (200, 204, 303, 403, 404), "open, or a form without its token"
        else:
            assert status == 303, person


def test_a_session_of_another_workspace_is_none_here_whatever_it_says(town: Town) -> None:
    stray = town.visitor("stray owner")
    token = stray.client.cookies["regulars_session"].partition(".")[2]
    for number in (town.stage.workspace_id, town.neighbour.workspace_id, 0, ""):
        stray.client.cookies.set("regulars_session", f"{number}.{token}")
        assert stray.client.get("/customers").headers["location"] == "/sign-in?next=%2Fcustomers"
    town.leave("stray owner")


@pytest.mark.parametrize(("method", "path"), NAMING, ids=[" ".join(one) for one in NAMING])
def test_what_is_the_neighbours_is_not_there(town: Town, method: str, path: str) -> None:
    for person in PEOPLE:
        status = town.visitor(person).call(method, path, town.other)
        assert status == (404 if may(person, method, path) else 403), person


def test_the_neighbours_rejected_events_are_neither_shown_nor_tried(town: Town) -> None:
    owner = town.visitor("owner")
    assert owner.client.get(f"/events/q{town.other['quarantine']}").status_code == 404
    assert owner.call("POST", "/events/rejected/replay", town.other) == 200
    with town.stage.database.session(town.neighbour.workspace_id) as conn:
        assert conn.execute("select attempts, resolved_at from quarantine").fetchall() == [(0, None)]


@pytest.fixture(scope="module")
def fresh(server: TestServer) -> Iterator[Town]:
    """A town where no test called anything, for walks: all that pages can offer is there."""
    name = server.create()
    with Stage(Database(server.dsn(name), connections_max=4)).serving() as served:
        town = _town(served)
        yield town
        town.close()
    server.drop(name)


def route_of(method: str, address: str) -> tuple[str, str]:
    """The row of the table that an address belongs to; the one with the fewest values wins."""
    path = address.partition("?")[0]
    fitting = [
        one for one in TABLE if one[0] == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one[1]), path)
    ]
    assert fitting, f"{method} {address} is no route"
    return min(fitting, key=lambda one: one[1].count("{"))


@pytest.mark.parametrize("person", PEOPLE)
def test_pages_offer_what_their_reader_may_call_and_nothing_else(fresh: Town, person: str) -> None:
    at_home = may(person, "GET", "/live")
    seen = walk(fresh.visitor(person).client, "/" if at_home else "/store")
    for address, page in seen.pages.items():
        assert page.status_code == (200 if at_home or address != "/" else 303), address
        assert "Neighbour" not in page.text, address
    offered = set()
    for control, page_address in seen.controls.items():
        route = route_of(control.method, control.address)
        assert may(person, *route), f"{page_address} offers {control}"
        offered.add(route)
    assert offered == {route for route in TABLE if may(person, *route)} - UNLINKED
