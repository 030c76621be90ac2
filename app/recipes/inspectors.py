"""The inspector that a recipe is judged by: built from the recipe and from ``[model]`` of a station's file.

Engine, recipe commands and benches build theirs here, so that what is measured and certified is what runs.
"""

import hashlib
from importlib import metadata
from pathlib import Path
from typing import Final

import structlog

from app.recipes.library import RecipeLibrary
from app.settings.station import AS_SHIPPED, InspectorKind, ModelTable
from inspection.decision import ModelRef
from inspection.errors import SettingsError, WeightsError
from inspection.motion.chunk import NOMINAL_LINE, PhysicsContext
from inspection.recipe import Recipe
from inspection.unheard import Unheard
from models.backbone.features import VisionTower
from models.backbone.transformers_tower import build_tower
from models.inspectors.pretrained_vlm import PretrainedVlmConsultant
from models.inspectors.reflex import ReflexInspector
from models.inspectors.second_opinion import SecondOpinionInspector
from models.inspectors.unheard import unheard
from models.inspectors.vla import VlaConsultant
from models.language.base import LanguageSettings
from models.language.free_generation import PretrainedVlm
from models.vla.checkpoint import SHIPPED, load, read_header
from models.weights.base_weights import LANGUAGE_MODELS

THREADS: Final = AS_SHIPPED.threads
"""CPU threads of one inspection, where no settings say otherwise."""
REFLEX_NAME: Final = "passgate-reflex"

log = structlog.get_logger(__name__)


def build_inspector(
    library: RecipeLibrary,
    name: str,
    *,
    version: int | None = None,
    model: ModelTable = AS_SHIPPED,
    line: PhysicsContext | None = None,
) -> tuple[Recipe, ReflexInspector | SecondOpinionInspector]:
    """A recipe and the inspector that judges by it.

    Args:
        library: Has the recipe.
        name: Of the recipe.
        version: Of the recipe; None for the newest.
        model: Who judges, with which weights, and how they are held. The reflex alone judges where the
            language model would, but has no say in this recipe.
        line: Belt, diverter and part, where the recipe describes none; the recipe then does.

    Raises:
        RecipeError: The recipe is unknown or damaged.
        WeightsError: Weights are absent, or not the ones that recipe and adapter were made on.
        SettingsError: The model wants a device that this machine lacks, or no foreign model is named.
    """
    library.recipe(name, version)  # an unknown name is said at once, before the weights are read
    _refuse_unplaced(model)
    tower = build_tower(model.tower)
    taught = library.load(name, version, tower=tower)
    recipe = taught.recipe
    told_of = line if recipe.motion is None else None
    if told_of is not None:
        recipe = recipe.model_copy(update={"motion": told_of})
    if not taught.sealed:
        log.warning(
            "the recipe's file is from before digests: nothing proves that it is as it was taught",
            recipe=recipe.name,
            version=recipe.version,
            todo=f"measure it (passgate recipe evaluate), then: passgate recipe seal {recipe.name}",
        )
    memories = {(recipe.id, recipe.version, view): memory for view, memory in taught.memories.items()}
    sights = {(recipe.id, recipe.version, view): sight for view, sight in taught.sights.items()}
    names = {(recipe.id, recipe.version, view): known for view, known in taught.names.items()}
    adapter = model.adapter or SHIPPED
    kind = model.inspector
    if kind is InspectorKind.REFLEX or (kind is InspectorKind.VLA and not _has_a_say(recipe, adapter)):
        return recipe, ReflexInspector(
            memories, model=reflex_on(tower), threads=model.threads, sights=sights, names=names
        )
    asked = {"base": model.base, "device": model.device, "quantization": model.quantization}
    given = {key: value for key, value in asked.items() if value is not None}
    if kind is InspectorKind.PRETRAINED_VLM:
        if model.base is None:
            raise SettingsError(
                "a foreign inspector was asked for, but no folder with its model is named",
                part="nothing is inspected",
                todo='set base in the table [model], beside inspector = "foreign"',
            )
        vlm = PretrainedVlmConsultant(PretrainedVlm(LanguageSettings.model_validate(given)))
        return recipe, SecondOpinionInspector(
            memories,
            consultant=vlm,
            threads=model.threads,
            model=advised_by(vlm.model),
            sights=sights,
            names=names,
        )
    language = read_header(adapter).settings.language.model_copy(update=given) if given else None
    loaded = load(adapter, tower=tower, language=language)
    if not loaded.proven:
        log.warning(
            "the adapter's file is from before digests: nothing proves that it is as it was trained",
            adapter=str(adapter),
            sha256=loaded.sha256,
            todo="train it again when there is time, or compare its SHA-256 with a copy's",
        )
    vla = VlaConsultant(adapter=loaded, tower=tower)
    return recipe, SecondOpinionInspector(
        memories,
        consultant=vla,
        threads=model.threads,
        model=advised_by(vla.model, line=told_of),
        sights=sights,
        names=names,
    )


def reflex_on(tower: VisionTower) -> ModelRef:
    """What decisions say of the reflex that sees by ``tower``, in this version of Passgate."""
    return ModelRef(name=REFLEX_NAME, version=metadata.version("passgate"), sha256=tower.sha256)


def advised_by(consultant: ModelRef, *, line: PhysicsContext | None = None) -> ModelRef:
    """What decisions say of a reflex with a second opinion, in this version of Passgate.

    Engine, certificates and labelled scores compare it whole, so it tells apart all that gives other scores,
    but for what the recipe's file says, which they compare beside it.

    Args:
        consultant: Which weights, and how they are held.
        line: Belt, diverter and part that its action head is told of; None where the recipe says it, or
            where it has none.
    """
    version = [consultant.version]
    if line is not None and line != NOMINAL_LINE:
        version.append(f"line-{hashlib.sha256(line.model_dump_json().encode()).hexdigest()[:8]}")
    version.append(f"passgate-{metadata.version('passgate')}")
    return consultant.model_copy(update={"version": "+".join(version)})


def _refuse_unplaced(model: ModelTable) -> None:
    """Raise WeightsError where ``base`` is a bare name of nothing: never a folder of whoever started us."""
    base, foreign = model.base, model.inspector is InspectorKind.PRETRAINED_VLM
    if base is None or Path(base).is_absolute() or (base in LANGUAGE_MODELS and not foreign):
        return
    known = "" if foreign else f", nor a base that Passgate knows ({', '.join(sorted(LANGUAGE_MODELS))})"
    raise WeightsError(
        f"{base!r} is no folder beside the station's file{known}",
        part="nothing is inspected",
        todo="name the folder of the model as base in the table [model], from the file's own folder on",
    )


def _has_a_say(recipe: Recipe, adapter: Path) -> bool:
    """Whether the language model is asked at all.

    A recipe that names no defects and has no words leaves it nothing to say. Where it was not trained on what
    the recipe names, it does not know the product and would doubt nearly every part.
    """
    if not recipe.has_words:
        return False
    kinds = read_header(adapter).kinds
    missed = unheard(recipe, kinds)
    if missed.types:
        log.warning(
            missed.in_words,
            recipe=recipe.name,
            todo="train an adapter with pictures of them: passgate model train",
        )
    return set(recipe.named_types) <= set(kinds or ())


def unheard_by(model: ModelTable, recipe: Recipe) -> Unheard:
    """What of ``recipe`` does not come into force where such a model judges.

    A foreign model is told the recipe's types and may name any of them; the reflex names none.
    """
    match model.inspector:
        case InspectorKind.PRETRAINED_VLM:
            return Unheard()
        case InspectorKind.REFLEX:
            return unheard(recipe, None)
        case InspectorKind.VLA:
            return unheard(recipe, read_header(model.adapter or SHIPPED).kinds)
