"""``passgate gauge teach``: an instrument from a picture to a file, or into a recipe."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.command_line.options import StationOption, refuse_beside, setup_of
from app.command_line.output import JsonFlag, print_json
from app.commands.instruments import AskedUnit, in_words, say_notes
from app.settings.finding import InspectionSetup
from inspection.decision import Action

if TYPE_CHECKING:
    from inspection.instruments.description import Description
    from inspection.instruments.reading import Reading
    from inspection.levels import Picture
    from inspection.recipe import Recipe

_TOP: Final = "top"


def teach(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="A sharp picture of the instrument.")],
    described: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="What it is, as JSON; or one dial's label."),
    ] = None,
    propose: Annotated[
        bool, typer.Option("--propose", help="Look for a dial; a person must confirm it: --click, or --from.")
    ] = False,
    click: Annotated[
        bool, typer.Option("--click", help="Open a window to click a dial's centre and marks in.")
    ] = False,
    least: Annotated[
        float, typer.Option("--min", help="With --propose: the value where the scale begins.")
    ] = 0.0,
    greatest: Annotated[float | None, typer.Option("--max", help="With --propose: where it ends.")] = None,
    language: Annotated[str | None, typer.Option(help="With --click: en or zh.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Keep the description in this file, and a picture beside it.")
    ] = None,
    unit: AskedUnit = None,
    recipe_name: Annotated[
        str | None, typer.Option("--recipe", help="Make it part of this recipe, as its next version.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the gauge is called in the recipe.")] = None,
    view: Annotated[
        str | None, typer.Option(help="Which of the recipe's pictures shows it; default: top.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Takes a picture for gauges alone, under the name of --view.")
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(metavar="LEFT,TOP,WIDTH,HEIGHT", help="Where it is looked for. Default: where it is."),
    ] = None,
    low: Annotated[float | None, typer.Option(help="The least value that is allowed.")] = None,
    high: Annotated[float | None, typer.Option(help="The greatest value that is allowed.")] = None,
    colour: Annotated[
        list[str] | None, typer.Option(help="A colour that a lamp may shine in; default: any taught one.")
    ] = None,
    on_breach: Annotated[
        Action | None, typer.Option(help="What follows a value beyond a limit; default: rework.")
    ] = None,
    on_unreadable: Annotated[
        Action | None, typer.Option(help="What follows where it cannot be read; default: manual_review.")
    ] = None,
    config: StationOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Teach an instrument by a picture: tried on it, then kept in a file or made part of a recipe."""
    setup = setup_of(config)
    spec: dict[str, Any] = {"name": name, "view": view, "low": low, "high": high}
    spec |= {"colours": colour or None, "on_breach": on_breach, "on_unreadable": on_unreadable}
    if recipe_name is None:
        given: dict[str, object] = {f"--{key.replace('_', '-')}": value for key, value in spec.items()}
        given["--colour"] = given.pop("--colours")
        others: dict[str, object] = {"--region": region, "--camera": camera, "--config": config}
        refuse_beside(given | others, "it is for --recipe, which is not named")
    elif name is None:
        raise typer.BadParameter("say what the gauge is called in the recipe", param_hint="--name")
    if recipe_name is None and out is None:
        raise typer.BadParameter(
            "say where it is to be kept: --out FILE, or --recipe NAME", param_hint="--out"
        )
    source = _Source(described, least, greatest, propose=propose, click=click, language=language)
    source.refuse_unclear(for_recipe=recipe_name is not None)
    place = None
    if recipe_name is not None:
        given_of = {key: value for key, value in spec.items() if value is not None}
        place = _Place.of(recipe_name, setup, {"view": _TOP, **given_of}, region, camera)
    _teach(image, source, out=out, place=place, unit=unit, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Source:
    """Who says what an instrument is: a file, or a person with a mouse, a proposal to begin with."""

    described: Path | None
    least: float
    greatest: float | None
    propose: bool
    click: bool
    language: str | None

    def refuse_unclear(self, *, for_recipe: bool) -> None:
        """Raise BadParameter where the options do not say it, or a recipe would get what nobody confirmed."""
        if (self.described is None) != (self.click or self.propose):
            raise typer.BadParameter(
                "say what it is: either --from FILE, or --click, --propose or both", param_hint="--from"
            )
        if self.propose == (self.greatest is None):
            raise typer.BadParameter("it is what --propose needs, and nothing else", param_hint="--max")
        if self.propose and for_recipe and not self.click:
            raise typer.BadParameter(
                "a person confirms a proposal before a recipe has it: --propose --click, or --out FILE, "
                "then --from FILE",
                param_hint="--propose",
            )

    def description(self, picture: "Picture", unit: str | None) -> "Description":
        """What is to be taught.

        Raises:
            RecipeError: The file describes nothing, no dial is seen, or the window was closed.
            SettingsError: There is no display for the window.
        """
        from app.recipes.gauges.adding import description_in, proposed
        from inspection.errors import RecipeError

        if self.described is not None:
            return description_in(self.described)
        begun = None
        if self.propose and self.greatest is not None:
            begun = proposed(picture, self.least, self.greatest, unit or "")
        if begun is not None and not self.click:
            return begun
        from app.console.clicking import ask_for_dial

        dial = ask_for_dial(picture, begun=begun, language=self.language)
        if dial is None:
            raise RecipeError(
                "the window was closed before Done", part="nothing was taught", todo="click again"
            )
        return dial


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in which recipe an instrument is to be read, and what follows."""

    recipe: "Recipe"
    setup: InspectionSetup
    spec: dict[str, Any]
    region: tuple[int, ...] | None
    camera: str | None

    @classmethod
    def of(
        cls, name: str, setup: InspectionSetup, spec: dict[str, Any], region: str | None, camera: str | None
    ) -> "_Place":
        """Raises RecipeError where the recipe is unknown, BadParameter where the region is none."""
        from app.recipes.library import RecipeLibrary

        try:
            sides = None if region is None else tuple(int(side) for side in region.split(","))
        except ValueError:
            sides = ()
        if sides is not None and len(sides) != 4:
            raise typer.BadParameter(f"{region!r} is not four whole numbers", param_hint="--region")
        if camera is not None and not camera.strip():
            raise typer.BadParameter("name one of the station's cameras", param_hint="--camera")
        return cls(RecipeLibrary(setup.recipes).recipe(name), setup, spec, sides, camera)

    def with_gauge(self, what: "Description", picture: "Picture") -> tuple["Recipe", "Reading"]:
        """The recipe with the gauge, not yet kept, and what it reads so. Raises RecipeError."""
        from app.recipes.gauges.adding import read_as_on_a_line, refuse_other_size, region_of, with_gauge

        refuse_other_size(self.recipe, picture, view=self.spec["view"])
        height, width = picture.shape[:2]
        region = self.region or region_of(what, width=width, height=height)
        spec = {**self.spec, "reads": what, "unit": getattr(what, "unit", ""), "region": region}
        recipe = with_gauge(self.recipe, spec, camera=self.camera)
        (gauge,) = (one for one in recipe.gauges if one.name == self.spec["name"])
        return recipe, read_as_on_a_line(picture, what, gauge.region)

    def keep(self, recipe: "Recipe") -> dict[str, Any]:
        """Keep the recipe's next version; what a command says of it."""
        from app.recipes.gauges.adding import keep
        from app.recipes.library import RecipeLibrary

        library = RecipeLibrary(self.setup.recipes)
        path = keep(library, recipe, tower=self.setup.model.tower)
        return {"name": recipe.name, "version": library.recipe(recipe.name).version, "file": str(path)}


def _teach(
    image: Path,
    source: _Source,
    *,
    out: Path | None,
    place: _Place | None,
    unit: str | None,
    as_json: bool,
) -> None:
    from app.command_line.writable import refuse_unwritable
    from app.recipes.gauges.adding import taught
    from app.recipes.gauges.cautions import cautions
    from app.recipes.gauges.pictures import picture_of
    from inspection.gauges.reading_all import read

    if out is not None:
        _refuse_overwriting(image, out)
        refuse_unwritable(out, _beside(out))
    shown = picture_of(image)
    say_notes(image, shown)
    picture = shown.picture
    what = taught(picture, source.description(picture, unit), unit=unit)
    if place is None:
        recipe, reading = None, read([picture] * getattr(what, "frames", 1), what)
    else:
        recipe, reading = place.with_gauge(what, picture)
    if out is not None:
        _keep_file(out, what, picture, reading)
    kept = None if place is None or recipe is None else place.keep(recipe)
    warned = cautions(picture, what)
    if as_json:
        from app.recipes.gauges.evaluating import answer_of

        said = {"kind": what.kind, "in_this_picture": answer_of(reading), "cautions": warned}
        files = {
            "file": None if out is None else str(out),
            "drawn": None if out is None else str(_beside(out)),
        }
        print_json({**said, **files, "recipe": kept})
        return
    if reading.readable:
        typer.echo(f"In this picture it reads {in_words(reading)}. Where that is not so, teach it again")
    else:
        typer.echo(f"In this picture it is {in_words(reading)}. Teach it by one in which it can be read")
    for caution in warned:
        typer.echo(caution)
    if out is not None:
        typer.echo(f"{out} describes it; {_beside(out)} shows where it is taken to be: look at it")
        typer.echo(f"passgate gauge read IMAGE --gauge {out}")
    if kept is not None:
        typer.echo(f"{kept['name']} version {kept['version']} reads it: {kept['file']}")
        typer.echo("A certificate holds for the version that it was made for: certify this one anew")


def _beside(out: Path) -> Path:
    """The picture that shows what was taught. No picture of a person's is called like it by chance."""
    return out.with_name(f"{out.stem}.drawn.png")


def _refuse_overwriting(image: Path, out: Path) -> None:
    """Raise BadParameter where what is kept would take the place of the picture that teaches."""
    for file in (out, _beside(out)):
        if file.exists() and image.exists() and file.samefile(image):
            raise typer.BadParameter(f"{file} is the picture itself: name another", param_hint="--out")


def _keep_file(out: Path, what: "Description", picture: "Picture", reading: "Reading") -> None:
    import cv2

    from app.recipes.gauges.drawn import drawn
    from inspection.files.atomic import atomic_write

    with atomic_write(out) as unfinished:
        unfinished.write_text(what.model_dump_json(indent=1) + "\n", encoding="utf-8")
    shown = cv2.cvtColor(drawn(picture, what, reading), cv2.COLOR_RGB2BGR)
    with atomic_write(_beside(out)) as unfinished:
        unfinished.write_bytes(cv2.imencode(".png", shown)[1].tobytes())
