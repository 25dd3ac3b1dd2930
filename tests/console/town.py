"""A house with one of everything, its neighbour with the same, and people of each role in both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import msgspec

from regulars.console.accounts import Accounts, actor_of
from regulars.console.approvals.adjustments import NAME, Adjustment
from regulars.console.approvals.catalogue import room_of
from regulars.console.approvals.kinds import Means, Who
from regulars.console.brand import brand_of
from regulars.console.origins import Origin
from regulars.console.passwords import Passwords
from regulars.console.requests.book import Book, NewRequest
from regulars.console.services.deciding import Deciding, plan_merge
from regulars.console.services.models import Models
from regulars.console.services.programmes import Programmes
from regulars.console.services.programmes import shipped_text as shipped_programme
from regulars.console.team import Team
from regulars.console.totp import code_at, step_at
from regulars.console.web.security import csrf_token
from regulars.engine.identity_memory import shipped_text
from regulars.intake.gate import EngineGate
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.promotions import Promotions
from regulars.store.rollup import Rollup
from regulars.store.vault import Vault
from regulars.store.webhooks import Wish
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.events import ENROLLED, OPENED
from regulars.vocabulary.intake import Result, Source
from tests.console.access import EVERYBODY
from tests.console.factors import read_secret
from tests.console.forms import HUE, OFFER, TOLD, Visitor
from tests.console.stage import PASSWORD, WAIT_SECONDS, Stage, details, sale
from tests.console.told import NOBODY, add_messages
from tests.fresh import fresh
from tests.members import PROGRAMME, publish, say

PEOPLE: Final = (*sorted(EVERYBODY), "limited")
"""The roles, and an associate who is limited to a store."""
MORE: Final = (("limited", "associate"), ("spare", "associate"), ("shut", "associate"))
"""Further people and their roles: limited to a store, called upon by the others, and shut."""
BROKEN: Final = b'{"id": "broken", "type": "nonsense"}'
MUG: Final = """
[[reward]]
code = "mug"
name = "A mug"
point = "points"
points = 1
kind = "product"
sku = "MUG-1"
"""
REQUESTS_THERE: Final = 5
"""How many requests the house has: a new one, and one of each kind whose page has a step of its own."""
FAR: Final = 1_000
"""Requests and webhooks are counted within a workspace; the neighbour's begin here, so that none is of the house."""
KINDS: Final = {
    "erase": "erasure", "correct": "correction", "object": "objection", "file": "access", "print": "access",
    "answer": "access",
}  # fmt: skip
"""Which kind of request, whose identity is checked, a step is taken in; the others are taken in a new one."""


@dataclass
class House:
    """One of the two workspaces: what is needed to put things into it."""

    stage: Stage
    name: str
    workspace_id: int
    vault: Vault
    team: Team
    accounts: Accounts
    book: Book
    source: Source
    people: dict[str, UUID] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.stage.database

    @property
    def gate(self) -> EngineGate:
        return self.stage.gate

    def send(self, *events: dict[str, Any] | bytes) -> list[Result]:
        """Events of the house's source, kept when this returns."""
        bodies = [one if isinstance(one, bytes) else msgspec.json.encode(one) for one in events]
        return self.stage.gate.submit_wait(self.source, bodies, door="events")

    def key(self) -> str:
        """The id of a key made now."""
        made = self.stage.run(
            self.stage.keys.create(
                self.workspace_id,
                name=self.name,
                scopes=["events:write"],
                source=self.source.name,
                actor="test",
            )
        )
        return str(made.key_id).replace("-", "")

    def session(self, person: str) -> str:
        """The id of a session that somebody began elsewhere now."""
        token = self.stage.run(self.accounts.start_session(self.people[person], Origin()))
        return hashlib.sha256(token.encode()).hexdigest()

    def request(self, step: str = "") -> str:
        """The number of a request made now, in which the step can be taken; about somebody who was not known."""
        one = fresh()
        who = {"loyalty_card": one, "given_name": "Ada", "email": f"{one}@example.com"}
        said = {
            "id": f"c-{one}", "type": "consent.given", "occurred_at": details(one)["occurred_at"], "customer": who,
            "consent": {"channel": "email"},
        }  # fmt: skip
        profile_id = UUID(str(self.send(details(one, **who), said)[0].profile_id))
        today = self.stage.run(self.book.today())
        new = NewRequest(
            kind=KINDS.get(step, "access"), came_by="letter", received_on=today, record_id=profile_id
        )
        no = self.stage.run(self.book.add(new, "test")).no
        if step in KINDS:
            self.stage.run(self.book.check(no, "document", "test"))
        if step == "answer":
            desk = _desk(self.stage)
            self.stage.run(desk.requests.handed_out(no, "test", form="json", sha256="0" * 64, events=1))
        return str(no)

    def approval(self, asked_by: str, profile_id: str) -> str:
        """Points that somebody asked for now, for a member of the house."""
        room = room_of(Means(self.database, self.vault, self.stage.gate, _desk(self.stage).deps.clock))
        wanted = Adjustment(1, profile_id, "points", 900, "Points")
        asked = room.ask(NAME, wanted, Who(asked_by, "owner"), reason="Broken mug.", subject=UUID(profile_id))
        return str(self.stage.run(asked).approval_id.hex)

    def twofold(self) -> dict[str, str]:
        """A customer of two records made now, one of the records, and a customer who is somebody else."""
        one = fresh()
        stranger = self.send(details(f"{one}-3", external_id=f"{one}-3"))[0].profile_id
        results = self.send(
            *(details(f"{one}-{n}", external_id=f"{one}-{n}", loyalty_card=one) for n in (1, 2))
        )
        profile = str(results[0].profile_id)
        with self.database.session(self.workspace_id) as conn:
            found = conn.execute(
                "select record_id from record where profile_id = %s and record_id <> profile_id", (profile,)
            ).fetchone()
        assert found is not None
        return {"profile": profile, "record": found[0].hex, "stranger": str(stranger)}

    def pair(self) -> str:
        """Two customers made now who may be one."""
        family = f"N{fresh()}"
        who = {"given_name": "Nora", "family_name": family, "address": {"city": "London"}}
        found = self.send(*(details(f"{family}-{n}", external_id=f"{family}-{n}", **who) for n in (1, 2)))
        return ".".join(sorted(str(one.profile_id) for one in found))

    def decision(self) -> str:
        """Something decided now."""
        both = self.twofold()
        deciding = Deciding(self.database, self.vault, self.stage.gate, _desk(self.stage).deps.clock)

        async def decide() -> str:
            async with self.database.read(self.workspace_id) as conn:
                plan = await plan_merge(conn, self.vault, [UUID(both["profile"]), UUID(both["stranger"])])
            return (await deciding.say(plan, actor="test", reason="Told.")).decisions[0]

        return str(self.stage.run(decide()))

    def model(self) -> str:
        """The number of a matching model added now."""
        models = Models(self.database, self.vault, _desk(self.stage).deps.clock)
        return str(self.stage.run(models.add(shipped_text(), "none", "test")))

    def programme(self) -> str:
        """The number of a loyalty programme published now, with a draft that says something else."""
        programmes, text = (
            Programmes(self.database, self.vault, _desk(self.stage).deps.clock),
            shipped_programme(),
        )
        number = int(self.stage.run(programmes.save_draft(text, "test")))
        self.stage.run(programmes.publish(self.stage.gate, number, "To begin.", "test"))
        self.stage.run(
            programmes.save_draft(text.replace("Regulars Club", f"{self.name} club"), "test", number)
        )
        return str(number)

    def promote(self) -> None:
        """Put another matching model to work."""
        models = Models(self.database, self.vault, _desk(self.stage).deps.clock)
        self.stage.run(models.promote(self.stage.gate, int(self.model()), "To see.", "test"))

    def promotion(self) -> str:
        """The id of a promotion made now: it runs, and a change of it waits."""
        register = Promotions(self.database, audit=write_line_async, clock=_desk(self.stage).deps.clock)
        name, run = f"{self.name}-{fresh()[:8]}x", self.stage.run
        content = OFFER.replace("{promotion}", name)
        run(register.add(self.workspace_id, content, actor="test"))
        run(register.activate(self.workspace_id, name, actor="test"))
        run(
            register.change(
                self.workspace_id, name, content.replace("off_bp = 500", "off_bp = 600"), actor="test"
            )
        )
        return name

    def webhook(self, *, only: bool = False) -> dict[str, str]:
        """A webhook made now, and a message it did not take; `only` takes the others away, since few are allowed."""
        webhooks, run = self.stage.webhooks, self.stage.run
        for old in run(webhooks.endpoints(self.workspace_id)) if only else ():
            run(webhooks.delete(self.workspace_id, old.endpoint_id, actor="test"))
        wish = Wish(f"{NOBODY}/in", ["sale.recorded"], self.name)
        endpoint_id = run(webhooks.create(self.workspace_id, wish, actor="test"))[0].endpoint_id
        (delivery_id,) = add_messages(self, endpoint_id, "dead", 1)
        return {"webhook_id": str(endpoint_id), "delivery_id": str(delivery_id)}


@dataclass
class Town:
    """The house, what can be named in it and at its neighbour's, and the browsers of people of both."""

    stage: Stage
    house: House
    neighbour: House
    own: dict[str, str]
    other: dict[str, str]
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def visitor(self, person: str) -> Visitor:
        """The browser of somebody of this house, of a stranger, or of somebody of the neighbour's (`stray owner`)."""
        if person not in self.visitors:
            house = self.neighbour if person.startswith("stray ") else self.house
            self.visitors[person] = self._enter(house, house.people.get(person.removeprefix("stray ")))
        return self.visitors[person]

    def _enter(self, house: House, user_id: UUID | None) -> Visitor:
        cookies, csrf = {}, "x"
        if user_id is not None:
            token = self.stage.run(house.accounts.start_session(user_id, Origin()))
            cookies, csrf = {"regulars_session": f"{house.workspace_id}.{token}"}, csrf_token(token)
        client = httpx.Client(
            base_url=self.stage.url,
            headers={"Accept": "text/html"},
            cookies=cookies,
            timeout=WAIT_SECONDS,
            verify=False,
        )
        return Visitor(client, csrf)

    def ids(self, path: str, person: str) -> dict[str, str]:
        """What the names of a route stand for; what most calls use up is made for each."""
        ids = self.named(path, self.own)
        if "{key_id}" in path:
            ids["key_id"] = self.house.key()
        if "/merge" in path or "/take-apart" in path:
            ids |= self.house.twofold()
        if "/duplicates" in path:
            ids |= {"pair": self.house.pair(), "decision": self.house.decision()}
        if "{approval}" in path:
            own = actor_of(self.house.people[person]) if person in self.house.people else "test"
            ids["approval"] = self.house.approval("test" if path.endswith("/decide") else own, ids["profile"])
        if "{session_id}" in path:
            ids["session_id"] = self.house.session(person)
        if "{webhook_id}" in path:
            ids |= self.house.webhook(only=True)
        if path.startswith("/settings/") and path.endswith("/edit"):
            page = self.visitor("owner").client.get(path, params={"code": self.own["code"]}).text
            ids["read"] = page.split('name="read" value="')[1].partition('"')[0]
        if "{promotion}" in path:
            ids["promotion"] = self.house.promotion()
        if path == "/matching/models/{number}/promote":
            ids["number"] = self.house.model()
        if path.startswith("/requests/{number}"):
            ids["number"] = self.house.request(path.rpartition("/")[2])
        return ids

    def named(self, path: str, ids: dict[str, str]) -> dict[str, str]:
        """What the names of a route stand for; some stand for another thing in other routes."""
        if "write-back" in path:
            return ids | {"name": f"{ids['name']}{TOLD}"}
        if path.startswith("/static"):
            return ids | {"name": _desk(self.stage).assets.url("mark.svg").rpartition("/")[2]}
        if path.startswith("/brand"):
            return ids | {"name": brand_of(HUE).path.rpartition("/")[2]}
        if path.startswith("/loyalty"):
            return ids | {"number": ids["programme"], "version": "1"}
        if path.startswith("/matching"):
            return ids | {"number": ids["model"]}
        if path.startswith("/requests"):
            return ids | {"number": ids["request"]}
        return dict(ids)

    def give_second_factor(self, person: str) -> None:
        """Set one up for somebody of the house, as their telephone would."""
        factors, user_id = _desk(self.stage).factors, self.house.people[person]
        begun = self.stage.run(factors.begin(user_id))
        code = code_at(read_secret(begun.secret), step_at(datetime.now(UTC)))
        self.stage.run(factors.confirm(user_id, code))

    def leave(self, person: str) -> None:
        """Close somebody's browser; they come back with another."""
        self.visitors.pop(person).client.close()

    def close(self) -> None:
        """Close all browsers."""
        for person in list(self.visitors):
            self.leave(person)


def open_town(stage: Stage) -> Town:
    """The house and its neighbour, with all that pages can offer."""
    neighbour = _house(stage, add_workspace(stage.database, "neighbour"), "neighbour")
    house = _house(stage, stage.workspace_id, "own")
    town = Town(stage, house, neighbour, _furnished(house), _furnished(neighbour))
    stage.run(house.team.set_stores(house.people["limited"], ["london-1"], "test"))
    stage.run(house.team.set_disabled(house.people["shut"], "test", disabled=True))
    for person in PEOPLE:
        house.session(person)
    for step in ("erase", "correct", "object", "print"):
        house.request(step)
    house.promote()
    off = int(house.webhook()["webhook_id"])
    stage.run(stage.webhooks.switch(stage.workspace_id, off, on=False, actor="test"))
    Rollup(stage.database, stage.workspace_id).settle()
    town.visitor("owner").call("POST", "/settings/appearance", town.own | {"version": "0"})
    house.twofold()  # seen last, so the list begins with it
    return town


def _desk(stage: Stage) -> Any:
    assert stage.console is not None
    return stage.console.desk


def shop_that_is_told(stage: Stage, workspace_id: int, name: str) -> None:
    """A source whose vendor is told of members, and refused one."""
    options = {"shop": "x.example", "write_back": "on"}
    made = stage.run(stage.register.create(workspace_id, name, kind="shopify", options=options)).source
    with stage.database.session(workspace_id) as connection:
        connection.execute(
            "insert into outbox (workspace_id, kind, source_id, dedupe, body, state, due_at, done_at, last_error) values"
            " (%s, 'write_back', %s, %s, jsonb_build_object('member', %s::text), 'dead', now(), now(), 'refused')",
            (workspace_id, made.source_id, uuid4(), uuid4().hex),
        )


def _house(stage: Stage, workspace_id: int, name: str) -> House:
    """A workspace with people of each role, and a source that is off beside the one that speaks."""
    deps = _desk(stage).deps
    vault = Vault(stage.master, workspace_id)
    parts = (stage.database, vault, Passwords(), deps.clock)
    book = Book(stage.database, vault, deps.clock, deps.zone)
    source = stage.run(stage.register.ensure(workspace_id, name)).source
    shop_that_is_told(stage, workspace_id, f"{name}{TOLD}")
    stage.run(stage.register.ensure(workspace_id, f"{name}-off"))
    stage.run(stage.register.disable(workspace_id, f"{name}-off", disabled=True, actor="test"))
    house = House(stage, name, workspace_id, vault, Team(*parts), Accounts(*parts), book, source)
    for person, role in (*((role, role) for role in sorted(EVERYBODY)), *MORE):
        invited = house.team.invite(f"{person}@{name}.example", f"{person} {name}", role, "test")
        house.people[person], token = stage.run(invited)
        stage.run(house.team.accept(token, PASSWORD))
    return house


def _furnished(house: House) -> dict[str, str]:
    """A customer, a store, a product, a member of staff and more, as the routes name them."""
    name, code = house.name, f"{house.name}-code"
    who = f"{name.capitalize()} Person"
    at_store = sale(f"{name}-3", store=code) | {"staff": code}
    at_store["sale"]["lines"][0]["sku"] = code
    results = house.send(
        sale(f"{name}-1", loyalty_card=f"L-{name}", given_name=who, email=f"{name}@example.com"),
        details(f"{name}-2", loyalty_card=f"L-{name}", given_name=who),
        at_store,
        BROKEN,
    )
    publish(house, PROGRAMME + MUG)
    say(house, ENROLLED, str(results[0].profile_id))
    say(house, OPENED, str(results[0].profile_id), amount=1_000)
    request, webhook, model, programme = house.request(), house.webhook(), house.model(), house.programme()
    with house.database.session(house.workspace_id) as conn:
        rejected = conn.execute("select quarantine_id from quarantine").fetchone()
        if name != "own":
            conn.execute("update privacy_request set request_no = request_no + %s", (FAR,))
            conn.execute("update identity_model set model_no = model_no + %s where model_no > 1", (FAR,))
            conn.execute("update webhook set endpoint_id = endpoint_id + %s", (FAR,))
            conn.execute("update outbox set source_id = source_id + %s where kind = 'webhook'", (FAR,))
            conn.execute("update programme set programme = programme + %s", (FAR,))
            conn.execute("update programme_version set programme = programme + %s", (FAR,))
            request, model, programme, webhook["webhook_id"] = (
                str(int(no) + FAR) for no in (request, model, programme, webhook["webhook_id"])
            )
    assert rejected is not None
    return {
        "approval": house.approval("test", str(results[0].profile_id)),
        "profile": str(results[0].profile_id), "number": "1", "key_id": house.key(), "name": name, "code": code,
        "user": house.people["spare"].hex, "quarantine": rejected[0].hex, "figure": "orders", "request": request, "model": model, "programme": programme,
        "session_id": house.session("spare"), "version": "1", "read": "",
        "pair": house.pair(), "decision": house.decision(), **{k: v for k, v in house.twofold().items() if k != "profile"},
        "promotion": house.promotion(), "today": house.stage.run(house.book.today()).isoformat(), **webhook,
    }  # fmt: skip
