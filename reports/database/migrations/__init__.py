"""Alembic migrations, run by ``reports.database.database`` when the store opens."""
