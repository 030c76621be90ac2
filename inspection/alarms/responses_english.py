"""What each alarm means and what to do, in English."""

from collections.abc import Mapping
from typing import Final

from inspection.alarms.catalogue import AlarmCode

ENGLISH_RESPONSES: Final[Mapping[AlarmCode, tuple[str, str]]] = {
    AlarmCode.LINE_HALTED: (
        "The line is halted and takes no part until somebody has looked.",
        "Do what the text says, look at the parts behind the camera, then press reset at the PLC.",
    ),
    AlarmCode.PARTS_MISSED: (
        "Parts went by that nobody inspected. They went aside, and are on record as missed.",
        "Inspect them by hand. If it comes again, call maintenance.",
    ),
    AlarmCode.PLC_RESTARTED: (
        "The PLC has started anew. What was on the belt then cannot be told apart.",
        "Take the parts behind the camera off as not inspected.",
    ),
    AlarmCode.SECOND_ENGINE: (
        "Another Passgate wanted to work at this PLC and refused itself. This one goes on as before.",
        "Call maintenance: the other one has the wrong address, or runs twice.",
    ),
    AlarmCode.NO_PICTURE: (
        "The camera gives no picture: every part goes to a person.",
        "Check the camera's cable and power. If it stays, call maintenance.",
    ),
    AlarmCode.BAD_PICTURE: (
        "A picture was not fit to be judged: its part goes to a person.",
        "Check light, lens, focus and the camera's cable.",
    ),
    AlarmCode.PICTURES_DRIFT: (
        "Parts still pass, but their pictures no longer look as taught; good parts may be rejected soon.",
        "Check what the text names: lamp, exposure, focus, lens, fixture. Then call the quality engineer.",
    ),
    AlarmCode.INSPECTION_FAILED: (
        "The model could not judge: parts go to a person.",
        "Wait some seconds, since it is started anew by itself. If it stays, call maintenance.",
    ),
    AlarmCode.INSPECTION_LATE: (
        "A decision missed its deadline: its part was not released.",
        "If it comes again, call the quality engineer.",
    ),
    AlarmCode.TYPES_UNHEARD: (
        "The recipe asks for defect types that this model cannot name.",
        "Call the quality engineer: the recipe's policy, or the model, has to change.",
    ),
    AlarmCode.GAUGES_LATE: (
        "Gauges were not read in time: the part goes to a person.",
        "If it comes again, call the quality engineer. Where a reader hangs, restart the engine in a pause.",
    ),
    AlarmCode.NOT_RECORDED: (
        "What happens does not come on record, so the line takes no part.",
        "Check the disk of the record: room, rights, cable. The line goes on by itself.",
    ),
    AlarmCode.PICTURE_NOT_KEPT: (
        "A picture is not in the archive: its part goes to a person.",
        "Make room on the disk of the record; where it does not answer, check that disk.",
    ),
    AlarmCode.STORE_DEGRADED: (
        "Records wait in the spool on disk, since the database takes none. Nothing is lost so far.",
        "Check the database and its disk before the spool is full too: then no part is taken.",
    ),
    AlarmCode.RECORD_LATE: (
        "A record took longer than the part could wait: that part was not released.",
        "If it comes again, check what else uses the disk of the record.",
    ),
    AlarmCode.RECORD_BEGAN: (
        "The record begins here: what was before it is not in it.",
        "If this record is not new, call maintenance: it may be the wrong folder or an old backup.",
    ),
    AlarmCode.PICTURES_NOT_RETIRED: (
        "Old pictures cannot be deleted, so the disk fills up.",
        "Have the shifts signed that are over. If it stays, call maintenance.",
    ),
    AlarmCode.PICTURES_SILENT: (
        "The disk of the pictures does not answer: parts go to a person and are on record without pictures.",
        "Check that disk, or the network to it.",
    ),
    AlarmCode.RECORD_NOT_KEPT_UP: (
        "The record's own housekeeping fails; parts are recorded all the same.",
        "Check rights and room of the record's folder, as the text says. Where it says that the record is "
        "broken, call quality.",
    ),
    AlarmCode.REPORT_NOT_WRITTEN: (
        "A shift is over, and its report could not be written. Its figures are on record.",
        "Mend what the text names; passgate report shift makes it by hand.",
    ),
    AlarmCode.PLANT_REFUSES: (
        "The plant database does not take a row; everything behind it waits here. Nothing is lost.",
        "Call maintenance: passgate sync status says which row, and why.",
    ),
    AlarmCode.RELEASED_WITHOUT_PASS: (
        "The PLC released a part that Passgate did not pass.",
        "Take that part off the line and call maintenance. Reset only then.",
    ),
    AlarmCode.OUTCOME_UNKNOWN: (
        "The PLC did not tell what became of some parts.",
        "Look for them: they are unconfirmed in the list of the last parts.",
    ),
    AlarmCode.INTERNAL: (
        "A fault of Passgate's own; the part that it met goes to a person.",
        "Keep the log and call maintenance. If it comes again, hold the line.",
    ),
    AlarmCode.CHALLENGE_DUE: (
        "Known parts must show that the station still sees. No part passes until they have.",
        "Clear the belt and have the challenge started.",
    ),
    AlarmCode.CHALLENGE_OVERDUE: (
        "The challenge was due for too long. No part passes.",
        "Clear the belt, have the challenge run, and call quality where it says so.",
    ),
    AlarmCode.CHALLENGE_FAILED: (
        "A known part did not get what it must: the station does not see what it should. No part passes.",
        "Hold back what passed since the last challenge, and call the quality engineer.",
    ),
}
