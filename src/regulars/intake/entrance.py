"""What one workspace needs to take events in: its keys, its preparer, its lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from regulars.engine.batch import Memory
from regulars.engine.lane import Lane, Limits, Observer
from regulars.engine.prepared import Item
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.session import Session
from regulars.store.vault import Vault
from regulars.vocabulary.intake import Source

from .prepare import Preparer, prepare_all

LANE_IDLE_SECONDS = 4
"""A turn never idles so long: an engine that does hangs, and another takes over."""


class Entrance:
    """The way into one workspace."""

    def __init__(
        self,
        database: Database,
        master: MasterKey,
        workspace_id: int,
        clock: Callable[[], datetime],
        limits: Limits,
        observer: Observer,
    ) -> None:
        self.vault = Vault(master, workspace_id)
        memory = Memory()
        self.zones = memory.zones
        self.preparer = Preparer(self.vault.hash, memory.zones)
        session = Session(database, idle_seconds=LANE_IDLE_SECONDS)
        self.lane = Lane(session, self.vault, memory, clock, limits=limits, observer=observer)

    def prepare(
        self, source: Source, bodies: Sequence[bytes], *, door: str, received_at: datetime
    ) -> list[Item]:
        """The events of a call, prepared here and now."""
        return prepare_all(self.preparer, source, bodies, door=door, received_at=received_at)
