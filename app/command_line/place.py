"""Where the record lies: the options of every command that reads one, for ``find_record``."""

from pathlib import Path
from typing import Annotated

import typer

RecordOption = Annotated[
    Path | None, typer.Option("--record", help="The record's folder; goes before --config.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The station's TOML file: its record. Without: PASSGATE_STORE__FOLDER, or the usual folder.",
    ),
]
