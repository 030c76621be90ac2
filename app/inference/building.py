"""What is built in the inference process."""

from functools import partial

from app.inference.process import Build, Built
from app.settings.station import Settings


def for_station(settings: Settings) -> Build:
    """Builds the inspector that a station's settings ask for."""
    return partial(_build, settings)


def _build(settings: Settings, version: int | None) -> Built:
    """In the inference process. Raises RecipeError, WeightsError or SettingsError."""
    from app.recipes.in_force import certification, labelled_scores, usual_views
    from app.recipes.inspectors import build_inspector, unheard_by  # with torch: the engine does without
    from app.recipes.library import RecipeLibrary

    library = RecipeLibrary(settings.recipes)
    recipe, inspector = build_inspector(
        library, settings.station.recipe, version=version, model=settings.model, line=settings.line
    )
    held = certification(recipe, model=inspector.model, library=library)
    labelled = labelled_scores(recipe, model=inspector.model, certification=held, library=library)
    usual = usual_views(recipe, inspector, certification=held, labelled=labelled, library=library)
    return Built(
        recipe,
        inspector,
        unheard=unheard_by(settings.model, recipe),
        certification=held,
        labelled=labelled,
        usual=usual,
    )
