"""The only place with SQL. Functions take an open connection, so that a caller decides what is one transaction."""

from core.database.engine import Database, open_database

__all__ = ["Database", "open_database"]
