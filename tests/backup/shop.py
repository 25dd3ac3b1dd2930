"""A small shop with a store of its own: people to back up, to erase and to look for."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from regulars.intake.gate import EngineGate
from regulars.intake.rebuild import Rebuilder, Report
from regulars.store.database import Database
from regulars.store.embedded import EmbeddedServer
from regulars.store.master import load_master_key
from regulars.store.opening import Store
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.workspaces import ensure_default
from regulars.vocabulary.intake import Result, Source
from tests.servers import TEST_SETTINGS

KEY = "4f" * 32
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PHILIPPA = {
    "external_id": "c-philippa", "loyalty_card": "L0700001", "email": "Philippa.Wintringham@Example.com",
    "phone": "+44 20 7946 0123", "given_name": "Philippa", "family_name": "Wintringham", "birth_date": "1984-05-06",
}  # fmt: skip
OMAR = {
    "external_id": "c-omar", "email": "omar.oyelaran@example.com", "phone": "+44 20 7946 0124",
    "given_name": "Omar", "family_name": "Oyelaran",
}  # fmt: skip


class Shop:
    """One workspace of a store, and the gate before it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.migrate()
        self.workspace_id = ensure_default(store.database)
        self.vault = Vault(store.master, self.workspace_id)
        self.source = self._ensure("tills")
        self._gate: EngineGate | None = None

    def send(self, *events: dict[str, Any] | bytes) -> list[Result]:
        """Events through the gate; returns after the commit."""
        if self._gate is None:
            self._gate = EngineGate(self.store.database, self.store.master)
        bodies = [one if isinstance(one, bytes) else msgspec.json.encode(one) for one in events]
        return self._gate.submit_wait(self.source, bodies, door="events")

    def leave(self) -> None:
        """Let go of the database."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.close()

    def profile_of(self, customer: dict[str, Any]) -> str | None:
        """The profile of whoever has the customer's e-mail address, or None."""
        value = self.vault.hash("email", "", customer["email"].lower())
        rows = self.rows(
            "select r.profile_id from identifier i join record r using (workspace_id, record_id)"
            f" where i.workspace_id = {self.workspace_id} and i.value = '{value}'"
        )
        return rows[0][0].hex if rows else None

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query within the workspace."""
        with self.store.database.session(self.workspace_id, read_only=True) as connection:
            return connection.execute(query).fetchall()

    def figures(self) -> list[tuple[Any, ...]]:
        """What is known of everybody, in numbers."""
        return self.rows("select record_id, figures from record_figures order by record_id")

    def verify(self) -> Report:
        """Compare the log with the state."""
        return Rebuilder(self.store.database, self.vault).verify()

    def _ensure(self, name: str) -> Source:
        async def work() -> Source:
            await self.store.database.open()
            try:
                found = await Sources(self.store.database, self.store.master).ensure(self.workspace_id, name)
                return found.source
            finally:
                await self.store.database.close()

        return asyncio.run(work())


@contextmanager
def opened(home: Path, *, key: str | None = KEY) -> Iterator[Store]:
    """The store of a home, not migrated, on a server that need not survive a power cut."""
    server = EmbeddedServer(home, extra=TEST_SETTINGS, durable_setup=False)
    server.start(timeout_seconds=60)
    database = Database(server.dsn, connections_max=2)
    with Store(database, load_master_key(key, home), home, server) as store:
        yield store


@contextmanager
def shop_in(home: Path) -> Iterator[Shop]:
    """A shop in a home of its own."""
    with opened(home) as store:
        shop = Shop(store)
        try:
            yield shop
        finally:
            shop.leave()


def trade(shop: Shop, people: int = 20) -> None:
    """Sales of Philippa, Omar and others, and a message about Philippa that nobody could read."""
    crowd = [person(n) for n in range(people)]
    shop.send(*(sale(f"R-{n}", crowd[n % people]) for n in range(people * 2)))
    shop.send(
        sale("R-p1", PHILIPPA), sale("R-p2", PHILIPPA, days=1), sale("R-o1", OMAR), sale("R-nobody", None)
    )
    broken = {"id": "broken", "type": "sale.completed", "customer": PHILIPPA}
    assert shop.send(broken)[0].status == "rejected"


def person(number: int) -> dict[str, Any]:
    """One of the crowd."""
    return {
        "external_id": f"c-{number}", "email": f"someone{number}@example.com",
        "given_name": f"Someone{'abcdefghijklmnopqrstuvwxyz'[number % 26]}", "family_name": "Anyhow",
    }  # fmt: skip


def sale(receipt: str, customer: dict[str, Any] | None, *, days: int = 0) -> dict[str, Any]:
    """A sale of one mug."""
    line = {
        "line_id": "1", "sku": "MUG", "name": "Stoneware mug", "category": "Homeware", "quantity": 1,
        "unit_price_minor": 1250, "total_minor": 1250,
    }  # fmt: skip
    event: dict[str, Any] = {
        "id": receipt, "type": "sale.completed", "occurred_at": (NOON + timedelta(days=days)).isoformat(),
        "channel": "store", "store": "high-street", "till": "01",
        "sale": {"receipt": receipt, "currency": "GBP", "total_minor": 1250, "lines": [line]},
    }  # fmt: skip
    return event if customer is None else event | {"customer": customer}


def spellings(*texts: str) -> dict[bytes, str]:
    """Every way in which a text could lie readable in a file, and the text it spells."""
    found: dict[bytes, str] = {}
    for text in {form for one in texts for form in (one, one.lower(), one.upper(), one.casefold())}:
        for raw in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")):
            found[raw] = text
            found |= dict.fromkeys((raw.hex().encode(), raw.hex().upper().encode()), text)
            found |= dict.fromkeys(_base64_cores(raw), text)
    return found


def _base64_cores(raw: bytes) -> list[bytes]:
    """What of the text's base64 does not depend on what stands before and after it, at each alignment."""
    cores = []
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")
        start = (0, 2, 3)[offset]
        core = encoded[start:-1] if len(encoded) - start > 1 else encoded
        cores += [core, core.translate(bytes.maketrans(b"+/", b"-_"))]
    return cores


def readable(root: Path, wanted: dict[bytes, str]) -> list[str]:
    """Files below a directory in which something wanted is found, and what it spells."""
    found = []
    clean: set[bytes] = set()
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        content = re.sub(rb"\0{64,}", b"\0", path.read_bytes())
        # The catalogues of the template databases are copies of one another.
        digest = hashlib.sha256(content).digest()
        here = [] if digest in clean else [text for raw, text in wanted.items() if raw in content]
        if not here:
            clean.add(digest)
        found += [f"{path.relative_to(root)}: {text}" for text in here]
    return found
