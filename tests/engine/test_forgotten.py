"""After an erasure nothing of the person is left, nothing brings them back, and nobody else loses anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from regulars.engine.erase import Eraser
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.session import Session
from regulars.store.vault import Unreadable, open_sealed
from tests.engine.test_turn import body
from tests.engine.world import World

JANE = {
    "external_id": "c-jane",
    "email": "family@example.com",
    "phone": "+44 20 7946 0963",
    "given_name": "Jane",
    "family_name": "Quackenbush",
}
OMAR = {"external_id": "c-omar", "email": "family@example.com", "given_name": "Omar"}
TRACES = ("family@example.com", "2079460963", "7946 0963", "quackenbush", "c-jane", "jane-9", "gold-jane")


@pytest.fixture
def gate(world: World) -> Iterator[EngineGate]:
    gate = world.gate()
    yield gate
    gate.close()


def erase(world: World, profile_id: str | None) -> dict[str, Any]:
    session = Session(world.database)
    try:
        return Eraser(session, world.vault, utc_now).erase(profile_id or "", actor="test").proof
    finally:
        session.close()


def tell(world: World, gate: EngineGate, *bodies: bytes) -> list[str | None]:
    """Tell the tills' events; profile ids of the answers, all of which must have been taken."""
    results = world.tell(gate, [(1, one) for one in bodies])
    assert {result.status for result in results} == {"applied"}
    return [result.profile_id for result in results]


def unowned(world: World) -> list[str]:
    """The log's bodies that the workspace's own key opens."""
    found = []
    for (sealed,) in world.rows("select sealed from event"):
        try:
            found.append(open_sealed(world.vault.workspace_key, bytes(sealed)).decode().casefold())
        except Unreadable:
            continue
    return found


def named(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text]


def many_words_of(customer: dict[str, Any]) -> list[bytes]:
    """All kinds of events that tell of a customer."""
    consent = {"channel": "email", "address": customer["email"]}
    return [
        body(1, 1, customer=customer),
        body(2, 1, "customer.updated", customer=customer, sale=None),
        body(3, 1, "consent.given", customer=customer, sale=None, consent=consent),
        body(4, 1, "custom.wish", customer=customer, sale=None, properties={"size": 7}),
        body(5, 1, "customer.deleted", customer={"external_id": "c-nobody"}, sale=None),
    ]


def test_the_log_still_gives_the_state_after_every_kind_of_event_was_made_anonymous(
    world: World, gate: EngineGate
) -> None:
    jane, *_ = tell(world, gate, *many_words_of(JANE), body(9, 9, customer=OMAR))
    erase(world, jane)
    later = [
        body(n + 20, 1, k, customer=JANE, sale=None)
        for n, k in enumerate(("customer.updated", "custom.wish"))
    ]
    assert tell(world, gate, *later) == [None, None]
    assert world.rebuild_differences() == []


def test_events_of_nobody_that_mention_the_person_forget_them(world: World, gate: EngineGate) -> None:
    jane, *_ = tell(
        world,
        gate,
        body(1, 1, customer=JANE),
        body(2, 0, "custom.note", customer=None, sale=None, properties={"note": "ring (020) 7946 0963"}),
        body(3, 0, "custom.note", customer=None, sale=None, properties={"mail": ["FAMILY@example.com"]}),
        body(4, 0, "custom.note", customer=None, sale=None, properties={"who": "Jane Quackenbush"}),
        body(5, 0, customer=None, properties={"account": "c-jane"}),
        body(6, 0, "custom.note", customer=None, sale=None, properties={"note": "about somebody else"}),
    )
    days = world.state().days
    proof = erase(world, jane)
    assert proof["events_made_anonymous"] == 5
    assert [text for text in unowned(world) if named(text)] == []
    assert any("somebody else" in text for text in unowned(world))
    assert {key: cell["orders"] for key, cell in world.state().days.items()} == {
        key: cell["orders"] for key, cell in days.items()
    }
    assert world.rebuild_differences() == []


def test_a_consent_by_address_alone_belongs_to_whoever_has_the_address(
    world: World, gate: EngineGate
) -> None:
    consent = {"channel": "email", "address": "Jane.D@Example.com"}
    by_address = body(2, 0, "consent.given", customer=None, sale=None, consent=consent)
    own = JANE | {"email": "jane.d@example.com"}  # a mailbox of the whole family says nothing of who it is
    jane, word = tell(world, gate, body(1, 1, customer=own), by_address)
    assert word == jane
    erase(world, jane)
    assert [text for text in unowned(world) if named(text)] == []
    assert world.state().consents == {}
    assert world.state().records == {}


def test_a_contact_without_a_name_does_not_bring_the_erased_back(world: World, gate: EngineGate) -> None:
    jane, *_ = tell(world, gate, body(1, 1, customer=JANE))
    erase(world, jane)
    back = tell(
        world,
        gate,
        body(2, 2, customer={"email": "family@example.com"}),
        body(3, 3, customer={"phone": "+442079460963"}),
        body(
            4,
            4,
            "consent.given",
            customer=None,
            sale=None,
            consent={"channel": "email", "address": JANE["email"]},
        ),
    )
    assert back == [None, None, None]
    assert world.state().records == {}
    assert [text for text in unowned(world) if named(text)] == []


def test_the_rest_of_the_family_keeps_what_it_has_and_goes_on(world: World, gate: EngineGate) -> None:
    jane, omar = tell(world, gate, body(1, 1, customer=JANE), body(2, 2, customer=OMAR))
    assert jane != omar
    erase(world, jane)
    nameless = {key: OMAR[key] for key in ("external_id", "email")}
    withdrawn = {"channel": "email", "address": OMAR["email"]}
    later = tell(
        world,
        gate,
        body(3, 3, customer=nameless),
        body(4, 4, customer=OMAR),
        body(5, 5, "consent.withdrawn", customer=nameless, sale=None, consent=withdrawn),
    )
    assert later == [omar] * 3
    state = world.state()
    assert state.figures[str(omar)]["orders"] == 3
    assert [row[0] for row in state.consents.values()] == [False]
    assert world.rebuild_differences() == []


def test_what_comes_later_of_the_erased_keeps_numbers_only(world: World, gate: EngineGate) -> None:
    jane, *_ = tell(world, gate, body(1, 1, customer=JANE))
    erase(world, jane)
    sale = {
        "receipt": "R77",
        "currency": "GBP",
        "total_minor": 700,
        "lines": [{"sku": "MUG", "name": "Mug for Jane Quackenbush", "total_minor": 700}],
        "tenders": [{"kind": "card", "amount_minor": 700, "reference": "jane-9"}],
        "coupons": ["GOLD-JANE"],
    }
    tell(world, gate, body(7, 1, customer=JANE, sale=sale, id="order-of-c-jane"))
    assert [text for text in unowned(world) if named(text)] == []
    assert any('"total_minor":700' in text for text in unowned(world))


@pytest.mark.parametrize("kind", ["message.unsubscribed", "message.complained"])
def test_who_unsubscribes_or_complains_withdraws(world: World, gate: EngineGate, kind: str) -> None:
    given = body(1, 1, "consent.given", customer=JANE, sale=None, consent={"channel": "email"})
    tell(world, gate, given, body(2, 1, kind, customer=JANE, sale=None, channel="email"))
    assert [row[0] for row in world.state().consents.values()] == [False]


def test_dropping_a_contact_of_the_erased_leaves_whoever_else_it_names_whole(
    world: World, gate: EngineGate
) -> None:
    """Without the erased e-mail the event belongs to another record, which must be loaded, not made anew."""
    zoe = {"phone": "+442079460964", "given_name": "Zoe"}
    jane, other = tell(world, gate, body(1, 1, customer=JANE), body(2, 2, customer=zoe))
    erase(world, jane)
    both = {"email": JANE["email"], "phone": zoe["phone"]}
    assert tell(world, gate, body(3, 3, customer=both)) == [other]
    state = world.state()
    assert state.figures[str(other)]["orders"] == 2
    assert len(state.records) == 1
    assert world.rebuild_differences() == []
