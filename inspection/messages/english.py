"""The sentence of each code in English. It is what logs, records and the command line have, too."""

from collections.abc import Mapping
from typing import Final

from inspection.messages.alarms import ALARMS_ENGLISH
from inspection.messages.challenge import CHALLENGE_ENGLISH
from inspection.messages.codes import Code
from inspection.messages.english_people import PEOPLE
from inspection.messages.reviews import REVIEWS_ENGLISH

ENGLISH_SENTENCES: Final[Mapping[str, str]] = {
    **CHALLENGE_ENGLISH,
    **ALARMS_ENGLISH,
    # --- whether the station takes parts ----------------------------------------------------------------
    Code.ENGINE_STOPPING: "the engine is being stopped",
    Code.HELD_BY: "held by {by:who} since {since}",
    Code.HELD_AT_START: "held at start, by the settings",
    Code.TAKES_NO_PART: "takes no part",
    Code.RECORD_FULL: "takes no part: the record is full",
    Code.RECORD_BEHIND: "takes no part until what happened is on record",
    Code.CROWDED: "closes parts that have no outcome: {open} are open, {most} may be",
    Code.LATE_WORK: "takes no part until a camera, a gauge's reader or the model has finished late work",
    Code.WAITS_FOR_PLC: "waits for the PLC",
    Code.BYPASS_WAS_TURNED: "its bypass key was turned when it was read last",
    Code.BYPASS_TURNED: "the PLC's bypass key is turned: no part is inspected",
    Code.NOT_ENABLED: "the PLC has not enabled the station",
    Code.COUNTING_MISSED: "takes no part until the missed ones are on record",
    Code.NO_CAMERA: "no camera, every part goes to manual review",
    Code.MODEL_FAILS: "the model fails, parts go to manual review",
    Code.EVERY_PART_TO_REVIEW: "{cause}, every part goes to manual review",
    Code.LAST_PICTURE_NOT_KEPT: "the last picture could not be kept",
    # --- tiles ------------------------------------------------------------------------------------------
    Code.NO_CONNECTION: "no connection to the PLC",
    Code.PLC_SILENT: "the PLC does not answer",
    Code.BYPASSED: "bypass key turned: no part is inspected",
    Code.RECORDING_MISSED: "recording missed parts: takes none meanwhile",
    Code.BELT_SPEED: "belt {speed_mm_s} mm/s",
    Code.NO_PICTURE_YET: "no picture yet",
    Code.CAMERAS: "{cameras:term}",
    Code.MODEL_RUNS: "{model} {version}, {cause}",
    Code.NOBODY_NAMES: "nobody can name {types:term}",
    Code.NO_PART_YET: "no part yet",
    Code.STORE_SILENT: "has not answered for {silent_s:.0f} s",
    Code.NOTHING_RECORDS: "neither database nor spool takes records",
    Code.SPOOLED: "{spooled} wait in the spool",
    Code.ALL_DURABLE: "every record durable",
    # --- what is certified ------------------------------------------------------------------------------
    Code.CERTIFIED: "certified: at most {alpha_percent:.3g} % escapes, {sure_percent:.4g} % sure "
    "({misses} of {defective} defective parts missed), {date}",
    Code.UNCERTIFIED: "uncertified",
    Code.NO_CERTIFICATE: "no certificate was issued",
    Code.CERTIFICATE_OF_OTHER_RECIPE: "the certificate was issued for recipe {recipe} version {version}, "
    "now recipe {now_recipe} version {now_version} is in use",
    Code.CERTIFICATE_OF_OTHER_FILE: "the recipe's file changed since the certificate was issued",
    Code.CERTIFICATE_OF_OTHER_MODEL: "the model changed since the certificate was issued: it was {model}, "
    "now it is {now_model}",
    # --- what a taught threshold promises ---------------------------------------------------------------
    Code.PROMISED_OVERKILL: "of {parts} good parts like the taught ones about {about} will be rejected, "
    "{least} to {most} in 19 of 20 cases",
    Code.GROUPS_DIFFER: "the {groups} groups differ: {between_percent:.0f} % of the variance of good scores "
    "lies between them, so {pictures} pictures tell of a new group what {independent:.0f} independent "
    "ones do",
    Code.GROUPS_ALIKE: "the {groups} groups do not differ: each of the {pictures} pictures counts in full",
    Code.THRESHOLD_BEYOND: "{groups} groups are too few to tell, so the threshold lies beyond the highest "
    "good score, as far as normally distributed groups ask",
    Code.MORE_GROUPS: "to promise the {asked_percent:.3g} % that were asked, teach {needed} groups that "
    "differ like these (positions, batches, days) instead of {taught}",
    Code.HELD_UNTIL_THEN: "until then a part that scores higher than all but {asked_percent:.3g} % of the "
    "taught ones is held for a person, even below the threshold",
    Code.MORE_PICTURES: "to promise the {asked_percent:.3g} % that were asked, teach {needed} good pictures "
    "instead of {taught}",
    Code.BLUR_RAISES_SCORES: "blurred good parts score high (rank correlation {rank:.2f} over {groups} "
    "groups): sharper focus would let the threshold lie lower",
    Code.PLACE_RAISES_SCORES: "in {found} of {groups} groups the same place stands out most, "
    "{x_percent:.0f} % from the left and {y_percent:.0f} % from the top: if it may vary, a mask over it "
    "would let the threshold lie lower",
    # --- what of a recipe nobody hears ------------------------------------------------------------------
    Code.MODEL_CANNOT_NAME: "the language model cannot name {types:term}, so the reflex judges alone",
    Code.NO_MODEL_TO_NAME: "no language model judges, so nobody can name {types:term}",
    Code.ASKED_NOT_DONE: "{cause}, and what the recipe asks is not done ({asked:term})",
    Code.FOUND_TAKEN_FOR_SUCH: "{cause}, and what is found gets what such a type would get ({asked:term})",
    # --- the guard --------------------------------------------------------------------------------------
    Code.PICTURE_NOT_KEPT: "its picture could not be kept",
    Code.OTHER_PART_DECIDED: "the decision is about part {decided_part} (trigger {decided_trigger}), but "
    "part {part} (trigger {trigger}) is under the camera",
    Code.OTHER_RECIPE_DECIDED: "the decision was made by another recipe than the active one",
    Code.OTHER_RECIPE_ASKED: "the PLC asked for recipe {asked}, but recipe {active} is active",
    Code.POLICY_ASKS: "the policy asks for {action:term} on: {defects:term}",
    Code.MAY_BE_UNNAMED: "a {defect:term} may be {type:term}, which nobody can name: {action:term}",
    Code.CERTIFIED_BUT_UNSCORED: "the station is certified, but no model scored the part",
    Code.ABOVE_CERTIFIED: "defect score {score:.4g} is above {threshold:.4g}, the threshold that is "
    "certified for at most {alpha_percent:.3g} % escapes, {sure_percent:.4g} % sure ({misses} of "
    "{defective} defective parts missed)",
    Code.GAUGE_UNREADABLE: "gauge {gauge} could not be read",
    Code.GAUGES_UNREADABLE: "gauges {gauges} could not be read",
    Code.GAUGE_BELOW: "gauge {gauge} reads {value:.9g} ± {uncertainty:.2g}{unit:unit}, below its limit "
    "{limit:g}",
    Code.GAUGE_ABOVE: "gauge {gauge} reads {value:.9g} ± {uncertainty:.2g}{unit:unit}, above its limit "
    "{limit:g}",
    Code.GAUGE_IN_DOUBT: "gauge {gauge} reads {value:.9g} ± {uncertainty:.2g}{unit:unit}, too near to its "
    "limit {limit:g} to tell on which side it is",
    Code.LAMP_NOT_AS_WANTED: "lamp {gauge} is {state:term}, which is not as wanted",
    Code.CODE_NOT_AS_WANTED: "code {gauge} reads {text}, which is not as was taught",
    Code.MORE_GAUGES: "further gauges out of limits, in doubt or unread: {count}",
    Code.NOT_INSPECTED: "not inspected: {miss:term}",
    # --- why an instrument was not read -----------------------------------------------------------------
    Code.GAUGE_REASON_NOT_FOUND: "the instrument is not where it should be",
    Code.GAUGE_REASON_TWO_NEEDLES: "two needles, and nothing tells which one counts",
    Code.GAUGE_REASON_GLARE: "glare on what has to be read",
    Code.GAUGE_REASON_BLUR: "too blurred",
    Code.GAUGE_REASON_OUT_OF_SCALE: "the needle is past an end of the scale",
    Code.GAUGE_REASON_MOVED_TOO_FAR: "the instrument has moved too far from its taught place",
    Code.GAUGE_REASON_DISAGREEMENT: "ways to read it that should agree do not",
    Code.GAUGE_REASON_COVERED: "something covers it",
    Code.GAUGE_REASON_CUT_OFF: "the picture's border cuts it off",
    Code.GAUGE_REASON_TOO_SMALL: "it is too small in the picture",
    Code.GAUGE_REASON_NO_DIGITS: "no digits are seen",
    Code.GAUGE_REASON_SEGMENT_UNCLEAR: "a segment or point is neither clearly lit nor unlit",
    Code.GAUGE_REASON_NO_SUCH_DIGIT: "the lit segments form no digit",
    Code.GAUGE_REASON_WRONG_LAYOUT: "places, point or sign are not as taught",
    Code.GAUGE_REASON_UPSIDE_DOWN: "nothing tells which way up it is",
    Code.GAUGE_REASON_FLICKERS: "it flickers: the pictures do not show the same",
    Code.GAUGE_REASON_LAMP_UNCLEAR: "the lamp is neither clearly on nor off, or of no taught colour",
    Code.GAUGE_REASON_NO_CODE: "no code is seen",
    Code.GAUGE_REASON_CODE_TWICE: "more than one code in view may be meant",
    Code.GAUGE_REASON_CODE_DAMAGED: "the code is damaged",
    Code.GAUGE_REASON_CODE_UNFIT: "what the code holds is no text that can be kept",
    Code.GAUGE_REASON_WRONG_DEPTH: "the picture has another depth than the recipe was taught at",
    Code.GAUGE_REASON_LATE: "it was not read within the deadline",
    Code.GAUGE_REASON_FAILED: "the reader failed: a fault of Passgate",
    # --- what contradicts itself in the description of a dial -------------------------------------------
    Code.DIAL_VALUES_EQUAL: "two marks have values that are as good as equal: {first:g} and {second:g}",
    Code.DIAL_VALUES_DISORDERED: "the marks' values must rise or fall throughout, along the sweep",
    Code.DIAL_BEYOND_CIRCLE: "on a full circle values go from 0 to less than wraps_at ({wraps_at:g})",
    Code.DIAL_MARK_ON_CENTRE: "the mark of {value:g} lies on the centre",
    Code.DIAL_MARKS_AT_ONE_PLACE: "the marks of {first:g} and {second:g} lie at the same place of the scale, "
    "as seen from the centre",
    Code.DIAL_NOT_ONCE_ROUND: "the marks do not run once around the centre in their order",
    # --- the picture ------------------------------------------------------------------------------------
    Code.PICTURE_OTHER_DEPTH: "picture has {bits} bits, the recipe was taught at {wanted_bits}: set the "
    "camera to {wanted_bits} bits, or teach with --bit-depth {bits}",
    Code.PICTURE_OTHER_SIZE: "picture is {size}, the recipe wants {wanted}: set the camera to {wanted}",
    Code.PICTURE_FROZEN: "picture is frozen (identical to the one before): restart the camera, check its "
    "cable",
    Code.PICTURE_BLACK: "picture is black (mean {mean:.0f}, at least {wanted:.0f} wanted): check the "
    "light and the lens cap",
    Code.PICTURE_BRIGHT: "picture is blown out (mean {mean:.0f}, at most {wanted:.0f} wanted): shorten "
    "the exposure",
    Code.PICTURE_SATURATED: "picture is blown out ({white:.0%} of it white, at most {wanted:.0%} wanted): "
    "shorten the exposure",
    Code.PICTURE_FLAT: "picture is flat (contrast {contrast:.1f}, at least {wanted:.1f} wanted): clean "
    "the lens, check that a part is there",
    Code.PICTURE_BLURRED: "picture is blurred (focus {focus:.3f}, at least {wanted:.3f} wanted): focus "
    "the lens, check exposure time and belt speed",
    Code.PART_NOT_THERE: "picture shows nothing by which the part could be aligned: check that a part is "
    "there, the light and the focus",
    Code.PART_UNLIKE_TAUGHT: "part cannot be aligned (it fits the taught one by {found:.2f}, at least "
    "{wanted:.2f} wanted): look at the part",
    Code.PART_OUT_OF_PLACE: "part lies {shift:.1%} of the picture and {turn:.1f} degrees from the taught "
    "position (up to {most_shift:.1%} and {most_turn:.1f} wanted): check guide and trigger",
    Code.PICTURE_CHANNEL_DEAD: "the picture's {channel:term} channel shows nothing (contrast {contrast:.1f}, "
    "at least {wanted:.1f} wanted): check the camera's cable, pixel format and white balance",
    # --- what was seen ----------------------------------------------------------------------------------
    Code.NOTHING_UNUSUAL: "nothing that the good parts do not show (normality {normality:.2f})",
    Code.WORST_DEFECT: "{defect:term} at x {x}, y {y} on view {view}",
    Code.WORST_DEFECT_MM: "{defect:term}, {length_mm:g} mm at x {x}, y {y} on view {view}",
    Code.MORE_DEFECTS: "{cause}, and {more} more",
    Code.TOO_CLOSE: "too close to the threshold to tell",
    Code.FEW_GROUPS_TAUGHT: "less like the taught parts than is asked of good ones, and too few groups were "
    "taught to tell whether those of another group may be so",
    Code.LIKE_NO_EXAMPLE: "a defect is not clearly of a type that examples show",
    Code.NAME_RELEASES_NOTHING: "the rules let such a type pass, but a name by examples releases no part",
    Code.SEEN_AND_DECIDED: "{cause}: {action:term}",
    Code.BY_REFLEX: "by reflex",
    Code.RULES_ASK: "the rules ask for {action:term} on {defects:term}",
    Code.MODEL_LATE: "{model:term} did not answer in time",
    Code.MODEL_BROKEN: "{model:term} is broken: its state holds no numbers",
    Code.MODEL_SEES_MEMORY_NOT: "{model:term} sees {defects:term}, the memory nothing unusual",
    Code.MEMORY_SEES_MODEL_NOT: "the memory sees {cause}, {model:term} no defect",
    Code.MODEL_MILDER_THAN_ASKED: "the language model says that a defect asks for {asked:term}, and then "
    "{action:term}",
    Code.MODEL_AGAINST_ACTION_HEAD: "the language model says {action:term}, the action head would "
    "{meant:term}",
    Code.FOREIGN_NO_DECISION: "what the foreign model wrote is no decision",
    Code.FOREIGN_SEES: "the foreign model sees {defects:term}: {action:term}",
    Code.FOREIGN_AGAINST_REFLEX: "the foreign model says {action:term} and sees {defects:term}, the "
    "reflex {reflex:term}",
    # --- judging ----------------------------------------------------------------------------------------
    Code.NO_PICTURE_IN_TIME: "no picture within the deadline",
    Code.DECISION_LATE: "the decision missed the deadline",
    Code.GAUGES_LATE: "gauges were not read within the deadline: {gauges}",
    Code.GAUGE_READER_HANGS: "a gauge's reader hangs, and another one has taken over: restart the engine "
    "when the line pauses, and keep the part's picture for the maker of Passgate",
    Code.NAMES_DIFFER: "the code on the part says {field:term} {code}, the PLC says {plc}",
    Code.PLC_NAME_NOT_READ: "the PLC's words that name the part could not be read",
    Code.PLC_NAMES_NOTHING: "the PLC's words that name the part hold no name",
    Code.PICTURES_DISK_SILENT: "the disk of the pictures has not answered for {silent_s:.0f} s",
    Code.PICTURES_DISK_LATE: "the disk of the pictures did not answer within the deadline",
    Code.CHECK_DISK: "{cause}. Check that disk",
    Code.CAMERA_NOT_CONFIGURED: "the recipe's view {view} wants camera {camera}, which is not configured",
    Code.INTERNAL_ERROR: "internal error",
    # --- alarms -----------------------------------------------------------------------------------------
    Code.RECORD_LATE: "the record took {took_ms:.0f} ms, longer than the PLC waits: the part is not "
    "released. Check the disk of the record",
    Code.RECORD_SILENT: "the record has not answered for {silent_s:.0f} s",
    Code.REPORT_NOT_WRITTEN: "the report of the shift {shift} of {date} is not written, and is tried again "
    "by itself",
    Code.REPORT_TOO_SLOW: "it was not made within {limit_s:.0f} s",
    Code.REPORT_NO_ROOM: "only {free_mb:.0f} MB are free where reports are kept, and {least_mb:.0f} MB "
    "stay free",
    Code.REPORT_PROGRAM_FAILED: "the program that makes it failed (exit code {exit_code})",
    Code.RECORD_NOT_ANSWERING: "the record has not answered for {silent_s:.0f} s: no part is taken until "
    "it does, and one that waits for it is not released. Check the disk of the record",
    Code.PICTURES_SILENT: "the disk of the pictures has not answered for {silent_s:.0f} s: parts go to "
    "manual review, and are on record without pictures. Check that disk",
    Code.RECORDS_SPOOLED: "records wait in the spool",
    Code.EVENT_NOT_RECORDED: "what was done is not on record",
    Code.PARTS_NOT_INSPECTED: "the PLC triggered parts that were not inspected",
    Code.PARTS_BYPASSED: "parts went by without inspection: the PLC's bypass key was turned",
    Code.PLC_RESTARTED: "the PLC restarted",
    Code.OUTCOMES_UNKNOWN: "the PLC did not tell what became of some parts",
    Code.RELEASED_WITHOUT_PASS: "the PLC released part {part}, which has no published pass",
    Code.RECORD_LOST_ROWS: "the record has lost its newest rows: an engine (boot id {engine}) served run "
    "{run} of the PLC up to trigger {trigger}, and put on this record what is not there. If an older "
    "copy was restored, look into the newer one; if not, have it examined",
    Code.RECORD_BEGINS: "this record begins here: run {run} of the PLC was served by an engine (boot id "
    "{engine}) with another record up to trigger {trigger}. What became of those parts is not known "
    "here: look into that engine's record",
    Code.RECORD_RESTORED: "restored from the backup of {made}: {rows} rows, head {head}; {events} events, "
    "head {events_head}. What was recorded after that is not here",
    Code.PLANT_REFUSES: "the plant database takes no rows of this record from row {row} on",
    Code.PICTURES_DRIFT: "the pictures no longer look as taught (view {view}): {cause}. Parts pass still, "
    "but good ones will be rejected if it goes on",
    Code.LOOKS_DARKER: "they are darker by {percent:.0f} %, check lamp, exposure and lens",
    Code.LOOKS_BRIGHTER: "they are brighter by {percent:.0f} %, check exposure and stray light",
    Code.LOOKS_BLURRED: "they are less sharp by {percent:.0f} %, check focus, lens and vibration",
    Code.LOOKS_SHARPER: "they are sharper or noisier by {percent:.0f} %, check focus and the camera's gain",
    Code.LOOKS_MOVED: "the part lies some {shift_px:.0f} pixels elsewhere, check fixture and camera mount",
    Code.LOOKS_AS_TAUGHT: "light, focus and position are as taught, look at the parts themselves, their "
    "background and the lens",
    Code.LOOKS_NOT_KNOWN: "the recipe does not know how light, focus and position were, check all three",
    # --- commands ---------------------------------------------------------------------------------------
    Code.REFUSED: "{command:term}",
    Code.TAKING_UP_RECORD: "the station is still taking up its record",
    Code.STATION_STOPPING: "the station is stopping",
    Code.TAKES_NO_FURTHER_PART: "the station takes no further part",
    Code.NOT_ON_RECORD_YET: "not on record, so not after a restart",
    Code.TAKES_PARTS: "the station takes parts",
    Code.NOT_STARTED: "not started",
    Code.NOT_RESET: "not reset",
    Code.STILL_HALTED: "still halted: {cause}. Reset the fault at the PLC",
    Code.ALARM_CLEARED: "1 alarm cleared",
    Code.ALARMS_CLEARED: "{cleared} alarms cleared",
    Code.ALARMS_STAY: "{stay} stay until their cause is gone",
    Code.ORDER_NOT_RECORDED: "the order is not on record",
    Code.OVERTAKEN: "{by:who} said {kind:term} meanwhile",
    Code.TOO_MANY_EVENTS: "{waiting} events wait for the disk. Check the disk of the record",
    Code.DISK_NO_ANSWER: "the disk of the record did not answer within {waited_s:.0f} s. Check the disk",
    Code.COMMAND_TOO_OFTEN: "{command:term} came too often: nothing was done; wait a second",
    Code.TOO_MANY_QUESTIONS: "the engine has too many questions to answer",
    Code.ENGINE_SILENT: "the engine does not answer; the line may go on without the API",
    Code.COMMAND_UNSURE: "the engine has not answered; the command may have been carried out, or may be yet",
    # --- the PLC ----------------------------------------------------------------------------------------
    Code.SECOND_ENGINE: "another Passgate engine (boot id {other}) is at work at this PLC: this one "
    "({own}) takes no part and writes nothing that the PLC heeds. Stop one of the two, then reset with "
    "FaultReset",
    Code.SECOND_ENGINE_BRIEF: "second engine: stop one ({other})",
    Code.HEARTBEAT_STOOD: "the PLC's heartbeat stood still for {stood_ms} ms",
    Code.HEARTBEAT_TO_AND_FRO: "the PLC's heartbeat went to and fro instead of counting up for {stood_ms} ms",
    Code.HEARTBEAT_LOST: "{cause}. An open part is default-rejected by the PLC. Check that the PLC runs "
    "and the network is up, then reset with FaultReset",
    Code.HEARTBEAT_LOST_BRIEF: "PLC heartbeat lost: check, reset PLC",
    Code.COUNT_RESTARTED: "the PLC counts its triggers from 0 again (it was at {last}) under the same "
    "boot id {boot_id}: the parts of before and after have the same numbers. Parts on the belt have no "
    "known outcome. Let the PLC's program draw a new boot_id at each start, clear the belt, then reset "
    "with FaultReset",
    Code.COUNT_RESTARTED_BRIEF: "PLC restarted: clear belt, reset PLC",
    Code.MAP_EMPTY: "the PLC answers, but its line block is empty (map version 0). No part is taken. "
    "Start the PLC's program, or check line_base",
    Code.MAP_FOREIGN: "the PLC speaks map version {version}, Passgate speaks {own_version}. No part is "
    "taken. Check line_base and the PLC's program, then reset with FaultReset",
    Code.MAP_FOREIGN_BRIEF: "PLC map {version}, not {own_version}: call maintenance",
    Code.UNSENT_RESULT_TAKEN: "the PLC acknowledged a result for trigger {trigger} that it was never "
    "given. What becomes of part {part} is not Passgate's decision: find the part. Check the PLC's "
    "program, then reset with FaultReset",
    Code.UNSENT_RESULT_TAKEN_BRIEF: "unsent result taken: find part {part}",
    Code.COUNT_JUMPED: "the PLC's trigger count jumped from {before} to {now}. Up to {uncounted} parts "
    "have no record. Check the PLC's program and the parts behind the camera, then reset with FaultReset",
    Code.COUNT_JUMPED_BRIEF: "count jumped: find parts, reset PLC",
    Code.NUMBER_USED_TWICE: "the PLC shows part {part} under trigger number {trigger}, which was another "
    "part's: this part has no record and gets no result. Find it, let the PLC's program count "
    "trigger_seq up with each part_id, then reset with FaultReset",
    Code.NUMBER_USED_TWICE_BRIEF: "number used twice: find part {part}",
    Code.STATION_LAGS: "the station does not take the line's events. Open parts are default-rejected by "
    "the PLC. Restart the engine, then reset with FaultReset",
    Code.STATION_LAGS_BRIEF: "engine lags: restart it, reset PLC",
    Code.OTHER_ENGINE_REFUSED: "another Passgate engine (boot id {other}) tried to work at this PLC and "
    "refused itself: it takes no part, and this one goes on. Find out where it runs, and stop it or give "
    "it the address of its own PLC. If there is none, the PLC's program writes word 15 of the line "
    "block, which it must leave alone",
    Code.PLC_NAME_UNKNOWN: "the PLC's name {host} brings no address",
    Code.PLC_UNREACHABLE: "no connection to the PLC at {host}:{port}",
    Code.PLC_CLOSED: "the PLC closed the connection",
    Code.PLC_NO_ANSWER: "the PLC did not answer within {timeout_ms} ms",
    Code.PLC_FOREIGN_ANSWERS: "the PLC's answers come with another transaction number",
    Code.PLC_ANSWER_BROKEN: "the PLC's answer broke off and was not whole after {timeout_ms} ms",
    Code.PLC_ANSWER_GARBLED: "the PLC's answer is no Modbus, or not to what was asked",
    Code.PLC_ANSWERED_UNASKED: "an answer came that nothing was asked for",
    Code.PLC_BUSY: "the PLC is busy (Modbus exception 6); it is asked again in the next cycle",
    Code.PLC_REFUSES: "the PLC refused function {function} with Modbus exception {exception}",
    Code.PLC_TLS: "no secure connection to the PLC at {host}:{port}",
    Code.PLC_NOTICE: "the link works, and something at the PLC is not as it should be",
    # --- errors, each with its own English words as the detail ------------------------------------------
    Code.CAMERA_ERROR: "the camera gave no picture",
    Code.RECIPE_ERROR: "the recipe does not fit",
    Code.INSPECTOR_ERROR: "the model cannot be asked now",
    Code.CERTIFICATE_ERROR: "the certificate cannot be used",
    Code.POSITION_ERROR: "the part cannot be aligned",
    Code.WEIGHTS_ERROR: "weights are missing or damaged",
    Code.STORE_ERROR: "the record cannot be written or read",
    Code.RECORD_REFUSED_ERROR: "the record has refused this",
    Code.LINE_ERROR: "the PLC cannot be reached",
    Code.OTHER_ERROR: "something else",
    Code.CAMERA_NOT_OPEN: "camera {camera} is not open",
    Code.CAMERA_CONNECTING: "camera {camera} is connecting",
    Code.CAMERA_UNPROVEN: "camera {camera} has not shown yet that its pictures are fresh",
    Code.CAMERA_NOT_OPENED: "camera {camera} could not be opened",
    Code.CAMERA_NO_PICTURE: "camera {camera} gave no fresh picture within {timeout_s:g} s",
    Code.RECORDS_WAIT: "{waiting} records wait for the store",
    Code.PICTURES_WAIT: "{waiting} pictures wait for their disk already",
    Code.PICTURES_NEEDED: "the pictures take {kept_mb} MB, there is room for {limit_mb} MB, and none may go; "
    "{unsigned} wait for the signature of their shift, {unreviewed} for a review",
    Code.PICTURE_NOT_ARCHIVED: "a picture of camera {camera} cannot be archived",
    Code.MODEL_LOST: "waits for the model, which is started anew",
    Code.MODEL_NOT_STARTED: "waits for the model, which cannot be started",
    Code.DISK_FULL: "No space left on device",
    Code.DISK_READ_ONLY: "the disk may not be written",
    Code.NO_RIGHTS: "rights are missing",
    Code.FILE_GONE: "a file or folder is gone",
    Code.DISK_FAILS: "the disk fails",
    Code.DATABASE_FAILS: "the database takes no records",
    Code.SPOOL_FAILS: "the spool takes no records",
    Code.ACCESS_ERROR: "this is not permitted",
    **PEOPLE,
    **REVIEWS_ENGLISH,
}

ENGLISH_TERMS: Final[Mapping[str, str]] = {
    "before_record": "before record",
    "dont_know": "don't know",
    "not_ready": "not ready",
}
