"""What commands share: settings, the store, the workspace, output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import cyclopts
import msgspec

from regulars.settings import SETTINGS, LoadedSettings, Settings, load_settings
from regulars.store.opening import Store, open_store
from regulars.store.vault import Vault
from regulars.store.workspaces import DEFAULT, ensure_default, list_workspaces
from regulars.vocabulary.errors import NotFound

T = TypeVar("T")
FLAGS = cyclopts.Parameter(negative=())
"""For every command group: a flag has no `--no-` form."""
_HELP = {info.name: info.help for info in SETTINGS}
Home = Annotated[str | None, cyclopts.Parameter(help=_HELP["home"])]
Host = Annotated[str | None, cyclopts.Parameter(help=_HELP["host"])]
Port = Annotated[int | None, cyclopts.Parameter(help=_HELP["port"])]


def settings(**flags: object) -> LoadedSettings:
    """Settings from file, environment and the flags that were given."""
    return load_settings({name: value for name, value in flags.items() if value is not None})


@contextmanager
def opened(chosen: Settings) -> Iterator[Store]:
    """The store, migrated; attaches to a running embedded server or starts one for this command."""
    with open_store(
        home=chosen.home_path,
        database_url=chosen.database_url,
        master_key=chosen.master_key,
        connections_max=4,
    ) as store:
        store.migrate()
        ensure_default(store.database)
        yield store


def workspace_of(store: Store, name: str) -> int:
    """The number of a workspace. Raises NotFound with the names there are."""
    found = {known: number for number, known in list_workspaces(store.database)}
    if name not in found:
        raise NotFound(
            f"There is no workspace {name!r}; there are: {', '.join(sorted(found))}.", field="workspace"
        )
    return found[name]


def vault_of(store: Store, workspace: str = DEFAULT) -> Vault:
    """The keys of a workspace."""
    return Vault(store.master, workspace_of(store, workspace))


def run_async(store: Store, work: Callable[[], Awaitable[T]]) -> T:
    """Run async work with the pool open."""

    async def inside() -> T:
        await store.database.open()
        try:
            return await work()
        finally:
            await store.database.close()

    return asyncio.run(inside())


def show(value: Any, *, as_json: bool, text: str) -> None:
    """Print a result for people or for programs."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    else:
        print(text)


class Progress:
    """One line on stderr for anything that takes over two seconds, when a person watches."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._live = sys.stderr.isatty()
        self._last = 0

    def __call__(self, count: int) -> None:
        if self._live and count - self._last >= 1_000:
            self._last = count
            print(f"\r{count:,} {self._noun}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._last:
            print(file=sys.stderr)
