"""Every route of the console for every role and workspace, against the table of `tests.console.access`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from litestar.routes import HTTPRoute

from regulars.store.database import Database
from tests.console.access import PASSING, REGISTERS, TABLE, UNLINKED
from tests.console.crawl import walk
from tests.console.stage import Stage
from tests.console.town import PEOPLE, REQUESTS_THERE, Town, open_town
from tests.servers import TestServer


@pytest.fixture(scope="module")
def town(quiet: Stage) -> Iterator[Town]:
    town = open_town(quiet)
    yield town
    town.close()


def may(person: str, method: str, path: str) -> bool:
    """What the table says."""
    return ("associate" if person == "limited" else person) in TABLE[method, path]


ROUTES = pytest.mark.parametrize(("method", "path"), list(TABLE), ids=[" ".join(one) for one in TABLE])

NAMING = [
    one
    for one in TABLE
    if ("{" in one[1] or one[1].endswith("/edit"))
    and "stranger" not in TABLE[one]
    and one[1] != "/events/{number}"
]
"""Routes that name something of a workspace; numbers of events are each workspace's own."""

NOT_HERE = ("/_kit", "/sign-in/provider", "/sign-in/provider/return")
"""For development, and for houses whose people come by single sign-on."""
OF_STRANGERS = ("/sign-in", "/invitation")
"""Their forms carry a token of their own."""
ENDING = ("/sign-out", "/people/view-as")
"""After them a session is not what it was."""
TURNED_DOWN = ("/account/password", "/account/second-factor/confirm", "/account/second-factor/off")
"""They ask for a password or a code, which these calls do not know."""


def test_every_route_of_the_console_is_in_the_table_and_no_other(quiet: Stage) -> None:
    assert quiet.console is not None
    routes = [route for router in quiet.console.routes for route in router.routes]
    there = {
        (method, path)
        for route in routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS"}
        for path in spelled_out(route.path_format or "/")
    }
    assert there == set(TABLE)


def spelled_out(path: str) -> list[str]:
    """The registers share their routes, but not their readers: each stands in the table for itself."""
    shared = path in ("/settings/{name}/edit", "/settings/{name}/new")
    return [path.replace("{name}", name) for name in REGISTERS] if shared else [path]


@ROUTES
def test_a_route_opens_for_its_roles_alone(town: Town, method: str, path: str) -> None:
    for person in PEOPLE:
        status = town.visitor(person).call(method, path, town.ids(path, person))
        if path in ENDING:
            town.leave(person)
        if not may(person, method, path):
            assert status == 403, person
        elif path in NOT_HERE:
            assert status == 404, person
        elif path in OF_STRANGERS and method == "POST":
            assert status == 403, person
        elif path in TURNED_DOWN:
            assert status == 400, person
        else:
            assert status in ((200, 204, 303) if method == "GET" else (200, 303)), person


@ROUTES
def test_strangers_and_people_of_another_workspace_are_led_to_sign_in(
    town: Town, method: str, path: str
) -> None:
    for person in ("stranger", *(f"stray {person}" for person in PEOPLE)):
        status = town.visitor(person).call(method, path, town.named(path, town.own))
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
        status = town.visitor(person).call(method, path, town.named(path, town.other))
        assert status == (404 if may(person, method, path) else 403), person


def test_a_message_is_there_under_its_own_webhook_alone(town: Town) -> None:
    path, own = "/webhooks/{webhook_id}/deliveries/{delivery_id}", town.house.webhook(only=True)
    for mixed in (
        own | {"delivery_id": town.other["delivery_id"]},
        town.other | {"delivery_id": own["delivery_id"]},
    ):
        assert town.visitor("owner").call("GET", path, mixed) == 404
        assert town.visitor("owner").call("POST", f"{path}/resend", mixed) == 404
    assert town.visitor("owner").call("GET", path, own) == 200


def test_no_request_is_written_down_for_a_customer_of_the_neighbours(town: Town) -> None:
    owner, theirs = town.visitor("owner"), town.own | {"profile": town.other["profile"]}
    assert owner.call("POST", "/requests", theirs) == 404
    for address in ("/requests", "/requests/new"):
        page = owner.client.get(address, params={"customer": theirs["profile"]})
        assert page.status_code in (200, 404)
        assert "Neighbour" not in page.text


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
        town = open_town(served)
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
    client = fresh.visitor(person).client
    seen = walk(client, "/" if at_home else "/store", REQUESTS_THERE)
    fresh.give_second_factor(person)
    again = walk(client, "/account", of_a_kind=1)
    # The customer who is a member, wherever the lists have them.
    member = [f"/customers/{fresh.own['profile']}", f"/store/c/{fresh.own['profile']}"]
    walks = [seen, again, *(walk(client, one, 2) for one in member if may(person, *route_of("GET", one)))]
    for address, page in (item for one in walks for item in one.pages.items()):
        assert page.status_code == (200 if at_home or address != "/" else 303), address
        assert "Neighbour" not in page.text, address
    offered = set()
    for control, page_address in (item for one in walks for item in one.controls.items()):
        route = route_of(control.method, control.address)
        assert may(person, *route), f"{page_address} offers {control}"
        offered.add(route)
    assert offered - PASSING == {route for route in TABLE if may(person, *route)} - UNLINKED - PASSING
