"""Alembic's entry point: upgrades the connection that `core.database.engine` hands over."""

from alembic import context

from core.database.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
    if look := context.config.attributes.get("before_commit"):
        look()
connection.commit()
