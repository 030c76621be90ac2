"""Alembic migrations of the plant database: a branch of their own, whose versions lie in schema ``plant``."""
