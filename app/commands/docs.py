"""``passgate docs``: what in ``docs/`` is made by a command."""

import io
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

from app.command_line.output import JsonFlag, print_json
from app.command_line.writable import refuse_unwritable
from app.progress import screen

cli = typer.Typer(help="Make the documentation's pictures.", no_args_is_help=True)

SIZES = {"": (1280, 800), "-large": (1920, 1080)}
PARTS = 24
DOTS_PER_INCH = 84


@cli.command()
def screenshots(
    folder: Annotated[Path, typer.Option(help="Where the PNG files go.")] = Path("docs/screens"),
    seed: Annotated[int, typer.Option(min=0, help="Of the simulated parts.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Run the demo line and photograph the Run screen of what really happened, in both languages."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.console.main import screenshot
    from app.demo.screenshots import run_line

    refuse_unwritable(folder / "run.png")
    folder.mkdir(parents=True, exist_ok=True)
    status, picture = run_line(parts=PARTS, seed=seed)
    files = []
    for language in ("en", "zh"):
        for suffix, size in SIZES.items():
            path = folder / f"run-{language}{suffix}.png"
            screenshot(path, size=size, language=language, status=status, picture=picture)
            screen.print(f"{path} {size[0]} x {size[1]}")
            files.append(str(path))
    if as_json:
        print_json({"files": files})


@cli.command("report")
def report_pages(
    folder: Annotated[Path, typer.Option(help="Where the PNG files go.")] = Path("docs/report"),
    as_json: JsonFlag = False,
) -> None:
    """Print the report of a made-up shift in which everything happens: each page, in both languages."""
    from app.demo.made_up_shift import SHIFT, STATION, ZONE, made_up_shift
    from reports.database.connecting import open_reader
    from reports.shift.document.as_pdf import to_pages
    from reports.shift.document.kinds import Language
    from reports.shift.document.report import shift_report
    from reports.shift.document.words.words import Words

    refuse_unwritable(folder / "en-1.png")
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with tempfile.TemporaryDirectory() as record:
        settings = made_up_shift(Path(record))
        reader = open_reader(settings.url)
        try:
            report = shift_report(reader, start=SHIFT.start, end=SHIFT.end, shift=SHIFT, station=STATION)
        finally:
            reader.dispose()
        for language in Language:
            pages = to_pages(
                report, Words(language), zone=ZONE, archive=settings.pictures, dots_per_inch=DOTS_PER_INCH
            )
            for number, page in enumerate(pages, start=1):
                path = folder / f"{language}-{number}.png"
                with Image.open(io.BytesIO(page)) as picture:
                    shown = picture.convert("RGB").quantize(method=Image.Quantize.MAXCOVERAGE)
                    shown.save(path, optimize=True)
                screen.print(str(path))
                files.append(str(path))
    if as_json:
        print_json({"files": files})
