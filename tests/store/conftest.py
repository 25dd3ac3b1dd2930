"""Fixtures that several tests of the store share."""

from __future__ import annotations

import pytest

from regulars.store.database import Database
from regulars.store.migrate import migrate

POLICY = "nullif(current_setting('regulars.workspace_id', true), '')::integer"


@pytest.fixture
def two_workspaces(empty_database: Database) -> Database:
    """A database with one note in each of the workspaces 1 and 2."""
    migrate(empty_database, migrations=())
    owner = empty_database.connect_owner()
    owner.execute("CREATE TABLE note (workspace_id integer, text text, PRIMARY KEY (workspace_id, text))")
    owner.execute("INSERT INTO note VALUES (1, 'one'), (2, 'two')")
    owner.execute("ALTER TABLE note ENABLE ROW LEVEL SECURITY")
    owner.execute(f"CREATE POLICY fence ON note USING (workspace_id = {POLICY})".encode())
    owner.close()
    return empty_database
