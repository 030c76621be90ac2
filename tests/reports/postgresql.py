"""A real PostgreSQL for the tests: a server of their own, and a database for each."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from reports.settings import StoreSettings

USER = "passgate"
MISSING = "PostgreSQL is not installed (apt-get install postgresql-15)"


def _program(name: str) -> str | None:
    """Where a server's program lies; Debian keeps those of each version in a folder of its own."""
    newest_first = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or next(map(str, newest_first), None)


class Server:
    """A PostgreSQL in ``folder``, reached by a socket there: it listens to no network.

    It does not wait for its disk, which the tests of other things need not pay for: it survives the death of
    any process, and not that of the machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: set[str] = set()
        # PostgreSQL does not run as root, and the one who runs it must be able to enter its folder.
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
        self._run(
            *("initdb", "--pgdata", "data", "--username", USER, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
        )
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{folder}'",
            "fsync": "off",
            "autovacuum": "off",  # it would hold locks on tables of the next test
            "timezone": "'Asia/Kathmandu'",  # what is written and read does not hang on it
        }
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        self.start()

    def start(self) -> None:
        self._run("pg_ctl", "start", "--pgdata", "data", "--wait", "--silent", "--log", "log")

    def stop(self) -> None:
        """As kill -9 would: connections break off, and what was not committed is gone."""
        self._run("pg_ctl", "stop", "--pgdata", "data", "--wait", "--silent", "--mode", "immediate")

    def emptied(self, database: str = "tested", options: str = "") -> str:
        """The URL of a database in which nothing is, and which nobody uses any more."""
        if database not in self._made:
            _execute(self.folder, f"CREATE DATABASE {database} {options}")
            self._made.add(database)
        _execute(self.folder, _end_connections(database))
        _execute(self.folder, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", database=database)
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """As its administrator, each statement by itself."""
        _execute(self.folder, *statements, database=database)

    def _run(self, name: str, *arguments: str) -> None:
        program = _program(name)
        assert program is not None, MISSING
        subprocess.run(
            [program, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
            env={"LC_ALL": "C"},
            **self._as_user,
        )


@contextmanager
def shut_out(settings: StoreSettings) -> Iterator[None]:
    """Connections to the tests' database break off, and no new one comes about."""
    _alter(settings, "ALLOW_CONNECTIONS false")
    try:
        yield
    finally:
        _alter(settings, "ALLOW_CONNECTIONS true")


@contextmanager
def standing_by(settings: StoreSettings) -> Iterator[None]:
    """Connections to the tests' database break off; new ones can only read, as those to a standby."""
    _alter(settings, "SET default_transaction_read_only = on")
    try:
        yield
    finally:
        _alter(settings, "RESET default_transaction_read_only")


def _alter(settings: StoreSettings, change: str) -> None:
    url = make_url(settings.url)
    database = str(url.database)
    _execute(str(url.query["host"]), f"ALTER DATABASE {database} {change}", _end_connections(database))


def _end_connections(database: str) -> str:
    return (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        f" WHERE pid <> pg_backend_pid() AND datname = '{database}'"
    )


def _execute(folder: Path | str, *statements: str, database: str = "postgres") -> None:
    """As the administrator of the server in ``folder``, each statement by itself."""
    with psycopg.connect(host=str(folder), user=USER, dbname=database, autocommit=True) as one:
        for statement in statements:
            one.execute(statement.encode())


@contextmanager
def running() -> Iterator[Server]:
    """A server that is gone afterwards, with all that it held. Without a PostgreSQL the test skips."""
    if _program("initdb") is None:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # not pytest's: a socket's path holds about 100 characters
    try:
        server = Server(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


on_both = pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)
"""Of tests that use ``settings``, or what hangs on it: once for each kind of database."""
