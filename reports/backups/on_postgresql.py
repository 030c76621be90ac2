"""A record on PostgreSQL: its own tools copy it, and the words here say how."""

import shlex
from pathlib import Path

from inspection.errors import StoreError
from reports.database.connecting import parse_url
from reports.settings import StoreSettings


def refuse_postgresql(settings: StoreSettings) -> None:
    """Refuse to copy a record on a server, with the commands that do it for this station.

    Raises:
        StoreError: The record is no SQLite, or its URL cannot be used.
    """
    url = parse_url(settings.url)
    if url.get_backend_name() == "sqlite":
        return
    server = url.set(drivername="postgresql")._replace(password=None)
    dumped = shlex.quote(server.render_as_string())
    trial = shlex.quote(server.set(database="passgate_trial").render_as_string())
    as_record = shlex.quote(url._replace(password=None, database="passgate_trial").render_as_string())
    raise StoreError(
        "the record lies on PostgreSQL, which copies its databases itself, while they are used",
        part="nothing was copied",
        todo=(
            f"first copy what waits: cp -a {_quoted(settings.spool)} PLACE; then the database: pg_dump "
            f"--format=custom --file=PLACE/record.dump --dbname={dumped} (the password from ~/.pgpass); "
            f"then the pictures, which never change: rsync -a {_quoted(settings.pictures)} PLACE. To prove "
            f"it: createdb passgate_trial, pg_restore --no-owner --dbname={trial} PLACE/record.dump, and "
            f"PASSGATE_STORE__DATABASE_URL={as_record} passgate record verify --config FILE"
        ),
    )


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
