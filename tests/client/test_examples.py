"""The examples do what they say, and the page shows them as they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.client import Client
from tests.sdk.site import Shop, Site

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*.py"))
PAGE = (ROOT / "docs/how-to/use-the-python-client.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
WHOLE = {path.read_text(encoding="utf-8"): path.name for path in EXAMPLES}
SECONDS_MAX = 60


def run(site: Site, shop: Shop, *line: str) -> subprocess.CompletedProcess[str]:
    """An example, as its reader would run it."""
    place = {"SHOP_URL": site.url, "SHOP_KEY": shop.key, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-W", "error", *line]
    return subprocess.run(
        command,
        cwd=ROOT / "examples",
        env={**os.environ, **place},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def test_a_till_sends_a_sale_and_its_customer_is_found(site: Site, shop: Shop) -> None:
    assert run(site, shop, "look_up.py", "jane@example.com").stderr == "Nobody has this e-mail.\n"
    assert run(site, shop, "send_sales.py").stdout == "1 taken, 0 sent before\n"
    assert run(site, shop, "send_sales.py").stdout == "0 taken, 1 sent before\n"
    shown = run(site, shop, "look_up.py", "jane@example.com").stdout.splitlines()
    assert shown == [
        "Jane - 1 orders",
        "Spent 8.99 GBP",
        "May be written to: no",
        "02.03.2026 sale.completed",
    ]


def test_readers_come_in_with_their_consent(site: Site, shop: Shop, client: Client) -> None:
    done = run(site, shop, "import_with_consent.py", "data/newsletter.csv")
    assert done.stdout == "4 applied, 0 duplicate, 2 rejected\n"
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["reader-n-3", "consent-n-3"]
    held = {one.profile_id: one.status for one in client.consents.list(channel="email")}
    assert list(held.values()) == ["granted", "granted"]
    assert "May be written to: yes" in run(site, shop, "look_up.py", "ravi@example.com").stdout
    again = run(site, shop, "import_with_consent.py", "data/newsletter.csv")
    assert again.stdout == "0 applied, 4 duplicate, 2 rejected\n"


def test_every_example_is_on_the_page() -> None:
    assert WHOLE
    assert [name for text, name in WHOLE.items() if text not in BLOCKS] == []


def test_the_other_code_of_the_page_runs(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    short = [block for block in BLOCKS if block not in WHOLE]
    names: dict[str, object] = {"client": client}
    for block in short:
        exec(compile(block, "use-the-python-client.md", "exec"), names)
    assert len(short) >= 4
    printed = capsys.readouterr().out
    assert "london-1 Strand" in printed
    assert "not_found" in printed
