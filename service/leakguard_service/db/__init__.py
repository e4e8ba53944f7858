"""The database: tables, connections to it, migrations."""
