"""The receiver of the guide takes what is signed, once, and nothing else."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.delivery import Poster
from regulars.vocabulary.webhooks import body_of, envelope, sign, write_secret
from tests.docs.test_pages import ROOT

SECRET = write_secret(b"k" * 32)
GUIDE = ROOT / "docs" / "how-to" / "receive-webhooks.md"


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The example of the guide, running."""
    [example] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, str(GUIDE), "exec"), names)
    server = names["ThreadingHTTPServer"](("127.0.0.1", 0), names["Receiver"])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def post(url: str, secret: str) -> int | None:
    """The status of one message, signed with a secret."""
    kept = envelope("sale.recorded", {"amount_minor": 899}, id_="1", at=datetime.now(UTC))
    body = body_of(kept)

    async def send() -> int | None:
        poster = Poster(loopback=True)
        try:
            return (
                await poster.post(url, sign([secret], id_=kept["id"], at=int(time.time()), body=body), body)
            ).status
        finally:
            await poster.close()

    return asyncio.run(send())


def test_the_receiver_of_the_guide_works(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert post(url, SECRET) == 204
    assert post(url, SECRET) == 204
    assert post(url, write_secret(b"x" * 32)) == 400
    assert capsys.readouterr().out == "sale.recorded {'amount_minor': 899}\n"
