"""Alembic's entry point: runs on the connection that ``reports.plant.preparing`` hands over."""

from alembic import context

from reports.plant.versions import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True, **VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
