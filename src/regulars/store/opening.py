"""Opens the store the settings ask for: the database they name, or the embedded server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from regulars.store.database import Database
from regulars.store.embedded import EmbeddedServer
from regulars.store.home import prepare_home
from regulars.store.master import MasterKey, load_master_key
from regulars.store.migrate import migrate
from regulars.store.partitions import ensure_partitions
from regulars.store.unfinished import refuse_unfinished


class Store:
    """What a running program has of the store: database, master key and, perhaps, an embedded server."""

    def __init__(
        self, database: Database, master: MasterKey, home: Path, embedded: EmbeddedServer | None
    ) -> None:
        self.database = database
        self.master = master
        self.home = home
        self.embedded = embedded

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def migrate(self, *, report: Callable[[str], None] = lambda _: None) -> list[str]:
        """Bring the schema up to date and make the partitions of these months. Returns the files applied."""
        refuse_unfinished(self.database)
        applied = migrate(self.database, report=report)
        self.ensure_partitions()
        return applied

    def ensure_partitions(self) -> list[str]:
        """Make the missing months of the event log around now; for the start and once a day."""
        owner = self.database.connect_owner(wait_seconds=5.0)
        try:
            return ensure_partitions(owner, datetime.now(UTC))
        finally:
            owner.close()

    def close(self) -> None:
        """Leave the embedded server; it stops unless others use it. The pool is closed by who opened it."""
        if self.embedded is not None:
            self.embedded.stop()


def open_store(
    *,
    home: Path,
    database_url: str | None = None,
    master_key: str | None = None,
    connections_max: int = 8,
    application: str = "regulars",
    watch: bool = False,
    report: Callable[[str], None] | None = None,
) -> Store:
    """Start or attach to what is needed. `watch` restarts a dead embedded server: serve and demo want that.

    Raises StoreMisconfigured or one of its kinds when the files, roles or versions are unfit, and
    StoreUnavailable when an external database does not answer.
    """
    home = prepare_home(home)
    master = load_master_key(master_key, home)
    embedded = None
    if database_url is None:
        embedded = EmbeddedServer(home, report=report)
        embedded.start()
        if watch:
            embedded.watch()
    dsn = embedded.dsn if embedded is not None else database_url or ""
    database = Database(
        dsn, application=application, connections_max=connections_max, embedded=embedded is not None
    )
    return Store(database, master, home, embedded)
