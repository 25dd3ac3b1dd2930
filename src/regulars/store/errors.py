"""What the store says when it cannot serve, and how it reads the errors of the database driver."""

from __future__ import annotations

import psycopg

from regulars.vocabulary.errors import RegularsError, TryLater

# SQLSTATE classes that blame the data of a batch: 22 data exception, 23 integrity constraint violation.
_DATA_CLASSES = ("22", "23")


class StoreUnavailable(TryLater):
    """The database does not answer now; the same call may succeed in a moment."""

    code = "store_unavailable"


class DataFault(RegularsError):
    """The database refuses the values of a batch; a smaller batch finds the culprit."""

    code = "data_fault"


class StoreMisconfigured(RegularsError):
    """The database or its files are not fit for use until somebody changes something."""

    code = "store_misconfigured"
    status = 500


class EmbeddedServerError(StoreMisconfigured):
    """The embedded PostgreSQL cannot be set up or started."""

    code = "embedded_server"


class MigrationError(StoreMisconfigured):
    """The schema cannot be brought to the wanted state; nothing of the failing file was kept."""

    code = "migration"


class MasterKeyError(StoreMisconfigured):
    """The master key is missing, too short or readable by others."""

    code = "master_key"


class QueryFileError(RegularsError):
    """A file of named queries is badly written: a fault of the program, found at start."""

    code = "query_file"


def blames_the_data(error: BaseException) -> bool:
    """True when the database refused the values themselves, so that halving the batch finds the culprit."""
    if not isinstance(error, psycopg.Error) or (error.sqlstate or "")[:2] not in _DATA_CLASSES:
        return False
    # A missing month of the event log is reported as a check violation, of no constraint in particular.
    return not (isinstance(error, psycopg.errors.CheckViolation) and error.diag.constraint_name is None)


def means_outage(error: BaseException) -> bool:
    """True when the connection or the server is at fault and the same statement may work later."""
    if isinstance(error, StoreUnavailable):
        return True
    if not isinstance(error, psycopg.Error):
        return False
    # 08 connection, 40 rollback (deadlock, serialisation), 53 resources, 55 lock not available,
    # 57 operator intervention (shutdown, crash, time-out), 58 system error.
    outage = (error.sqlstate or "")[:2] in {"08", "40", "53", "55", "57", "58"}
    # 25P03: the server ended a session that idled in a transaction.
    outage = outage or error.sqlstate == "25P03"
    return outage or (
        error.sqlstate is None and isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    )


def holds_unfit_text(error: BaseException) -> bool:
    """True when a value cannot be text or a number in the database at all: a NUL character, a number too long."""
    # 22003 out of range, 22021 and 22P05 characters; without SQLSTATE the driver refused before sending.
    unfit = {None, "22003", "22021", "22P05"}
    return isinstance(error, psycopg.DataError) and error.sqlstate in unfit


def unavailable(error: BaseException) -> StoreUnavailable:
    """Wrap a driver error. Its text may quote values, so only its class and SQLSTATE go into the message."""
    state = getattr(error, "sqlstate", None) or "no SQLSTATE"
    return StoreUnavailable(
        f"The database does not answer ({type(error).__name__}, {state}). Try again in a moment.",
        retry_after_seconds=1,
    )
