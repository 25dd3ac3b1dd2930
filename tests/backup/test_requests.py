"""What people wrote in requests: never readable, kept by a backup, gone with them, and gone again after a restore."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, date
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from regulars.console.requests.book import Book, NewRequest, Request
from regulars.engine.forget import forget, restore
from regulars.store.backup import backup
from regulars.store.register import Register
from tests.backup.shop import NOON, OMAR, PHILIPPA, Shop, opened, readable, shop_in, spellings, trade
from tests.backup.test_forget import dump_of

T = TypeVar("T")
LETTER = "I, Philippa Wintringham, of 7 Quillfeather Close, want to be forgotten."
NOTE = "Rang from 020 7946 0123 about Quillfeather Close."
WANTED = spellings("Quillfeather", "Wintringham", "020 7946 0123")


def on_book(shop: Shop, work: Callable[[Book], Awaitable[T]]) -> T:
    """Work on the register with the pool open."""

    async def inside() -> T:
        await shop.store.database.open()
        try:
            return await work(Book(shop.store.database, shop.vault, lambda: NOON, UTC))
        finally:
            await shop.store.database.close()

    return asyncio.run(inside())


def ask(shop: Shop, customer: dict[str, str], kind: str) -> Request:
    """A request with a letter and a note."""
    profile = shop.profile_of(customer)
    assert profile is not None
    new = NewRequest(
        kind=kind, came_by="letter", received_on=date(2026, 11, 2), record_id=UUID(profile),
        asked_by="Philippa Wintringham", wording=LETTER,
    )  # fmt: skip

    async def work(book: Book) -> Request:
        made = await book.add(new, "user:officer")
        return await book.note(made.no, NOTE, "user:officer")

    return on_book(shop, work)


def one(shop: Shop, no: int) -> Request:
    return on_book(shop, lambda book: book.one(no))


def sealed_of(shop: Shop) -> dict[bytes, str]:
    rows = shop.rows("select sealed_key, sealed from privacy_request where sealed is not null")
    return {bytes(part): "a request" for row in rows for part in row}


def test_after_an_erasure_nothing_written_in_a_request_is_left_in_any_file(
    shop: Shop, tmp_path: Path
) -> None:
    assert shop.store.embedded is not None
    ask(shop, PHILIPPA, "erasure")
    assert readable(dump_of(shop, tmp_path / "before"), WANTED) == []
    sealed = sealed_of(shop)
    assert len(sealed) == 2
    philippa = shop.profile_of(PHILIPPA)
    assert philippa is not None
    erasure = forget(shop.store, shop.vault, philippa, actor="user:officer")
    assert erasure.proof["requests_emptied"] == 1
    assert readable(dump_of(shop, tmp_path / "after"), WANTED | sealed) == []
    assert readable(shop.store.home, WANTED | sealed) == []
    assert readable(shop.store.embedded.data_dir, WANTED | sealed) == []
    left = one(shop, 1)
    assert (left.kind, left.state, left.outcome, left.received_on) == (
        "erasure", "done", "erased", date(2026, 11, 2),
    )  # fmt: skip
    assert left.content is None
    assert left.subject.hex in erasure.marks, "the keyed hash matches the mark of the record"


def test_a_restore_keeps_requests_and_empties_those_of_the_erased_again(home: Path, tmp_path: Path) -> None:
    with shop_in(home) as shop:
        trade(shop)
        hers, his = ask(shop, PHILIPPA, "erasure"), ask(shop, OMAR, "access")
        backup(shop.store, tmp_path / "backup")
        philippa = shop.profile_of(PHILIPPA)
        assert philippa is not None
        forget(shop.store, shop.vault, philippa, actor="user:officer")
        register = Register(shop.store.home).path
        shutil.move(register, tmp_path / "register.jsonl")
    with opened(tmp_path / "other") as store:
        restore(store, tmp_path / "backup", register=tmp_path / "register.jsonl")
        shop = Shop(store)
        again, kept = one(shop, hers.no), one(shop, his.no)
        assert (again.state, again.outcome, again.content, again.profile_id) == ("done", "erased", None, None)
        assert again.subject == hers.subject
        assert kept == his
        assert kept.content is not None
        assert kept.content.wording == LETTER
        assert shop.verify().differences == []
