"""Who is at the station of these tests, and what they do."""

import sqlite3
from contextlib import closing

from app.access.accounts import Accounts
from app.access.signing_in import SignedIn
from inspection.access.rights import Proof
from inspection.events import Event
from inspection.part import Inspection
from reports.settings import StoreSettings
from reports.store.store import SqlStore

ANNA, ANNAS = "Anna Müller", "Anna's own three words"
BEN, BENS, BENS_PIN = "Ben", "Ben's own three words", "271828"
GIVEN = "to begin with, once"


def sign_in(accounts: Accounts, name: str, secret: str, proof: Proof = Proof.PASSWORD) -> SignedIn:
    return accounts.sign_in(name, secret, proof=proof)


def events(settings: StoreSettings) -> list[Event]:
    """All events but the first, that the record began."""
    with closing(sqlite3.connect(settings.folder / "inspections.db")) as connection:
        rows = connection.execute("SELECT record FROM events ORDER BY position").fetchall()
    return [Event.model_validate_json(record) for (record,) in rows][1:]


def kinds(settings: StoreSettings) -> list[str]:
    return [event.kind.value for event in events(settings)]


def on_record(settings: StoreSettings, *parts: Inspection) -> None:
    """Put parts on record, as the station does."""
    store = SqlStore(settings)
    store.open()
    for part in parts:
        store.append(part)
    store.close()
