"""The demo on stage: connect the shop's vendors, make an owner and a key, send history, then live on."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from regulars.app import Program
from regulars.connectors import connectors
from regulars.console.accounts import Accounts, Role
from regulars.console.passwords import Passwords
from regulars.console.team import ROLES
from regulars.demo.run import run_history, run_live
from regulars.demo.shop import Credentials, Shop, Vendors
from regulars.demo.stall import Stall, open_store
from regulars.demo.vendors import VendorApi
from regulars.engine.turn import utc_now
from regulars.store.home import read_private, write_private
from regulars.vocabulary.errors import Conflict

from .stage_shop import set_up_shop

FILE: Final = "demo.json"
LOGINS: Final[Mapping[Role, str]] = {role: f"{role}@demo.example" for role in ROLES}
VENDOR_PATH: Final = "/demo/vendors"
SEED: Final = 7
TOLD: Final = {"write_back": "on"}
"""The demo's vendors show what members' points are."""
PACE: Final = {"fetch_per_second": "1000", "fetch_concurrency": "16"}
"""The demo's vendors answer from this very process; real ones set limits."""


class Props(Struct):
    """What a demo keeps in its home: seed, password, key and the vendors' secrets; readable by the owner alone."""

    seed: int
    password: str
    api_key: str
    credentials: dict[str, Credentials]
    days: float
    began_at: datetime
    runs: int = 0
    till_key: str = ""


class Options(Struct, frozen=True):
    """How big and how lively the demo is."""

    people: int = 2_000
    days: float = 30.0
    sales_per_second: float = 1.0


class Stage:
    """One demo: `wrap` puts the vendors' APIs beside the program, `ready` plays."""

    def __init__(self, home: Path, base_url: str, options: Options) -> None:
        self._path = home / FILE
        self._base_url = base_url
        self._options = options
        self._props = self._read()
        vendors = Vendors(public_url=base_url, credentials=self._props.credentials)  # type: ignore[arg-type]
        self.shop = Shop(self._props.seed, people=options.people, vendors=vendors)
        self._api = VendorApi(self.shop)

    def wrap(self, program: Program) -> Callable[..., Any]:
        """The program with the vendors' APIs in front of it."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"].startswith(VENDOR_PATH):
                await self._api(scope, receive, send)
            else:
                await program.asgi(scope, receive, send)

        return app

    async def ready(self, program: Program) -> None:
        """Set up what is missing, say where to look, then send history once and live on."""
        await self._set_up(program)
        self._say()
        if self._props.runs == 0:
            until = self._props.began_at
            await run_history(self.shop, self._base_url, days=self._props.days, until=until, concurrency=8)
        else:
            self.shop.resume(self._props.days, self._props.began_at, run=self._props.runs)
        self._props.runs += 1
        self._write()
        await open_store(self._base_url, self._props.api_key)
        stall = Stall(self.shop.world, self._props.runs)
        async with asyncio.TaskGroup() as group:
            group.create_task(stall.trade(self._base_url, self._props.till_key))
            group.create_task(
                run_live(self.shop, self._base_url, sales_per_second=self._options.sales_per_second)
            )

    async def _set_up(self, program: Program) -> None:
        for source in self.shop.sources(self._base_url + VENDOR_PATH):
            if await program.sources.find(program.workspace_id, source.name) is None:
                connector = connectors()[source.vendor]
                await program.sources.create(
                    program.workspace_id,
                    source.name,
                    kind=source.vendor,
                    receipts_never_reset=getattr(connector, "receipts_never_reset", False),
                    options=source.options | PACE | TOLD,
                    secrets=source.secrets,
                )
        await set_up_shop(program, self._props.began_at - timedelta(days=self._props.days + 1))
        accounts = Accounts(program.database, program.vault, Passwords(), utc_now)
        for role, email in LOGINS.items():
            with contextlib.suppress(Conflict):
                await accounts.add(email, f"Demo {role}", self._props.password, role)
        if not self._props.api_key:
            key = await program.keys.create(
                program.workspace_id, name="demo", scopes=["*"], source="api", source_kind="api", actor="demo"
            )
            self._props.api_key = key.text
        if not self._props.till_key:
            key = await program.keys.create(
                program.workspace_id,
                name="market stall",
                scopes=["till"],
                source="stall",
                source_kind="api",
                actor="demo",
            )
            self._props.till_key = key.text
        self._write()

    def _write(self) -> None:
        write_private(self._path, msgspec.json.encode(self._props), replace=True)

    def _say(self) -> None:
        print(
            f"\n  Regulars is running with a demo shop: {self._base_url}\n\n"
            f"  Sign in   {LOGINS['owner']}   {self._props.password}   (owner)\n"
            f"  As another role, with the same password: {', '.join(list(LOGINS.values())[1:])}\n"
            f"  API key   {self._props.api_key}\n"
            f"  Stop with Ctrl C. Everything is kept under {self._path.parent}.\n",
            flush=True,
            file=sys.stdout,
        )

    def _read(self) -> Props:
        try:
            return msgspec.json.decode(read_private(self._path), type=Props)
        except FileNotFoundError:
            own = {
                name: Credentials(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
                for name in ("square", "shopify")
            }
            return Props(SEED, secrets.token_urlsafe(9), "", own, self._options.days, utc_now())
