"""A pretrained vision-language model says what it sees, with its own eyes, held to the decision's JSON.

Any image-text-to-text model in a local folder that transformers wrote. It was never trained for Passgate, so
it writes freely, but only along a JSON schema in which the recipe's types and actions alone are legal
(llguidance masks every other token), bounded in tokens and by a deadline. What is not whole by then is no
answer; the raw text is kept for whoever looks at the part.

llguidance: https://github.com/guidance-ai/llguidance, a derivative-based lexer and an Earley parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from inspection.decision import Action, Severity
from inspection.errors import WeightsError
from inspection.part import Picture
from models.language.base import LanguageSettings, held_unlike, loading, require_device
from models.weights.base_weights import quiet_transformers
from models.weights.local_folder import UNLOADABLE, folder_sha256, not_loadable, whole

THOUSANDTHS: Final = 1000
"""A box is told in thousandths of the picture's sides: models are trained so, and it is short."""
MOST_DEFECTS: Final = 3
MOST_TOKENS: Final = 160
"""Of a decision up to its action; three defects take about a hundred."""
MOST_REASON_TOKENS: Final = 64
_MOST_REASON_CHARACTERS: Final = 160
_UP_TO_ACTION: Final = re.compile(r'^(\{"defects":.*?"action":"[^"]*")', re.DOTALL)
"""As far as a decision must be written before it is published; the reason comes after."""


class SeenDefect(BaseModel):
    """A defect as the model names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    severity: Severity
    box: tuple[int, int, int, int] = Field(description="left, top, right, bottom in thousandths")


class Answer(BaseModel):
    """What the model says of one picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    defects: tuple[SeenDefect, ...] = Field(max_length=MOST_DEFECTS)
    action: Action


@dataclass(frozen=True, slots=True)
class Legal:
    """What a recipe lets the model say."""

    kinds: tuple[str, ...]
    actions: tuple[Action, ...]

    def schema(self) -> dict[str, Any]:
        """The JSON schema of a decision and its reason; fields come in this order."""
        place = {"type": "integer", "minimum": 0, "maximum": THOUSANDTHS}
        defect = {
            "type": {"enum": list(self.kinds)},
            "severity": {"enum": [severity.value for severity in Severity]},
            "box": {"type": "array", "items": place, "minItems": 4, "maxItems": 4},
        }
        return _object(
            {
                "defects": {"type": "array", "maxItems": MOST_DEFECTS, "items": _object(defect)},
                "action": {"enum": [action.value for action in self.actions]},
                "reason": {"type": "string", "maxLength": _MOST_REASON_CHARACTERS},
            }
        )

    def read(self, raw: str) -> Answer | None:
        """The decision in a text; None where it does not reach its action, or names what is illegal."""
        found = _UP_TO_ACTION.match(raw)
        if found is None:
            return None
        try:
            answer = Answer.model_validate_json(found[1] + "}")
        except ValidationError:
            return None
        legal = answer.action in self.actions and all(one.type in self.kinds for one in answer.defects)
        return answer if legal else None


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@dataclass(slots=True, kw_only=True)
class Written:
    """A text that a model has written so far, and what it takes to write on."""

    raw: str
    answer: Answer | None
    """None where the text is no decision."""
    action_probability: float
    """Of the action among the legal ones, as the model sees it; 0 where there is none."""
    inputs: Mapping[str, Tensor] = field(repr=False)
    ids: Tensor = field(repr=False)
    """(1, prompt and text)"""
    mask: _Mask = field(repr=False)


class PretrainedVlm:
    """An image-text-to-text model of transformers, frozen."""

    def __init__(self, settings: LanguageSettings) -> None:
        """Load it from the folder ``settings.base``.

        Raises:
            SettingsError: The device is absent.
            WeightsError: No such model there, or a damaged one.
        """
        import transformers
        from llguidance.hf import from_tokenizer

        auto: Any = transformers  # its auto classes carry half their types
        require_device(settings.device)
        folder = Path(settings.base)
        if not (folder / "config.json").is_file():
            raise WeightsError(
                f"{folder} is no folder with a vision-language model",
                part="the model cannot start, so no part is released on its word",
                todo="set base to the folder that holds config.json, the tokenizer and the weights",
            )
        try:
            with quiet_transformers():
                config = auto.AutoConfig.from_pretrained(folder, local_files_only=True)
                model = whole(auto.AutoModelForImageTextToText, folder, config=config, **loading(settings))
                self._processor = _images_only(type(config)).from_pretrained(folder, local_files_only=True)
            size = int(config.get_text_config().vocab_size)
            self._tokens = from_tokenizer(self._processor.tokenizer, n_vocab=size)
            if self._processor.chat_template is None:
                raise ValueError("it has no chat template")
        except UNLOADABLE as error:
            raise not_loadable(folder, error) from error
        if settings.quantization == "none":
            model = model.to(settings.device)
        self._model = model.eval().requires_grad_(False)
        self.name = folder.name
        self.version = "+".join([str(config.model_type), *held_unlike(LanguageSettings(), settings)])
        """Its architecture, and how it is held where that is not the usual."""
        self.sha256 = folder_sha256(folder, whatever_is_read=True)

    def write(
        self,
        picture: Picture,
        question: str,
        legal: Legal,
        *,
        check: Callable[[], None] = lambda: None,
        most_tokens: int = MOST_TOKENS,
    ) -> Written:
        """Ask about a picture; ends with the action, at ``most_tokens``, or where the grammar is at its end.

        Args:
            picture: RGB, uint8, (height, width, 3).
            question: In words. Control tokens in it are read as plain text.
            legal: What may be said.
            check: Called before each token; what it raises abandons the answer.
            most_tokens: Bound on the tokens that are written.
        """
        message = {
            "role": "user",
            "content": [{"type": "image", "image": picture}, {"type": "text", "text": question}],
        }
        inputs: dict[str, Tensor] = dict(
            self._processor.apply_chat_template(
                [message],
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                add_generation_prompt=True,
                sanitize_control_tokens=True,
            )
        )
        inputs = {name: tensor.to(self._model.device) for name, tensor in inputs.items()}
        mask = _Mask(self._tokens, legal.schema(), start=inputs["input_ids"].shape[1], check=check)

        def reached(ids: Tensor, scores: Tensor, **_: Any) -> Tensor:
            text = self._tokens.decode_str(ids[0, mask.start :].tolist())
            return torch.tensor([_UP_TO_ACTION.match(text) is not None], device=ids.device)

        ids = self._generate(inputs, mask, stop=reached, most_tokens=most_tokens)
        raw = self._text(ids, mask)
        answer = legal.read(raw)
        return Written(
            raw=raw,
            answer=answer,
            action_probability=0.0 if answer is None else self._probability(ids, mask, raw),
            inputs=inputs,
            ids=ids,
            mask=mask,
        )

    def write_on(
        self, written: Written, *, go_on: Callable[[], bool], most_tokens: int = MOST_REASON_TOKENS
    ) -> str:
        """The reason of a decision, after it was published; what there is of it when ``go_on`` says no."""
        more = written.ids.shape[1] - written.inputs["input_ids"].shape[1]
        inputs = {
            name: torch.cat([tensor, tensor.new_full((1, more), int(name == "attention_mask"))], 1)
            if tensor.shape == written.inputs["input_ids"].shape
            else tensor
            for name, tensor in written.inputs.items()
        } | {"input_ids": written.ids}
        written.mask.check = lambda: None

        def interrupted(ids: Tensor, scores: Tensor, **_: Any) -> Tensor:
            return torch.tensor([not go_on()], device=ids.device)

        ids = self._generate(inputs, written.mask, stop=interrupted, most_tokens=most_tokens)
        _, _, reason = self._text(ids, written.mask).partition('"reason":"')
        closed = re.match(r'(?:[^"\\]|\\.)*', reason)
        try:
            said = json.loads(f'"{closed[0] if closed else ""}"')
        except ValueError:
            return ""
        printable = (character if character.isprintable() else " " for character in str(said))
        return " ".join("".join(printable).replace("\ufffd", "").split())

    @torch.inference_mode()
    def _generate(
        self,
        inputs: Mapping[str, Tensor],
        mask: _Mask,
        *,
        stop: Callable[..., Tensor],
        most_tokens: int,
    ) -> Tensor:
        import transformers

        untyped: Any = transformers
        end = self._tokens.eos_token
        wanted = untyped.GenerationConfig(
            max_new_tokens=most_tokens,
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.0,
            eos_token_id=end,
            pad_token_id=end,
        )
        with quiet_transformers():
            ids: Tensor = self._model.generate(
                **inputs,
                generation_config=wanted,
                logits_processor=untyped.LogitsProcessorList([mask]),
                stopping_criteria=untyped.StoppingCriteriaList([stop]),
            )
        return ids

    def _text(self, ids: Tensor, mask: _Mask) -> str:
        written = [token for token in ids[0, mask.start :].tolist() if token != self._tokens.eos_token]
        return str(self._tokens.decode_str(written))

    def _probability(self, ids: Tensor, mask: _Mask, raw: str) -> float:
        """Of the tokens that the action is written with, each among those that were legal there."""
        action_at = raw.index('"action":"') + len('"action":"')
        end, probability = 0, 1.0
        for token, share in zip(ids[0, mask.start :].tolist(), mask.shares, strict=False):
            end += len(self._tokens.decode_bytes([token]).decode(errors="replace"))
            if end > action_at:
                probability *= share
        return min(max(probability, 0.0), 1.0)


class _Mask:
    """Logits processor: leaves the legal tokens alone. Keeps how probable each chosen one was among them."""

    def __init__(
        self, tokens: Any, schema: Mapping[str, Any], *, start: int, check: Callable[[], None]
    ) -> None:
        from llguidance import LLMatcher

        compact = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
        grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides=compact)  # type: ignore[arg-type]
        self._matcher = LLMatcher(tokens, grammar, log_level=0)
        self._end = int(tokens.eos_token)
        self._read = start
        self.start = start
        self.check = check
        self.shares: list[float] = []

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """Scores (1, vocabulary), minus infinity where a token is illegal. Raises what ``check`` raises."""
        self.check()
        self._matcher.consume_tokens(ids[0, self._read :].tolist())
        self._read = ids.shape[1]
        bits = np.zeros(scores.shape[1], np.uint8)
        if not (self._matcher.is_error() or self._matcher.is_stopped()):
            found = np.unpackbits(np.frombuffer(self._matcher.compute_bitmask(), np.uint8), bitorder="little")
            bits[: len(found)] = found[: len(bits)]
        if not bits.any():  # the end, or a grammar too deep for its limits: nothing more can be said
            bits[self._end] = 1
        # broken weights give scores that are no numbers: among them nothing is preferred
        plain = scores.float().nan_to_num(0.0, 1e30, -1e30)
        masked = plain.masked_fill(~torch.from_numpy(bits).bool().to(scores.device), -torch.inf)
        self.shares.append(float(torch.softmax(masked, dim=1).max()))
        return masked


def _images_only(config: type) -> Any:
    """The processor class of a model, for pictures: what it would do with videos needs torchvision."""
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

    known: Any = PROCESSOR_MAPPING
    full: Any = known[config]

    class ImagesOnly(full):  # type: ignore[misc] # chosen by the model
        @classmethod
        def get_attributes(cls) -> Sequence[str]:
            return [name for name in super().get_attributes() if name in ("image_processor", "tokenizer")]

    return ImagesOnly
