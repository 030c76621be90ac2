"""Alembic's entry point: runs on the connection that ``reports.database.database.migrate`` hands over."""

from alembic import context

from reports.record.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
