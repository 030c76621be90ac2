"""Which error code the vision block shows, and until when. No I/O.

A code is shown at least until the PLC has acknowledged it, so that a fault that comes and goes between two
scans of the PLC is not missed. ``error_ack`` acknowledges a code by *becoming* equal to it after the code was
shown; one that merely still stands there from last time does not. The simplest PLC copies ``error_code`` into
``error_ack`` in every scan, 0 included. FaultReset and Enable 0→1 acknowledge everything, for a PLC that has
no ``error_ack``. Acknowledging mends nothing: a fault that is still there stays shown, and so does Fault.
"""

from typing import Final

MAX_UNACKNOWLEDGED: Final = 16
"""Past codes that wait to be shown; beyond that the oldest is dropped: the station has its alarm."""


class ErrorDisplay:
    """The error codes of one line: present ones, and past ones that nobody has acknowledged."""

    def __init__(self) -> None:
        self._present: tuple[int, ...] = ()
        self._unacknowledged: dict[int, bool] = {}
        """Oldest first; True once it was shown."""
        self._ack: int | None = None

    def set_present(self, *codes: int) -> None:
        """The faults that are there now, worst first; 0 for none is skipped."""
        present = tuple(code for code in codes if code)
        for code in present:
            if code not in self._present:
                # Raised anew: its turn comes anew.
                self._unacknowledged.pop(code, None)
                self._unacknowledged[code] = False
        self._present = present
        while len(self._unacknowledged) > MAX_UNACKNOWLEDGED:
            del self._unacknowledged[next(iter(self._unacknowledged))]

    def show(self) -> int:
        """The code for the image that is being made; 0 for none.

        Present ones come before past ones, and among them those that nobody has acknowledged.
        """
        waiting = [code for code in self._present if code in self._unacknowledged]
        code = next(iter([*waiting, *self._present, *self._unacknowledged]), 0)
        if code in self._unacknowledged:
            self._unacknowledged[code] = True
        return code

    def take_acknowledgement(self, error_ack: int) -> None:
        """The PLC's ``error_ack`` as just read."""
        came, self._ack = self._ack is not None and error_ack != self._ack, error_ack
        if came and self._unacknowledged.get(error_ack, False):
            del self._unacknowledged[error_ack]

    def forget_acknowledgement(self) -> None:
        """Another run of the PLC: what its word shows first is no acknowledgement."""
        self._ack = None

    def acknowledge_all(self) -> None:
        """FaultReset."""
        self._unacknowledged.clear()
