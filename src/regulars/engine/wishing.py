"""Wishes that vendors be told where members stand: one for each member and source, whatever happened to the member.

A wish carries no points. What is told is read when it is performed, so neither order nor repetition can go wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regulars.store.session import Call
from regulars.store.vault import Vault
from regulars.store.write_backs import Reward, wish
from regulars.vocabulary.events import HELD, TELL

from .batch import Batch, Memory


def wishes(vault: Vault, memory: Memory, batch: Batch, workspace: Mapping[str, Any]) -> list[Call]:
    """What a decided batch wishes to have told; to be sent when its records are saved. At most one statement."""
    if not memory.told or not memory.programmes:
        return []
    members, rewards = set(_wished(memory, batch)), list(_rewards(memory, batch))
    met = set(_met(memory, batch)) - members
    made = {one.hold for one in rewards}
    ended = {(hold, source) for hold in _holds(batch) - made for source in memory.told}
    if not (members or met or rewards or ended):
        return []
    return [wish(vault, members, workspace["now"], met=met, rewards=rewards, ended=ended)]


def _wished(memory: Memory, batch: Batch) -> Iterator[tuple[str, int]]:
    for profile_id in _moved(batch):
        yield from ((profile_id, source) for source in memory.told)
    for prepared in batch.fresh:
        source = prepared.source.source_id
        if source in memory.told and any(fetch.kind == TELL for fetch in prepared.fetches):
            said = prepared.said
            record = batch.records.get(said.person.record_id) if said is not None else None
            if record is not None:
                yield record.profile_id, source


def _met(memory: Memory, batch: Batch) -> Iterator[tuple[str, int]]:
    """Who became known to a source, or is somebody else there now: it has been told nothing of them yet."""
    for record in batch.identity.records.values():
        if record.source_id in memory.told:
            yield record.profile_id, record.source_id


def _rewards(memory: Memory, batch: Batch) -> Iterator[Reward]:
    """Rewards that were reserved at a web shop just now."""
    for prepared in batch.fresh:
        said = prepared.loyalty
        if prepared.type != HELD or said is None or said.shop not in memory.told or said.reward is None:
            continue
        for answer in batch.points.answers.get(prepared.event_key, ()):
            if answer.hold is not None:
                yield Reward(answer.member_id, answer.hold, said.reward, said.shop)


def _holds(batch: Batch) -> set[str]:
    """Holds that are another way than before."""
    return {hold for book in batch.points.books for hold in book.holds}


def _moved(batch: Batch) -> Iterator[str]:
    """Profiles whose points or tier may be others than before."""
    points = batch.points
    for book in points.books:
        if book.transactions or book.accounts:
            yield points.profiles[min(book.member.records)]
    for moved in batch.identity.profile_moves:
        yield from moved
