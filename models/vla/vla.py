"""InspectionVLA: the tower's features in, a decision in words and a motion out.

What the tower saw becomes tokens (one for the whole picture, a grid of context, two for each place that
stands out: what is there, and how bad it is) that a language model reads among words: before them the
recipe's policy, after them the decision, written through the grammar of ``models.language.decoding``. At the
action slot the action head reads the same state.

In the manner of OpenVLA (Kim et al. 2024, arXiv:2406.09246) and pi-zero (Black et al. 2024,
arXiv:2410.24164), small enough for the line's deadline on two CPU cores. LoRA: Hu et al., ICLR 2022
(arXiv:2106.09685).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from inspection.decision import Action
from inspection.motion.chunk import MotionChunk, PhysicsContext
from inspection.motion.limits import limited
from models.language.base import LanguageBase, LanguageSettings, decoder_of, embed, head_of
from models.language.decoding import NONE, Choice, DecisionGrammar, Tokens, Writer
from models.vla.action import ActionHead, meant_by, physics_row
from models.vla.perception import WHOLE, Foremost, Grid, Perception, Seen, Unaided, Zoom, evidence_size
from models.weights.base_weights import quiet_transformers

_PROJECTOR_WIDTH: Final = 256
_FARTHEST: Final = 6.0
"""Deviations that a feature may lie off; farther out the projector was never trained."""


class LoraSettings(BaseModel):
    """Low-rank adaptation of the language model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: int = Field(default=16, ge=1, le=4096)
    alpha: int = Field(default=32, ge=1, le=65536)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class VlaSettings(BaseModel):
    """What an adapter was made for; stored in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: LanguageSettings = LanguageSettings()
    lora: LoraSettings | None = LoraSettings()
    """None leaves the language model as it is."""
    channels: int = Field(default=344, ge=1, le=65536)
    """Of the vision tower, all maps together."""
    most_regions: int = Field(default=3, ge=1, le=8)
    """Places that are shown at most: see ``Foremost``."""
    grid: Grid = Field(default=Grid(), exclude_if=lambda grid: grid == Grid())
    """This and the next two are not written where they are as they always were."""
    zoom: Zoom = Field(default=Zoom(), exclude_if=lambda zoom: zoom == Zoom())
    unaided: Unaided = Field(default=Unaided(), exclude_if=lambda unaided: unaided == Unaided())

    @property
    def perception(self) -> Perception:
        """How it sees pictures, wherever it is trained, measured or judges."""
        return Perception(
            grid=self.grid, foremost=Foremost(most=self.most_regions), zoom=self.zoom, unaided=self.unaided
        )


class Projector(nn.Module):
    """Features of one kind to embeddings. Knows how they lie in the training pictures."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int, hidden_size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))
        self.layers = nn.Sequential(
            nn.Linear(channels, _PROJECTOR_WIDTH), nn.GELU(), nn.Linear(_PROJECTOR_WIDTH, hidden_size)
        )
        # What a linear model can tell needs no more than this; the layers add what it cannot.
        self.straight = nn.Linear(channels, hidden_size, bias=False)
        self.norm = nn.RMSNorm(hidden_size)

    def fit(self, features: Tensor) -> None:
        """Take mean and deviation from training features, (n, channels)."""
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(features.std(0).clamp_min(1e-3))

    def forward(self, features: Tensor) -> Tensor:
        """(…, channels) to (…, hidden_size)."""
        standard = ((features - self.mean) / self.deviation).clamp(-_FARTHEST, _FARTHEST)
        result: Tensor = self.norm(self.layers(standard) + self.straight(standard))
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the model calls one place."""

    type: Choice
    severity: Choice | None
    """None where the type is ``none``."""
    asked: Choice | None
    """What the policy asks for this one; None where the type is ``none``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the model says of one picture."""

    named: tuple[Named, ...]
    """One for each place shown."""
    action: Choice
    chunk: MotionChunk
    """Within the limits of physics, whatever the head said."""
    meant: Action
    """The action that the head's chunk amounts to."""
    raw: str
    """The text as it was written."""
    steps: int
    """How often the language model was run."""
    sound: bool = True
    """False where its state held no numbers (broken weights, a broken tower): then it chose blindly."""

    @property
    def defect_probability(self) -> float:
        """1 minus the probability that every place is normal."""
        normal = 1.0
        for one in self.named:
            normal *= one.type.probabilities[NONE]
        return 1.0 - normal


class InspectionVLA(nn.Module):
    """The model. Training reads whole decisions at once; on the line a ``Prompt`` writes them."""

    def __init__(self, settings: VlaSettings, base: LanguageBase) -> None:
        """Put projectors, LoRA and heads, all untrained, around a base, which is frozen."""
        super().__init__()
        hidden = base.hidden_size
        self.settings = settings
        self.base = base
        self._model = [base.model]  # in a list: embeddings and head stay outside of this module's parameters
        for parameter in base.model.parameters():
            parameter.requires_grad_(False)
        self.decoder: Any = _with_lora(base.model, settings)
        self.context = Projector(settings.channels, hidden)
        self.cells = nn.Parameter(torch.zeros(settings.grid.cells, hidden))
        self.whole = Projector(2 * settings.channels + WHOLE, hidden)
        self.what = Projector(evidence_size(settings.channels), hidden)
        self.how_bad = Projector(evidence_size(settings.channels), hidden)
        # The layers that are left out would have turned the state towards the next word; this does instead.
        self.readout = nn.Linear(hidden, hidden)
        nn.init.eye_(self.readout.weight)
        if settings.language.layers is not None:  # and its loud, unfinished opinions start as a whisper
            self.readout.weight.data.mul_(0.1)
        nn.init.zeros_(self.readout.bias)
        self.action_head = ActionHead(hidden)
        self._scale = float(base.model.get_input_embeddings().weight.float().std())
        self.to(settings.language.device)

    def adapter_parameters(self) -> dict[str, Tensor]:
        """All that was trained and its buffers, by name: what an adapter file holds."""
        own: dict[str, Tensor] = {}
        for name, part in self.named_children():
            if name != "decoder":
                part.state_dict(destination=own, prefix=f"{name}.")
        own |= {name: one.detach() for name, one in self.named_parameters(recurse=False)}
        # not the decoder's state_dict: asking for it changes 4-bit weights that have looked (hold_weights)
        lora = {
            f"decoder.{name}": one.detach()
            for name, one in self.decoder.named_parameters()
            if "lora_" in name
        }
        return own | lora

    def visual_tokens(self, visual: Seen) -> tuple[Tensor, list[Tensor]]:
        """Embeddings of a picture: (1 + cells, hidden) for the whole, and (2, hidden) for each place."""
        device = self.cells.device
        whole = self.whole(visual.whole.to(device))[None]
        context = self.context(visual.context.to(device)) + self.cells
        evidence = visual.evidence.to(device)
        places = torch.stack([self.what(evidence), self.how_bad(evidence)], dim=1)
        return torch.cat([whole, context]) * self._scale, list(places * self._scale)

    def words(self, ids: Tensor) -> Tensor:
        """Embeddings of token ids, (…, hidden)."""
        return embed(self._model[0], ids)

    def run(self, **inputs: Any) -> Any:
        """The decoder's hidden states; ``inputs`` as transformers takes them."""
        return self.decoder(**inputs)

    def states(self, hidden: Tensor) -> Tensor:
        """The decoder's states made ready for the vocabulary head and the action head, float32."""
        result: Tensor = self.readout(hidden.float())
        return result

    def logits(self, states: Tensor, tokens: Tensor | None = None) -> Tensor:
        """Logits of some tokens (all of them for None), float32: (n, hidden) to (n, len(tokens))."""
        weight: Any = head_of(self._model[0]).weight
        chosen = weight if tokens is None else weight[tokens]
        return torch.nn.functional.linear(states.to(chosen.dtype), chosen).float()

    def prompt(self, instruction: str) -> Prompt:
        """Read an instruction once, for all pictures that follow."""
        return Prompt(self, instruction)


def instruction_tokens(instruction: str, encode: Callable[[str], list[int]]) -> Tokens:
    """The static part of the prompt."""
    return tuple(encode(f"Rules: {instruction.strip()}\nPicture:"))


class Prompt:
    """An instruction, read, and kept in the attention's cache. Not for two threads at once."""

    def __init__(self, vla: InspectionVLA, instruction: str) -> None:
        from transformers import DynamicCache

        self._vla = vla
        # Not told of sliding windows: a layer that has dropped its past cannot go back to the instruction.
        self._cache = DynamicCache()
        tokens = instruction_tokens(instruction, vla.base.encode)
        with torch.inference_mode():
            self.read([tokens])
        self._kept = len(tokens)
        self.turn = 0
        """Counts the pictures: what was begun on one can be continued on no other."""

    @torch.inference_mode()
    def decide(
        self,
        visual: Seen,
        grammar: DecisionGrammar,
        *,
        physics: PhysicsContext,
        check: Callable[[], None] = lambda: None,
    ) -> tuple[Verdict, Reason]:
        """Write the decision on a picture up to its action; the reason is left to ``Reason``.

        Args:
            visual: The picture.
            grammar: What the recipe allows.
            physics: The state of belt and diverter.
            check: Called before each step of the model; what it raises abandons the decision cleanly.
        """
        self.forget()
        writer = Writer(self, check=check)
        whole, places = self._vla.visual_tokens(visual)
        writer.add(whole, grammar.opening)
        named = []
        for place in places:
            writer.add(place, grammar.type_is)
            kind = writer.choose(grammar.types)
            if kind.word == NONE:
                writer.add(grammar.after_place)
                named.append(Named(type=kind, severity=None, asked=None))
                continue
            writer.add(grammar.severity_is)
            severity = writer.choose(grammar.severities)
            writer.add(grammar.asked_is)
            asked = writer.choose(grammar.actions)
            writer.add(grammar.after_place)
            named.append(Named(type=kind, severity=severity, asked=asked))
        writer.add(grammar.action_is)
        state = writer.hidden()
        action = writer.choose(grammar.actions, state)
        row = torch.tensor([physics_row(physics)], device=state.device)
        shares = self._vla.action_head(state[None], row)[0].nan_to_num(0.0, 0.0, 0.0).cpu().numpy()
        chunk = limited(MotionChunk.of_shares(shares, physics), physics)
        verdict = Verdict(
            named=tuple(named),
            action=action,
            chunk=chunk,
            meant=meant_by(chunk, physics),
            raw=_raw(named, action),
            steps=writer.steps,
            sound=bool(torch.isfinite(state).all()),
        )
        return verdict, Reason(self, writer, grammar)

    def read(self, parts: Sequence[Tokens | Tensor]) -> Tensor:
        """Read on; the state after the last token, (hidden,). See ``decoding.Reader``."""
        vla = self._vla
        device = vla.cells.device
        dtype = vla.words(torch.zeros(1, dtype=torch.long, device=device)).dtype
        embedded = [
            part.to(dtype)
            if isinstance(part, Tensor)
            else vla.words(torch.tensor(part, dtype=torch.long, device=device))
            for part in parts
        ]
        output = vla.run(inputs_embeds=torch.cat(embedded)[None], past_key_values=self._cache, use_cache=True)
        return vla.states(output.last_hidden_state[0, -1])

    def logits(self, hidden: Tensor, tokens: Sequence[int]) -> Tensor:
        """Logits of some tokens. See ``decoding.Reader``."""
        return self._vla.logits(hidden[None], torch.tensor(tokens, device=hidden.device))[0]

    def peek(self, tokens: Tokens, wanted: Sequence[int]) -> Tensor:
        """Logits after ``tokens``, which are forgotten again. See ``decoding.Reader``."""
        hidden = self.read([tokens])
        self._cache.crop(-len(tokens))
        return self.logits(hidden, wanted)

    def decoded(self, tokens: Sequence[int]) -> str:
        """The text that tokens make."""
        return self._vla.base.decode(list(tokens))

    def forget(self) -> None:
        """Forget all but the instruction: nothing can be said any more of the picture that was shown."""
        self.turn += 1
        more = self._cache.get_seq_length() - self._kept
        if more > 0:
            self._cache.crop(-more)


class Reason:
    """Writes the reason of a decision, after its action has been published. Bounded in tokens.

    It goes on where the decision ended, in the cache of the prompt. So it can be written once, and only while
    the prompt has not been shown another picture; after that it is empty.
    """

    def __init__(self, prompt: Prompt, writer: Writer, grammar: DecisionGrammar) -> None:
        self._prompt = prompt
        self._turn = prompt.turn
        self._writer = writer
        self._grammar = grammar

    @torch.inference_mode()
    def write(self, *, most_tokens: int = 24, go_on: Callable[[], bool] = lambda: True) -> str:
        """The sentence; what was written so far when ``go_on`` says no, or at ``most_tokens``."""
        if self._prompt.turn != self._turn:
            return ""
        try:
            written = self._written(most_tokens, go_on)
        finally:
            self._prompt.forget()
        text = self._prompt.decoded(written).replace("\ufffd", "")
        # letters that several tokens make together may be none that a person can read
        return " ".join("".join(one if one.isprintable() else " " for one in text).split())

    def _written(self, most_tokens: int, go_on: Callable[[], bool]) -> list[int]:
        self._writer.check = lambda: None  # the decision is out: its deadline binds no word of the reason
        legal, end = self._grammar.reason, self._grammar.reason[-1]
        self._writer.add(self._grammar.reason_is)
        written: list[int] = []
        while len(written) < most_tokens and go_on():
            hidden = self._writer.hidden()
            token = legal[int(self._prompt.logits(hidden, legal).argmax())]
            if token == end:
                break
            written.append(token)
            self._writer.add((token,))
        return written


def _raw(named: Sequence[Named], action: Choice) -> str:
    places = [
        [choice.word for choice in (one.type, one.severity, one.asked) if choice is not None] for one in named
    ]
    return json.dumps({"defects": places, "action": action.word}, ensure_ascii=False)


def _with_lora(model: Any, settings: VlaSettings) -> Any:
    decoder: Any = decoder_of(model)
    if settings.lora is None:
        return decoder
    with quiet_transformers():
        import peft

        wanted = peft.LoraConfig(
            r=settings.lora.rank,
            lora_alpha=settings.lora.alpha,
            lora_dropout=settings.lora.dropout,
            target_modules=list(settings.lora.targets),
        )
        return peft.get_peft_model(decoder, wanted)
