"""``passgate review``: what people say of parts that wait for them, and of others."""

from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.secrets import ask
from app.settings.finding import find_record, find_zone
from inspection.access.rights import Proof, Right
from inspection.errors import ReviewError
from inspection.reviews.review import Answer, Verdict
from inspection.reviews.shown import PartInQueue, PartToReview, QueueState
from inspection.times.local_time import shown

if TYPE_CHECKING:
    from datetime import tzinfo

    from reports.settings import StoreSettings

cli = typer.Typer(
    help="Parts that wait for a person: which, and what people say of them. The decision stays as it was; "
    "no part is released by it: the part itself is taken from the reject bin by hand.",
    no_args_is_help=True,
)

PartArgument = Annotated[
    str, typer.Argument(metavar="PART", help="Its inspection id, or the PLC's part id: the newest of that.")
]


@cli.command(name="list")
def list_(
    is_open: Annotated[
        bool,
        typer.Option(
            "--open/--done", help="Held parts that nobody has reviewed, or parts that somebody has."
        ),
    ] = True,
    cursor: Annotated[
        int | None, typer.Option(min=0, help="Go on behind the page before, which named it.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Parts at most.")] = 20,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the held parts, the oldest first; with --done what was reviewed, the newest first."""
    from reports.queries.reviews import queue_page

    state = QueueState.OPEN if is_open else QueueState.DONE
    page = queue_page(find_record(record=record, config=config), state, cursor=cursor, limit=limit)
    if as_json:
        print_json(page)
        return
    zone = find_zone(config)
    for part in page.parts:
        typer.echo(_line(part, zone))
    typer.echo(f"{page.open} held parts are not reviewed")
    if page.cursor is not None:
        typer.echo(f"there are more: --cursor {page.cursor}")


@cli.command()
def show(
    part: PartArgument,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show a part: its decision, its pictures, and all that people have said of it."""
    found = _found(find_record(record=record, config=config), part)
    if as_json:
        print_json(found)
        return
    zone = find_zone(config)
    one = found.inspection
    decision = one.decision
    typer.echo(f"part {one.trigger.part_id} at {shown(one.trigger.seen_at, zone=zone)}: {one.inspection_id}")
    became = one.outcome.value if one.outcome else "no outcome yet"
    typer.echo(f"revision {one.revision}: {decision.action}, {became}; {decision.reason}")
    for defect in decision.defects:
        typer.echo(f"  {defect.type}, {defect.severity}, in {defect.view} at {list(defect.box)}")
    for sha256 in one.pictures:
        typer.echo(f"  picture {sha256}")
    for review in found.reviews:
        typer.echo(
            f"  review {review.position} at {shown(review.at, zone=zone)} by {review.by}: {review.said}"
        )
    if not found.reviews:
        typer.echo("  nobody has reviewed it" + ("" if found.why is None else f", and it waits: {found.why}"))


@cli.command()
def answer(
    part: PartArgument,
    verdict: Annotated[Verdict, typer.Argument(help="What it is.")],
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Somebody of quality, who says it.")],
    kind: Annotated[str, typer.Option("--type", help="Of a defect: which one.")] = "",
    reason: Annotated[
        str,
        typer.Option(help="In one line; it must be given for dont_know, and against a pass, rework or stop."),
    ] = "",
    replaces: Annotated[
        int, typer.Option(min=0, help="The review that this one takes the place of, as show numbers it.")
    ] = 0,
    pin: Annotated[bool, typer.Option("--pin", help="Ask for his PIN instead of his password.")] = False,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Say of a part what it is; on record with who and when. Asks for the password or PIN of --user."""
    from app.access.accounts import Accounts
    from app.access.making import make_up_to_date
    from app.access.reviewing import answer_part

    settings = find_record(record=record, config=config)
    found = _found(settings, part).inspection
    said = _answer(verdict, kind.strip(), reason.strip(), found.revision, replaces)
    make_up_to_date(settings)
    accounts = Accounts(settings)
    proof = Proof.PIN if pin else Proof.PASSWORD
    signed = accounts.sign_in(user, ask(f"{proof} of {user}"), proof=proof)
    accounts.require(Right.REVIEW, by=signed)
    review = answer_part(settings, found.inspection_id, said, by=signed.name)
    if as_json:
        print_json(review)
    else:
        typer.echo(
            f"part {review.part_id}: {review.said}, by {review.by}; on record as review {review.position}"
        )


def _answer(verdict: Verdict, kind: str, reason: str, revision: int, replaces: int) -> Answer:
    try:
        return Answer(verdict=verdict, type=kind, reason=reason, revision=revision, replaces=replaces)
    except ValidationError as error:
        (first, *_) = error.errors()
        what = str(first["msg"]).removeprefix("Value error, ")
        raise ReviewError(f"this is no review: {what}", todo="say it anew; nothing was changed") from error


def _found(settings: "StoreSettings", part: str) -> PartToReview:
    """The part that is meant. Raises ReviewError where there is none."""
    from reports.queries.reviews import part_to_review, parts_named

    if part.isdecimal() and len(part) <= 10:
        named = parts_named(settings, int(part), limit=1).parts
        part = named[0].inspection_id if named else part
    return part_to_review(settings, part)


def _line(part: PartInQueue, zone: "tzinfo | None") -> str:
    why = [part.why.value] if part.why is not None else []
    said = ", ".join([part.action.value, *why, *part.defects])
    review = "" if part.review is None else f"; {part.review.said}, by {part.review.by}"
    seen = shown(part.seen_at, zone=zone)
    return f"part {part.part_id} at {seen}: {said}{review}; {part.inspection_id}"
