"""Commands for trying things out: simulate sends a demo shop's webhooks, bench measures this machine."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import cyclopts

from regulars.demo.run import run_history, run_live
from regulars.demo.shop import Credentials, Shop, Vendors

from .common import show


def simulate(
    url: str = "http://127.0.0.1:8400",
    *,
    seed: int = 1,
    people: int = 2_000,
    days: float = 7.0,
    live: bool = False,
    sales_per_second: float = 1.0,
    rate: float | None = None,
    truth: Path | None = None,
    square_key: str | None = None,
    shopify_secret: str | None = None,
) -> int:
    """Send the webhooks of a simulated chain to a running program, signed as Square and Shopify sign.

    Connect the two sources first (`regulars sources add square --kind square …`).

    Parameters
    ----------
    url
        Address of the program.
    days
        Days of history to send.
    live
        Go on in real time afterwards, until stopped.
    rate
        Most deliveries a second of the history; as fast as they are taken when not given.
    truth
        CSV file that gets who is who: source,external_id,person.
    square_key
        Signature key that the source square was set up with.
    shopify_secret
        Client secret that the source shopify was set up with.
    """
    own = {"square": square_key, "shopify": shopify_secret}
    credentials = {name: Credentials(secret, "") for name, secret in own.items() if secret is not None}
    shop = Shop(seed, people=people, vendors=Vendors(public_url=url, credentials=credentials))  # type: ignore[arg-type]
    stats = asyncio.run(run_history(shop, url, days=days, rate=rate))
    print(f"{stats.accepted:,} of {stats.taken:,} deliveries accepted, {stats.refused:,} refused.")
    if truth is not None:
        with truth.open("w", newline="") as file:
            shop.truth.write_csv(file)
    if live:
        asyncio.run(run_live(shop, url, sales_per_second=sales_per_second))
    return 0 if stats.accepted else 1


def bench(
    *,
    quick: bool = False,
    only: tuple[str, ...] = (),
    keep: Path | None = None,
    retail: Path | None = None,
    labelled: Path | None = None,
    json: bool = False,
) -> int:
    """Measure this machine against the figures the program is built for, and print the table.

    Parameters
    ----------
    quick
        Small sizes; says so in the table.
    only
        Names of figures or stages; may be given several times.
    keep
        Directory whose loaded databases are kept for the next run.
    retail
        Parquet file of Online Retail II; looked for nearby when not given.
    labelled
        Folder of the labelled sets of people that matching is measured on; looked for nearby when not given.
    """
    from regulars.bench.run import Options, run_bench

    def said(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    report = run_bench(Options(quick, only, keep, retail, labelled), said)
    show(report, as_json=json, text=report.text())
    return 0


def add_to(app: cyclopts.App) -> None:
    """Register the commands."""
    app.command(simulate)
    app.command(bench)
