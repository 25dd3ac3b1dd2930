"""Commands that run or look after the program: serve, demo, migrate, doctor, settings."""

from __future__ import annotations

import shutil

import cyclopts

from regulars.store.audit import verify_chain
from regulars.store.ledger_audit import audit_ledger
from regulars.store.migrate import pending, sql_text
from regulars.store.upgrade import carry_over
from regulars.store.workspaces import list_workspaces

from .common import Home, Host, Port, opened, settings, show

DISK_FREE_MIN_BYTES = 512 * 1024 * 1024


def serve(*, home: Home = None, host: Host = None, port: Port = None) -> int:
    """Start the program, without a demo, and serve until stopped."""
    from .serving import serve as serve_until_stopped

    serve_until_stopped(settings(home=home, host=host, port=port).settings)
    return 0


def demo(
    *,
    home: Home = None,
    host: Host = None,
    port: Port = None,
    people: int = 2_000,
    days: float = 30.0,
    sales_per_second: float = 1.0,
) -> int:
    """Start the program with a demo shop whose tills and web shop send signed vendor webhooks.

    Parameters
    ----------
    people
        Customers of the demo shop.
    days
        Days of history sent on the first start.
    sales_per_second
        Live sales, on average.
    """
    from .serving import serve as serve_until_stopped
    from .stage import Options, Stage

    chosen = settings(home=home, host=host, port=port).settings
    stage = Stage(chosen.home_path, chosen.base_url, Options(people, days, sales_per_second))
    serve_until_stopped(chosen, ready=stage.ready, wrap=stage.wrap)
    return 0


def migrate(*, print_sql: bool = False, home: Home = None) -> int:
    """Bring the database up to date; also carries the embedded server over a major version.

    Parameters
    ----------
    print_sql
        Print the migrations instead of running them.
    """
    if print_sql:
        print(sql_text())
        return 0
    chosen = settings(home=home).settings
    if chosen.database_url is None:
        carry_over(chosen.home_path, report=print)
    with opened(chosen) as store:
        waiting = pending(store.database)
    print("The schema is up to date." if not waiting else f"Waiting: {', '.join(waiting)}")
    return 0 if not waiting else 1


def doctor(*, json: bool = False, home: Home = None) -> int:
    """Check the database, the disk, the audit chain and the life signs of every workspace."""
    chosen = settings(home=home).settings
    found: list[dict[str, object]] = []

    def note(check: str, detail: str, *, good: bool) -> None:
        found.append({"check": check, "ok": good, "detail": detail})

    with opened(chosen) as store:
        free = shutil.disk_usage(chosen.home_path).free
        note("disk", f"{free // 1024**2:,} MiB free", good=free > DISK_FREE_MIN_BYTES)
        waiting = pending(store.database)
        note("schema", f"waiting: {', '.join(waiting)}" if waiting else "up to date", good=not waiting)
        note("master key", f"fingerprint {store.master.fingerprint()}", good=True)
        for number, name in list_workspaces(store.database):
            with store.database.session(number) as connection:
                lines, broken = verify_chain(connection, number)
                note(
                    f"audit chain of {name}",
                    f"{lines} lines verified" if broken is None else f"broken at line {broken}",
                    good=broken is None,
                )
                faults = audit_ledger(connection, number)
                off = ", ".join(f"{fault.check} {fault.count} such as {fault.example}" for fault in faults)
                note(f"points of {name}", off or "the books balance", good=not faults)
    text = "\n".join(f"{'ok  ' if f['ok'] else 'BAD '} {f['check']}: {f['detail']}" for f in found)
    show(found, as_json=json, text=text)
    return 0 if all(f["ok"] for f in found) else 1


def show_settings(*, json: bool = False) -> int:
    """Print every setting with its value and where it comes from."""
    rows = settings().rows()
    width = max(len(name) for name, _, _ in rows)
    text = "\n".join(f"{name:<{width}}  {value}  ({origin})" for name, value, origin in rows)
    show([{"name": n, "value": v, "origin": o} for n, v, o in rows], as_json=json, text=text)
    return 0


def add_to(app: cyclopts.App) -> None:
    """Register the commands."""
    app.command(serve)
    app.command(demo)
    app.command(migrate)
    app.command(doctor)
    app.command(show_settings, name="settings")
