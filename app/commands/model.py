"""``passgate model``: train, measure and look at the vision-language-action models."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from app.command_line.options import refuse_beside
from app.command_line.output import JsonFlag, print_json

cli = typer.Typer(help="Models: train, evaluate, list, show; the net for displays.", no_args_is_help=True)

AdapterOption = Annotated[
    Path | None, typer.Option(help="An adapter's file; default: the one that ships with Passgate.")
]


@cli.command()
def train(
    config: Annotated[Path, typer.Option("--config", help="TOML file: data, stages, model.")],
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, even where there is a checkpoint.")
    ] = False,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Leave out lines that are no samples, and say how many.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Train an adapter in three stages; started again, it goes on from the last checkpoint."""
    from app.training.train import train_from

    result = train_from(config, fresh=fresh, skip_broken=skip_broken)
    if as_json:
        print_json(result)
    else:
        typer.echo(f"{result['adapter']} ({result['mb']} MB); losses: {result['losses']}")


@cli.command()
def evaluate(
    images: Annotated[
        Path,
        typer.Option(help="One folder a class (good, ok, gut, 良品, …: no defect), or a .jsonl of samples."),
    ],
    recipe_name: Annotated[
        str | None, typer.Option("--recipe", help="Look with the taught memory of this recipe.")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Of a .jsonl: train, val, test or all; default: test.")
    ] = None,
    teach: Annotated[
        int | None, typer.Option(min=0, help="Of a .jsonl: teach a memory on so many good training pictures.")
    ] = None,
    mm_per_pixel: Annotated[
        float | None,
        typer.Option(
            min=1e-6, max=1000.0, help="Millimetres that a pixel covers on the part; a recipe knows its own."
        ),
    ] = None,
    adapter: AdapterOption = None,
    quantization: Annotated[
        Literal["none", "nf4"] | None, typer.Option(help="Hold the base so, not as it was trained.")
    ] = None,
    dtype: Annotated[
        Literal["bfloat16", "float32"] | None, typer.Option(help="Compute in this, not as it was trained.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Judge so many pictures, drawn at random; 0: all.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Measure a model on pictures whose truth is known, beside plain baselines."""
    from app.training.evaluating import evaluate_model

    if images.suffix != ".jsonl":
        refuse_beside({"--split": split, "--teach": teach}, f"{images} is no .jsonl of samples")
    if recipe_name is not None:
        refuse_beside(
            {"--teach": teach, "--mm-per-pixel": mm_per_pixel},
            f"recipe {recipe_name!r} has a memory and a scale of its own",
        )
    result = evaluate_model(
        images,
        recipe_name=recipe_name,
        split=split or "test",
        teach=teach or 0,
        mm_per_pixel=mm_per_pixel,
        adapter=adapter,
        quantization=quantization,
        dtype=dtype,
        limit=limit,
    )
    _say(result, as_json, title=f"{result['model']} on {result['n']} pictures")


@cli.command("list")
def list_models(as_json: JsonFlag = False) -> None:
    """List the adapters that ship with Passgate."""
    from models.vla.checkpoint import CHECKPOINTS, read_header

    found = [(path, read_header(path)) for path in sorted(CHECKPOINTS.glob("*.safetensors"))]
    if as_json:
        print_json(
            {
                "models": [
                    {"name": header.name, "version": header.version, "file": str(path)}
                    for path, header in found
                ]
            }
        )
        return
    table = Table("name", "version", "MB", "base", "names")
    for path, header in found:
        layers = header.settings.language.layers
        count = len(layers) if isinstance(layers, tuple) else layers
        base = header.settings.language.base + (f", {count} layers" if count else "")
        size = f"{path.stat().st_size / 1e6:.1f}"
        table.add_row(header.name, header.version, size, base, ", ".join(header.kinds))
    Console().print(table)


@cli.command()
def show(adapter: AdapterOption = None, as_json: JsonFlag = False) -> None:
    """Show all that is known of an adapter."""
    from models.vla.checkpoint import SHIPPED, read_header

    path = adapter or SHIPPED
    header = read_header(path)
    if as_json:
        print_json({"file": str(path), **header.model_dump(mode="json")})
    else:
        typer.echo(header.model_dump_json(indent=2))


@cli.command("display-net")
def display_net(
    out: Annotated[Path, typer.Option(help="The file of weights that is written (.npz).")],
    work: Annotated[
        Path, typer.Option(help="A folder for rendered displays and the state of the work, to go on from.")
    ],
    displays: Annotated[int, typer.Option(min=1, help="How many displays are rendered.")] = 4500,
    steps: Annotated[int, typer.Option(min=1, help="How often the net is corrected.")] = 5000,
    as_json: JsonFlag = False,
) -> None:
    """Teach the net that gives a second opinion on displays, from rendered ones; again to go on."""
    from app.training.display_net import teach_display_net

    _say(teach_display_net(out, work=work, displays=displays, steps=steps), as_json, title="Display net")


def _say(result: dict[str, Any], as_json: bool, *, title: str) -> None:
    if as_json:
        print_json(result)
        return
    table = Table(title=title, show_header=False)
    for key, value in result.items():
        table.add_row(key, f"{value:.4f}" if isinstance(value, float) else str(value))
    Console().print(table)
