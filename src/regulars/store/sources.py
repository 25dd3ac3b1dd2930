"""The register of sources: what they are called, how to read them, and the secrets they were set up with.

A source's name is unique in its workspace and stands in addresses (`/hooks/<name>`), so it is made of lower-case
letters, digits, `-` and `_`. Secrets are sealed under a key derived from the master key for this purpose
and workspace, bound to the source's number, and are opened in memory only.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from regulars.vocabulary.connector import SourceConfig
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound
from regulars.vocabulary.intake import Source

from .audit import Audit
from .database import AsyncConnection, Database
from .errors import StoreUnavailable
from .master import MasterKey
from .queries import load_queries
from .recent import Recent
from .vault import NONCE_BYTES, Unreadable
from .write_backs import OPTION, PROGRAMME, is_on

DEFAULT_KIND: Final = "api"
DEFAULT_REGION: Final = "GB"
_RANGE: Final = re.compile(r"(?P<low>\d{4,30})\s*-\s*(?P<high>\d{4,30})")
OPTIONS_MAX: Final = 50
VALUE_CHARACTERS_MAX: Final = 4_000
# Order numbers of web shops never start again, so neither store nor day is needed to know a sale.
_NEVER_RESETTING: Final = frozenset({"segment"})
_ADD_TRIES: Final = 5
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_OPTION: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_QUERIES = load_queries("regulars.store", "sources.sql")
_WEBHOOKS = load_queries("regulars.store", "webhooks.sql")


class KnownSource(Struct, frozen=True):
    """One source of the register. `config` holds its secrets in clear: never log or answer it."""

    source: Source
    config: SourceConfig
    created_at: datetime
    disabled_at: datetime | None = None

    def __repr__(self) -> str:
        return f"KnownSource({self.source.name!r}, kind={self.source.kind!r})"

    @property
    def options(self) -> Mapping[str, str]:
        """What may be shown of how the source was set up."""
        return self.config.options


class Sources:
    """Reads and changes the register. Look-ups are remembered for some seconds; lists are read fresh."""

    def __init__(
        self,
        database: Database,
        master: MasterKey,
        *,
        audit: Audit | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._audit = audit
        self._master = master
        self._by_name = Recent(self._load_by_name, clock=monotonic)
        self._by_id = Recent(self._load_by_id, clock=monotonic)
        self._all = Recent(self.list, clock=monotonic)

    async def find(self, workspace_id: int, name: str) -> KnownSource | None:
        """The source of that name, some seconds old at most; None when there is none."""
        if not _NAME.fullmatch(name):
            return None
        return await self._by_name.get((workspace_id, name))

    async def find_id(self, workspace_id: int, source_id: int) -> KnownSource | None:
        """The source of that number, some seconds old at most."""
        return await self._by_id.get((workspace_id, source_id))

    async def known(self, workspace_id: int) -> Sequence[KnownSource]:
        """All sources of a workspace, some seconds old at most."""
        return await self._all.get(workspace_id)

    async def list(self, workspace_id: int) -> list[KnownSource]:
        """All sources of a workspace in the order they were added."""
        async with self._database.read(workspace_id) as connection:
            cursor = await connection.execute(_QUERIES.all_sources, {"workspace_id": workspace_id})
            return [self._known(workspace_id, row) for row in await cursor.fetchall()]

    async def create(
        self,
        workspace_id: int,
        name: str,
        *,
        kind: str = DEFAULT_KIND,
        till_system: str | None = None,
        receipts_never_reset: bool | None = None,
        options: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        actor: str = "",
    ) -> KnownSource:
        """Add a source. `till_system` is its own name unless given: sources that share one share receipts.

        Raises Conflict when the name is taken and InvalidInput for a name or option that cannot be used.
        """
        _check(name, kind, till_system, options, secrets)
        never = kind in _NEVER_RESETTING if receipts_never_reset is None else receipts_never_reset
        values = {"kind": kind, "till_system": till_system or name, "receipts_never_reset": never}
        async with self._database.write(workspace_id) as connection:
            added = await self._add(connection, workspace_id, name, values, options or {})
            if added is None:
                raise Conflict("There is a source named %(name)s already.", field="name", name=name)
            if secrets:
                await self._set(connection, workspace_id, added, options or {}, secrets)
            if is_on(options or {}):
                await _tell_engines(connection, workspace_id)
            told = {"kind": kind, **_names(options, secrets)}
            await self._tell(connection, workspace_id, actor, "source.created", name, told)
        return await self._reread(workspace_id, name)

    async def ensure(
        self, workspace_id: int, name: str, *, kind: str = DEFAULT_KIND, actor: str = ""
    ) -> KnownSource:
        """The source of that name, added with that kind when missing; an existing one keeps its kind."""
        found = await self.find(workspace_id, name)
        if found is not None:
            return found
        try:
            return await self.create(workspace_id, name, kind=kind, actor=actor)
        except Conflict:
            return await self._reread(workspace_id, name)

    async def configure(
        self,
        workspace_id: int,
        name: str,
        *,
        options: Mapping[str, str],
        secrets: Mapping[str, str] | None = None,
        actor: str = "",
    ) -> KnownSource:
        """Replace all options of a source, and all its secrets when some are given. Raises NotFound."""
        found = await self._reread(workspace_id, name)
        _check(name, found.source.kind, None, options, secrets)
        async with self._database.write(workspace_id) as connection:
            await self._set(connection, workspace_id, found.source.source_id, options, secrets)
            told = _names(options, secrets)
            await self._tell(connection, workspace_id, actor, "source.configured", name, told)
            if is_on(options) != is_on(found.options):
                await _tell_engines(connection, workspace_id)
                action = "source.write_back_on" if is_on(options) else "source.write_back_off"
                told = {PROGRAMME: options.get(PROGRAMME, "1")}
                await self._tell(connection, workspace_id, actor, action, name, told)
        return await self._reread(workspace_id, name)

    async def disable(self, workspace_id: int, name: str, *, disabled: bool = True, actor: str = "") -> None:
        """Refuse what a source sends, or accept it again; other processes follow within seconds."""
        values = {"workspace_id": workspace_id, "name": name, "disabled": disabled}
        async with self._database.write(workspace_id) as connection:
            cursor = await connection.execute(_QUERIES.disable_source, values)
            if await cursor.fetchone() is None:
                raise _unknown(name)
            await _tell_engines(connection, workspace_id)
            action = "source.disabled" if disabled else "source.enabled"
            await self._tell(connection, workspace_id, actor, action, name, {})
        self.forget()

    def forget(self) -> None:
        """Look everything up anew."""
        self._by_name.forget()
        self._by_id.forget()
        self._all.forget()

    async def _reread(self, workspace_id: int, name: str) -> KnownSource:
        self.forget()
        found = await self.find(workspace_id, name)
        if found is None:
            raise _unknown(name)
        return found

    async def _load_by_name(self, key: tuple[int, str]) -> KnownSource | None:
        return await self._one(key[0], {"workspace_id": key[0], "name": key[1]})

    async def _load_by_id(self, key: tuple[int, int]) -> KnownSource | None:
        return await self._one(key[0], {"workspace_id": key[0], "source_id": key[1]})

    async def _one(self, workspace_id: int, values: Mapping[str, Any]) -> KnownSource | None:
        query = _QUERIES.source_by_name if "name" in values else _QUERIES.source_by_id
        async with self._database.read(workspace_id) as connection:
            row = await (await connection.execute(query, values)).fetchone()
        return None if row is None else self._known(workspace_id, row)

    async def _add(
        self,
        connection: AsyncConnection,
        workspace_id: int,
        name: str,
        values: Mapping[str, Any],
        options: Mapping[str, str],
    ) -> int | None:
        """The new source's number; None when the name is taken. A number taken meanwhile is tried again."""
        given = {
            "workspace_id": workspace_id,
            "name": name,
            "options": msgspec.json.encode(options).decode(),
            **values,
        }
        for _ in range(_ADD_TRIES):
            row = await (await connection.execute(_QUERIES.add_source, given)).fetchone()
            if row is not None:
                return int(row[0])
            if await (await connection.execute(_QUERIES.source_by_name, given)).fetchone() is not None:
                return None
        raise StoreUnavailable("Many sources are being added at once. Try again.", retry_after_seconds=1)

    async def _set(
        self,
        connection: AsyncConnection,
        workspace_id: int,
        source_id: int,
        options: Mapping[str, str],
        secrets: Mapping[str, str] | None,
    ) -> None:
        sealed = self._seal(workspace_id, source_id, secrets) if secrets else None
        values = {
            "workspace_id": workspace_id,
            "source_id": source_id,
            "options": msgspec.json.encode(options).decode(),
            "sealed_secrets": sealed,
        }
        await connection.execute(_QUERIES.set_source, values)

    async def _tell(
        self,
        connection: AsyncConnection,
        workspace_id: int,
        actor: str,
        action: str,
        name: str,
        details: Mapping[str, Any],
    ) -> None:
        if self._audit is not None:
            await self._audit(connection, workspace_id, actor, action, f"source:{name}", details)

    def _known(self, workspace_id: int, row: tuple[Any, ...]) -> KnownSource:
        source_id, name, kind, till_system, never, options, sealed, created_at, disabled_at = row
        source = Source(
            workspace_id=workspace_id,
            source_id=source_id,
            name=name,
            kind=kind,
            till_system=till_system,
            receipts_never_reset=never,
            region=options.get("region", DEFAULT_REGION),
            loyalty_ranges=loyalty_ranges(options),
        )
        secrets = self._open(workspace_id, source_id, sealed) if sealed else {}
        config = SourceConfig(name=name, options=options, secrets=secrets)
        return KnownSource(source, config, created_at, disabled_at)

    def _cipher(self, workspace_id: int) -> AESGCM:
        return AESGCM(self._master.derive("source.secrets", workspace_id))

    def _seal(self, workspace_id: int, source_id: int, secrets: Mapping[str, str]) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        text = msgspec.json.encode(secrets)
        return nonce + self._cipher(workspace_id).encrypt(nonce, text, _place(workspace_id, source_id))

    def _open(self, workspace_id: int, source_id: int, sealed: bytes) -> dict[str, str]:
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            opened = self._cipher(workspace_id).decrypt(nonce, text, _place(workspace_id, source_id))
        except InvalidTag:
            raise Unreadable("The secrets of a source were sealed under another master key.") from None
        return msgspec.json.decode(opened, type=dict[str, str])


async def _tell_engines(connection: AsyncConnection, workspace_id: int) -> None:
    """Have engines look anew, from the next turn on, which vendors are told where members stand."""
    await connection.execute(_WEBHOOKS.move_cache, {"workspace_id": workspace_id})


def can_name(text: str) -> bool:
    """Whether a source may have this name."""
    return _NAME.fullmatch(text) is not None


def _place(workspace_id: int, source_id: int) -> bytes:
    """Binds sealed secrets to their row, so that they open nowhere else."""
    return f"{workspace_id}/{source_id}".encode()


def _names(options: Mapping[str, str] | None, secrets: Mapping[str, str] | None) -> dict[str, Any]:
    """What was set, for the audit trail: names, never values."""
    return {"options": sorted(options or {}), "secrets": sorted(secrets or {})}


def _unknown(name: str) -> NotFound:
    return NotFound("There is no source named %(name)s.", field="source", name=name)


def loyalty_ranges(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The option `loyalty_ranges`, such as `6000000000000000-6000999999999999, 9826000-9826999`.

    Raises InvalidInput for what is no range of numbers of one length.
    """
    parts = [part.strip() for part in options.get("loyalty_ranges", "").split(",") if part.strip()]
    found = [_RANGE.fullmatch(part) for part in parts]
    ranges = tuple((one["low"], one["high"]) for one in found if one is not None)
    if None in found or any(len(low) != len(high) or low > high for low, high in ranges):
        raise InvalidInput(
            "loyalty_ranges takes ranges such as 6000000000000000-6000999999999999, separated by commas.",
            field="options.loyalty_ranges",
        )
    return ranges


def _check(
    name: str,
    kind: str,
    till_system: str | None,
    options: Mapping[str, str] | None,
    secrets: Mapping[str, str] | None,
) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "%(name)s cannot name a source: use lower-case letters, digits, - and _, at most 63.",
            field="name",
            name=repr(name),
        )
    if not _OPTION.fullmatch(kind):
        raise InvalidInput("%(kind)s is no kind of source.", field="kind", kind=repr(kind))
    if till_system is not None and not 0 < len(till_system) <= 200:
        raise InvalidInput("A till system needs a name of at most 200 characters.", field="till_system")
    loyalty_ranges(options or {})
    if (options or {}).get(OPTION, "on") not in ("on", "off"):
        raise InvalidInput("write_back is on or off.", field=f"options.{OPTION}")
    number = (options or {}).get(PROGRAMME, "1")
    if not (number.isascii() and number.isdigit() and 0 < int(number[:6]) <= 32_767):
        raise InvalidInput("write_back_programme is the number of a programme.", field=f"options.{PROGRAMME}")
    for place, given in (("options", options or {}), ("secrets", secrets or {})):
        if len(given) > OPTIONS_MAX:
            raise InvalidInput(
                "A source takes at most %(n)s %(place)s.", field=place, n=OPTIONS_MAX, place=place
            )
        for key, value in given.items():
            if not _OPTION.fullmatch(key) or len(value) > VALUE_CHARACTERS_MAX:
                raise InvalidInput(
                    "%(key)s is no usable entry of %(place)s.",
                    field=f"{place}.{key}",
                    key=repr(key),
                    place=place,
                )
