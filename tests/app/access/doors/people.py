"""People looked up without a record, at once."""

from app.access.doors.doors import Doors, Note
from app.access.doors.messages import Key, Looked, People, Person, Proven, Told
from app.access.doors.sessions import hash_of
from inspection.access.rights import Proof, Role
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.times.shifts import THREE_SHIFTS
from tests.fakes import EPOCH

PIN, PASSWORD = "271828", "words of one's own"
MES, MES_KEY = "MES", "the MES's own key"
PANEL_KEY = "the panel's own key"
BEN = Person(name="Ben", role=Role.QUALITY, revision=3, usable=True)
OLA = Person(name="Ola", role=Role.OPERATOR, revision=1, usable=True)


class FakeLooking:
    """Ben of quality, Ola who runs the line, and the MES's key; all have the same PIN and password."""

    def __init__(self) -> None:
        self.people: People | None = People(
            persons=(BEN, OLA), keys=(Key(name=MES, role=Role.OPERATOR, sha256=hash_of(MES_KEY)),)
        )
        self.asked: list[Looked] = []

    async def look(self, asked: Looked) -> Told:
        self.asked.append(asked)
        if self.people is None:
            return Told.refusing(say(Code.SIGN_IN_UNCHECKED))
        if asked.sign_in is None:
            return Told(people=self.people)
        who = asked.sign_in
        person = next((one for one in self.people.persons if one.name == who.user), None)
        if person is None or who.secret != (PIN if who.proof is Proof.PIN else PASSWORD):
            return Told.refusing(say(Code.SIGN_IN_WRONG, proof=who.proof), self.people)
        proven = Proven(name=person.name, role=person.role, proof=who.proof, revision=person.revision)
        return Told(people=self.people, proven=proven)

    def close(self) -> None:
        """It is nothing that could be closed."""


class Noted(list[tuple[EventKind, str, str]]):
    """What went on record: kind, by whom, in which words."""

    def __call__(self, kind: EventKind, *, by: str, detail: str = "") -> None:
        self.append((kind, by, detail))


class Seconds:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def doors_of(looking: FakeLooking, *, note: Note, seconds: Seconds, idle_s: float = 600.0) -> Doors:
    """At midnight UTC."""
    return Doors(
        looking,
        note=note,
        shifts=THREE_SHIFTS,
        now=lambda: EPOCH,
        idle_s=idle_s,
        panel=hash_of(PANEL_KEY),
        monotonic=seconds,
    )
