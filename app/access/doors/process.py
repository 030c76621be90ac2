"""The process that looks people up, ``python -m app.access.doors.process``. The engine starts it.

A password takes a tenth of a second of a processor and 64 MB to compare: beside the line, at the lowest
priority. It is told where the record lies in one line of JSON, then asked a line at a time; it ends when its
stdin does, so with the engine.
"""

import os
import signal
import sys
from datetime import UTC, datetime
from typing import Final

import psutil

from app.access.doors.messages import Key, Looked, People, Person, Proven, Told
from app.access.keys import read_keys
from app.access.passwords import Hashing
from app.access.recording import PeoplesRecord
from app.access.signing_in import sign_in
from inspection.errors import AccessError, StoreError
from reports.record.users.on_record import read_users
from reports.settings import StoreSettings

NICENESS: Final = 19
"""The last to get a processor."""


def main() -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the engine's to handle: it ends this process
    if sys.platform == "win32":
        psutil.Process().nice(psutil.IDLE_PRIORITY_CLASS)
    else:
        os.nice(NICENESS)
    settings = StoreSettings.model_validate_json(sys.stdin.buffer.readline())
    record, hashing = PeoplesRecord(settings, now=lambda: datetime.now(UTC)), Hashing()
    for line in sys.stdin.buffer:
        answer = look(record, hashing, Looked.model_validate_json(line))
        sys.stdout.buffer.write(answer.model_dump_json().encode() + b"\n")
        sys.stdout.buffer.flush()


def look(record: PeoplesRecord, hashing: Hashing, asked: Looked) -> Told:
    """Whether it is he, which is on record by then; and who there is."""
    proven: Proven | None = None
    try:
        if asked.sign_in is not None:
            who = asked.sign_in
            signed = sign_in(record, hashing, who.user, who.secret, proof=who.proof, client=asked.client)
        people = people_on(record)
    except AccessError as error:
        return Told.refusing(error.what_happened)  # what to do about it is said to who types commands
    except StoreError as error:
        return Told.refusing(error.sentence)
    if asked.sign_in is not None:
        revision = people.revision_of(signed.name)
        if revision is None:  # changed between the two looks
            return Told(people=people)
        proven = Proven(name=signed.name, role=signed.role, proof=signed.proof, revision=revision)
    return Told(people=people, proven=proven)


def people_on(record: PeoplesRecord) -> People:
    """All who may be let in. Raises StoreError."""
    with record.transaction() as connection:
        users, keys = read_users(connection), read_keys(connection)
    persons = tuple(
        Person(
            name=user.name,
            role=user.role,
            revision=user.revision,
            usable=user.active and user.own_password,
        )
        for user in users.by_key.values()
    )
    return People(
        persons=persons,
        keys=tuple(Key(name=key.name, role=key.role, sha256=key.sha256) for key in keys.values()),
        any_user=bool(users.by_key or users.faults),
    )


if __name__ == "__main__":
    main()
