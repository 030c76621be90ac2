"""The process that puts one signature on record, ``python -m app.reporting.signing_process``.

Like the one that makes a report (``app.reporting.process``): to compare a password and to make the shift's
report, which is what is signed, takes seconds of a processor that are not the line's.
"""

import signal
import sys
from datetime import UTC, datetime

from app.access.making import make_up_to_date
from app.access.signing import ToSign, sign
from app.reporting.messages import Refused, SignWanted
from app.reporting.process import step_back
from inspection.errors import AccessError, PassgateError
from inspection.signing.shown import SignatureShown, SignedShown
from inspection.times.local_time import zone_named


def main() -> None:
    """Sign, and say so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the engine's to handle: it ends this process
    step_back()
    wanted = SignWanted.model_validate_json(sys.stdin.buffer.readline())
    answer: SignedShown | Refused
    try:
        answer = signed(wanted)
    except PassgateError as error:
        said = error.sentence
        answer = Refused(detail=said, coded=said.coded, denied=isinstance(error, AccessError))
    sys.stdout.buffer.write(answer.model_dump_json().encode() + b"\n")
    sys.stdout.buffer.flush()


def signed(wanted: SignWanted) -> SignedShown:
    """Put the signature on record.

    Raises:
        AccessError: Who signs is not who he says, may not, or something stands against it; that is on record.
        StoreError: The record cannot be read or written.
    """
    order = wanted.order
    make_up_to_date(wanted.store)
    done = sign(
        wanted.store,
        order.user,
        order.password,
        ToSign(
            wanted.shift,
            order.meaning,
            zone=zone_named(wanted.zone),
            station=wanted.station,
            reason=order.reason.strip(),
            rule_set=wanted.rule_set,
            subgroup=wanted.subgroup,
        ),
        now=lambda: datetime.now(UTC),
    )
    one = done.signature
    shown = SignatureShown(name=one.name, role=one.role, meaning=one.meaning, at=one.at, reason=one.reason)
    return SignedShown(signature=shown, nth=done.nth, report_sha256=done.shift.report_sha256)


if __name__ == "__main__":
    main()
