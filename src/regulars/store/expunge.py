"""Makes what an erasure deleted vanish from the files of the database.

PostgreSQL keeps deleted rows in its pages until they are cleared, and their bytes in free space and in the
write-ahead log after that. Tables that hold keys or texts of their own are written anew while they are
small enough for that to take a moment; a larger one is cleared, and what lies in free space of its pages is
sealed still, under keys that are sealed under the master key. On the embedded server the log is emptied too.
"""

from __future__ import annotations

import psycopg
from msgspec import Struct, field
from psycopg import sql

from . import cluster
from .database import Connection, Database
from .errors import unavailable
from .opening import Store
from .queries import load_queries

REWRITE_BYTES_MAX = 64 * 1024 * 1024
"""Up to this size a table is written anew, which holds others up for about a second."""
SEGMENTS_MAX = 256
# They hold wrapped keys beside what is sealed under them, or ids that a vendor gave to customers.
_REWRITTEN = ("record", "quarantine", "answer", "outbox", "privacy_request", "approval")
_CLEARED = (
    "event",
    "webhook_attempt",
    "record_figures",
    "identifier",
    "name_word",
    "match_key",
    "crowded_key",
    "household_key",
    "promotion_code",
    "promotion_count",
    "promotion_hold",
    "promotion_sale",
    "review",
    "consent",
    "sale",
    "generic_value",
    "loyalty_account",
    "loyalty_lot",
    "loyalty_hold",
    "loyalty_earning",
    "loyalty_met",
    "loyalty_kept",
)
_QUERIES = load_queries("regulars.store", "expunge.sql")


class Expunged(Struct):
    """What was done. `log` is `emptied`, or `server` where the operator's own server keeps it as it is set up."""

    rewritten: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    log: str = "server"


def expunge(store: Store) -> Expunged:
    """Clear deleted rows out of the tables and, on the embedded server, out of the log.

    Others may work on; an open transaction of theirs that still sees the rows keeps them until it ends and
    this is repeated. Takes a second for a small database, some ten for a busy one.
    """
    done = Expunged()
    try:
        _clear_tables(store, done)
        if store.embedded is not None:
            _empty_log(store.embedded.superuser_dsn(cluster.DATABASE))
            done.log = "emptied"
    except psycopg.Error as error:
        raise unavailable(error) from error
    return done


def _clear_tables(store: Store, done: Expunged) -> None:
    owner = Database(store.database.dsn).connect_owner(wait_seconds=5.0)
    try:
        owner.execute(_QUERIES.be_patient)
        for name in _REWRITTEN:
            _rewrite(owner, name, done)
        for name in _CLEARED:
            _clear(owner, name, done)
    finally:
        owner.close()


def _rewrite(owner: Connection, name: str, done: Expunged) -> None:
    size = owner.execute(sql.SQL(_QUERIES.size).format(table=sql.Literal(name))).fetchone()
    if size is None or size[0] > REWRITE_BYTES_MAX:
        _clear(owner, name, done)
        return
    try:
        owner.execute(sql.SQL(_QUERIES.rewrite).format(table=sql.Identifier(name)))
        done.rewritten.append(name)
    except psycopg.errors.LockNotAvailable:
        _clear(owner, name, done)


def _clear(owner: Connection, name: str, done: Expunged) -> None:
    try:
        owner.execute(sql.SQL(_QUERIES.clear).format(table=sql.Identifier(name)))
        done.cleared.append(name)
    except psycopg.errors.LockNotAvailable:
        # Autovacuum or a backup holds the table; the next erasure, or autovacuum itself, clears it.
        return


def _empty_log(superuser_dsn: str) -> None:
    """Leave nothing of before in the log's files: those not needed are reused, and reused ones are written over."""
    superuser = Database(superuser_dsn).connect_owner(wait_seconds=5.0)
    try:
        superuser.execute(_QUERIES.next_segment)
        superuser.execute(_QUERIES.checkpoint)
        for _ in range(SEGMENTS_MAX):
            spare = superuser.execute(_QUERIES.spare_segments).fetchone()
            # Also once when none is left: the last of them has become the one in use.
            superuser.execute(_QUERIES.next_segment)
            if spare == (0,):
                return
    finally:
        superuser.close()
