"""Nothing of a person is in clear in the database, its files or what we log."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.engine.test_turn import body
from tests.engine.world import World
from tests.servers import TestServer

# Words that stand nowhere else, so that finding one means that it leaked.
PERSON = {
    "external_id": "cust-Wobblethwaite-1",
    "loyalty_card": "LOYAL-55512345",
    "email": "Zebedina.Quackenbush@Wobble-Mail.example",
    "phone": "+44 20 7946 0963",
    "given_name": "Zebedina",
    "family_name": "Quackenbush-Öztürk",
    "birth_date": "1971-03-29",
    "address": {
        "line1": "17 Plumduff Crescent",
        "city": "Snettisham",
        "postcode": "PE31 7XX",
        "country": "GB",
    },
    "traits": {"nickname": "Zebbygirl", "shoe": "Pumpernickel"},
    "payment_token": "par_Flibbertigibbet",
    "anonymous_id": "anon-Hullabaloo",
    "device": "dev-Skedaddle",
}
SECRETS = [
    *("wobblethwaite", "loyal-55512345", "55512345", "zebedina", "quackenbush", "öztürk", "ozturk"),
    *(
        "wobble-mail",
        "02079460963",
        "2079460963",
        "7946 0963",
        "1971-03-29",
        "plumduff",
        "snettisham",
        "pe31 7xx",
    ),
    *(
        "zebbygirl",
        "pumpernickel",
        "flibbertigibbet",
        "hullabaloo",
        "skedaddle",
        "gobbledygook",
        "4929123412341236",
    ),
]
HOLE = "a\x00b"


def hidden_forms(word: str) -> Iterator[bytes]:
    """A word as it may hide: in several letters, hexadecimal, or base64 at any place of three."""
    for form in (word, word.upper(), word.title()):
        data = form.encode()
        yield data
        yield data.hex().encode()
        if len(data) >= 8:
            for shift in range(3):
                encoded = base64.b64encode(b"\x00" * shift + data)
                yield encoded[4 if shift else 0 : len(encoded) - 4]


def leaks(dump: bytes) -> list[str]:
    """Which words are in the bytes, hexadecimal bytes of text dumps read as well."""
    folded = dump.lower()
    found = [word for word in SECRETS if word.encode() in folded]
    return found or [w for w in SECRETS for form in hidden_forms(w) if form in dump or form.lower() in folded]


def tell_everything(world: World) -> None:
    """Every way a person comes in: sales, consent, cases, mistakes, what is refused and what fails."""
    whole = {
        "customer": PERSON,
        "properties": {"note": "Gobbledygook for Zebedina Quackenbush, card 4929 1234 1234 1236"},
    }
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("sale.completed", {}),
        (
            "sale.refunded",
            {"sale": {"receipt": "X", "currency": "GBP", "total_minor": 1, "original_receipt": "R1"}},
        ),
        (
            "customer.updated",
            {"customer": PERSON | {"given_name": "Zebedina Quackenbush", "email": "zebedina@quackenbush"}},
        ),
        (
            "consent.given",
            {"consent": {"channel": "email", "address": PERSON["email"], "text": "I, Zebedina"}},
        ),
        ("consent.withdrawn", {"consent": {"channel": "sms", "purpose": "news"}}),
        (
            "staff.updated",
            {"staff_details": {"code": "s-1", "given_name": "Zebedina", "email": PERSON["email"]}},
        ),
        ("case.opened", {}),
        ("page.viewed", {}),
        ("custom.quiz", {}),
        ("sale.completed", {"till": HOLE}),
        ("sale.completed", {"occurred_at": f"{PERSON['email']}"}),
        ("customer.updated", {"type": "zebedina.quackenbush@x"}),
        ("store.updated", {"store_details": {"code": "x", "time_zone": PERSON["email"]}}),
        ("consent.given", {"consent": {"channel": "Zebedina"}}),
    ]
    told = [
        (
            1,
            body(
                n,
                1,
                kind,
                **(whole | {"sale": None} | changes) if kind != "sale.completed" else whole | changes,
            ),
        )
        for n, (kind, changes) in enumerate(kinds)
    ]
    gate = world.gate()
    try:
        results = world.tell(
            gate, [*told, (2, body(99, 1, customer=PERSON)), (1, json.dumps(PERSON).encode() + b"}")]
        )
    finally:
        gate.close()
    assert [r.status for r in results].count("rejected") == 6
    assert len(world.state().records) == 2


def test_no_table_says_anything_of_a_person(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        tell_everything(world)
    tables = world.rows(
        "select c.oid::regclass::text from pg_class c where relkind in ('r', 'p') and not relispartition"
        " and relnamespace = current_schema()::regnamespace"
    )
    filled = 0
    for (table,) in tables:
        text = "\n".join(map(str, world.rows(f"select t::text from {table} t")))
        # bytea comes as hexadecimal digits, where plain bytes would hide from a search for words.
        plain = b" ".join(bytes.fromhex(run) for run in re.findall(r"\\\\x((?:[0-9a-f]{2})+)", text))
        filled += bool(text)
        assert table != "record_figures" or b'"orders"' in plain
        assert leaks(text.encode() + b"\n" + plain) == [], table
    assert filled > 12
    assert leaks(caplog.text.encode()) == []


def test_the_files_of_the_database_say_nothing_of_a_person(world: World, server: TestServer) -> None:
    """The log of changes and the tables themselves, after the server has written everything down."""
    tell_everything(world)
    with psycopg.connect(server.server.superuser_dsn(), autocommit=True) as connection:
        connection.execute("checkpoint")
        (data,) = connection.execute("select current_setting('data_directory')").fetchone() or ("",)
    name = psycopg.conninfo.conninfo_to_dict(world.database.dsn)["dbname"]
    with psycopg.connect(server.server.superuser_dsn(), autocommit=True) as connection:
        (oid,) = connection.execute(
            "select oid::text from pg_database where datname = %s", (name,)
        ).fetchone() or ("",)
    files = [
        path
        for part in (f"base/{oid}", "pg_wal")
        for path in (Path(data) / part).rglob("*")
        if path.is_file()
    ]
    assert sum(path.stat().st_size for path in files) > 1_000_000
    for path in files:
        content = path.read_bytes().lower()
        assert [word for word in SECRETS if word.encode() in content] == [], path


@pytest.mark.parametrize("word", ["zebedina", "öztürk"])
def test_the_search_would_find_what_leaked(word: str) -> None:
    for form in hidden_forms(word):
        assert leaks(b"before " + form + b" after")
