"""Every word the console says, in each of its languages.

A frozen dataclass per language: a word that one language lacks is a type error, not an empty label. What the
engine says (reasons, tile texts, alarms) comes as codes, whose words stand in :mod:`inspection.messages`; the
language model's own words stay in the language in which it wrote them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.console.client.asking import AskProblem
from app.console.client.replies import CommandProblem, ContactTrouble, PictureProblem
from app.console.words.alarms import AlarmWords
from app.console.words.reports import ReportWords
from app.console.words.reviews import ReviewWords
from app.console.words.signing_in import SignInWords
from inspection.decision import Action, DecidedBy, Severity
from inspection.part import MissedCause, Outcome, WithheldCause
from inspection.status import Command, Health, Mode, Subsystem


class ScreenName(StrEnum):
    """The console's screens, in the menu's order."""

    RUN = "run"
    REVIEW = "review"
    ALARMS = "alarms"
    REPORTS = "reports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. A ``{name}`` in a text is filled in by the view-model."""

    code: str
    """ISO 639-1."""
    other_language: str
    """The other language's own name: the face of the switch."""
    menu: str
    screens: Mapping[ScreenName, str]
    waiting_there: str
    """Below a screen's name in the menu: things that wait for a person there."""

    actions: Mapping[Action, str]
    """The decision, as large as it fits."""
    actions_short: Mapping[Action, str]
    not_inspected: str
    """In the decision's place."""
    not_inspected_short: str
    not_sent: str
    """In the decision's place, where the PLC never got it."""
    not_sent_short: str
    outcomes: Mapping[Outcome, str]
    outcome_open: str
    decided_by: Mapping[DecidedBy, str]
    severities: Mapping[Severity, str]
    missed_causes: Mapping[MissedCause, str]
    withheld_causes: Mapping[WithheldCause, str]
    modes: Mapping[Mode, str]
    not_ready: str
    """In the mode's place, where the station takes no part."""
    all_go_aside: str
    """In the mode's place, where it takes parts and each of them goes to a person."""
    unknown: str
    healths: Mapping[Health, str]
    subsystems: Mapping[Subsystem, str]
    commands: Mapping[Command, str]
    command_problems: Mapping[CommandProblem, str]
    contact_troubles: Mapping[ContactTrouble, str]
    picture_problems: Mapping[PictureProblem, str]
    ask_problems: Mapping[AskProblem, str]

    under_1_s: str
    seconds: str
    minutes: str
    hours: str
    days: str
    ago: str

    live: str
    waiting: str
    stale: str
    stale_short: str
    no_contact: str
    nothing_known: str
    stale_decision: str
    simulated: str
    bypassed: str
    recipe: str
    no_recipe: str

    no_part: str
    part: str
    serial: str
    lot: str
    by_code: str
    """How a serial or lot is known."""
    by_plc: str
    trigger: str
    deviation: str
    """The score and the limit that it had to keep."""
    labelled: str
    """In its place, where labelled parts say what such a score means."""
    labelled_share: str
    labelled_told: str
    """The same in a sentence: a share of which parts, and that the line's is another."""
    decided: str
    outcome: str
    reason: str
    old_part: str
    old_part_age: str
    back_to_live: str
    back_to_live_in: str
    is_live: str
    last_parts: str
    not_published: str
    withheld: str
    """In the reason's place, where the PLC never got the decision."""
    missed: str
    mismatched: str
    false_release: str

    picture_loading: str
    picture_none: str
    picture_several: str

    counts: str
    not_as_decided: str
    """Judged parts with which it did not go as was decided."""
    pending: str
    """Judged parts of which it is not known yet."""
    judged: str
    judged_since: str
    judged_since_start: str
    yield_rate: str
    missed_count: str
    late_count: str
    latency: str
    latency_limit: str

    data_age: str
    no_data: str
    no_alarms: str
    alarms_unknown: str
    alarm: str
    alarms: str
    alarms_gone: str
    """None is active, but nobody has seen these."""
    alarm_times: str

    command_sent: str
    command_accepted: str

    close: str

    review: ReviewWords
    """The words of a screen, as the next ones."""
    alarm_list: AlarmWords
    reports: ReportWords
    sign_in: SignInWords
    defects: str
    gauges: str
    unreadable: str
    in_range: str
    out_of_range: str
    as_wanted: str
    """Of a lamp's state, and of what a code holds."""
    not_as_wanted: str
    model: str
    version: str
    recorded: str
    times: str
    stages: Mapping[str, str]
    """By the names that they have in the decision's JSON (``Timings``)."""
    health: str
    details: str
    in_english: str
    """Above what there is in English alone."""
    score: str

    teach_title: str
    """The window in which a dial is clicked, from here on."""
    teach_centre: str
    teach_mark: str
    teach_value: str
    teach_more: str
    teach_zoom: str
    teach_unit: str
    teach_needle: str
    teach_second: str
    teach_auto: str
    teach_unfit: str
    teach_undo: str
    teach_done: str
