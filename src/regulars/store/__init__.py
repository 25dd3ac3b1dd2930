"""The only part that talks to PostgreSQL: connections, named queries, migrations, the embedded server."""
