"""Alembic migrations, run by ``reports.database`` when the store opens."""
