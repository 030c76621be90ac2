"""The sentences about people, their rights and their signatures in English."""

from collections.abc import Mapping
from typing import Final

from inspection.messages.codes import Code

PEOPLE: Final[Mapping[str, str]] = {
    Code.USER_ADDED: "{user} was added as {role:term}",
    Code.FIRST_ADMINISTRATOR: "{user} was added as the first administrator, on the machine, by login {login}",
    Code.USER_DISABLED: "{user} was disabled",
    Code.ROLE_CHANGED: "{user} is {role:term} now, and was {before:term}",
    Code.PASSWORD_CHOSEN: "{user} has chosen a password",
    Code.PASSWORD_GIVEN: "{user} was given a password, to be replaced by one of his own; the PIN is void",
    Code.PIN_CHOSEN: "{user} has chosen a PIN",
    Code.SIGNED_IN: "signed in by {proof:term}",
    Code.SIGN_IN_WRONG: "the name or the {proof:term} is wrong",
    Code.SIGN_IN_DISABLED: "{user} is disabled",
    Code.SIGN_IN_LOCKED: "locked after {failures} failed sign-ins, for {wait_s} s",
    Code.PIN_USED_UP: "the PIN opens nothing after {failures} failed sign-ins, until the password has",
    Code.PASSWORD_NOT_OWN: "the password was given by somebody else: choose one of your own first",
    Code.RIGHT_MISSING: "{user}, {role:term}, has no right to this by {proof:term}",
    Code.SIGNED_IN_AT: "signed in by {proof:term} at {client:who}",
    Code.SIGNED_OUT: "signed out",
    Code.SIGNED_OUT_IDLE: "signed out by the station, after {idle_s:.0f} s without a touch",
    Code.SIGNED_OUT_SHIFT: "signed out by the station, at the end of the shift",
    Code.SIGNED_OUT_CHANGED: "signed out by the station: what the record says of this user has changed",
    Code.SIGNED_OUT_CROWDED: "signed out by the station: too many are signed in, this one idle longest",
    Code.SIGN_INS_CROWDED: "too many sign-ins at once: nothing was looked at; wait {wait_s:.0f} s",
    Code.SIGN_IN_UNCHECKED: "nobody can be signed in now: users cannot be looked up in the record",
    Code.ASKED_TOO_OFTEN: "this was asked too often: nothing was done; wait a moment",
    Code.NOT_SIGNED_IN: "nobody has signed in, and no key was given",
    Code.CREDENTIAL_UNKNOWN: "the sign-in has ended, or the key is not known here: sign in again",
    Code.PERSON_NEEDED: "somebody who may do this must sign in first",
    Code.KEY_RIGHT_MISSING: "the key {key} has no right to this",
    Code.KEY_ADDED: "a program was given the key {key}, as {role:term}",
    Code.KEY_REVOKED: "the key {key} opens nothing any more",
    Code.PANEL_KEY_MADE: "the console on the station's machine was given a key",
    Code.SHIFT_CLOSED: "the figures of shift {shift} of {date} stand: SHA-256 {sha256}",
    Code.REPORT_SIGNED: "{user}, {role:term}, signed the report of shift {shift} of {date} as {meaning:term}",
    Code.NOT_SIGNED: "the report of shift {shift} of {date} was not signed as {meaning:term}",
    Code.SHIFT_RUNS: "by the clock, which shows {now}, the shift runs until {end}",
    Code.SHIFT_UNPROVEN: "its rows cannot be proven, the record is broken",
    Code.SHIFT_WAITS: "records wait in the spool, or cannot be read there",
    Code.SHIFT_OPEN: "{n} parts have no outcome yet: {parts}",
    Code.SHIFT_UNCONFIRMED: "of {n} parts nobody knows what became: {parts}",
    Code.SHIFT_LEFT_OUT: "the clock was set back, and {n} of its parts lie outside its time",
    Code.SHIFT_OVERLAPS: "shift {other} of {other_date}, which lies over it, is signed",
    Code.SIGNED_ALREADY: "{user} has signed it as {meaning:term} already",
    Code.SIGNS_OWN: "{user} has signed it as {before:term}, and nobody reviews or approves what he has "
    "written while a second person may",
    Code.ADDED_SINCE: "{n} records were added since it was first signed, of: {parts}",
    Code.CLOCK_BEFORE: "the clock shows {now}, and the signature before was given at {before}",
}
