"""Tiny models with random weights, of the real transformers classes, as folders that transformers wrote."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END = "<|endoftext|>"
_SPECIALS = [END, "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"]
_IMAGE, _VIDEO = "<|image_pad|>", "<|video_pad|>"
_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PATCH = 14


def tokenizer() -> Tokenizer:
    """Byte-level BPE with a few merges: whatever the text, it encodes."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=[*_SPECIALS, _IMAGE, _VIDEO],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(['{"defects":[],"action":"rework"}', "scratch dent severity minor"] * 3, trainer)
    return made


def _id(made: Tokenizer, token: str) -> int:
    found = made.token_to_id(token)
    assert found is not None
    return found


def _fast(made: Tokenizer) -> Any:
    import transformers

    untyped: Any = transformers
    return untyped.PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token=END, pad_token=END, chat_template=_CHAT, model_max_length=4096
    )


def _text(made: Tokenizer, hidden: int) -> dict[str, Any]:
    return {
        "vocab_size": made.get_vocab_size(),
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 8192,
        "bos_token_id": None,
        "eos_token_id": _id(made, END),
        "pad_token_id": _id(made, END),
    }


def llama(folder: Path, *, hidden: int = 64, seed: int = 0) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM

    made = tokenizer()
    torch.manual_seed(seed)
    LlamaForCausalLM(LlamaConfig(**_text(made, hidden))).save_pretrained(folder)
    _fast(made).save_pretrained(folder)
    return folder


def mistral(folder: Path, *, seed: int = 0) -> Path:
    """A sliding window shorter than any instruction."""
    from transformers import MistralConfig, MistralForCausalLM

    made = tokenizer()
    torch.manual_seed(seed)
    MistralForCausalLM(MistralConfig(**_text(made, 64), sliding_window=16)).save_pretrained(folder)
    _fast(made).save_pretrained(folder)
    return folder


def qwen_vl(folder: Path, *, seed: int = 0) -> Path:
    """Qwen2.5-VL, with its own eyes."""
    from transformers import (
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2VLImageProcessorPil,
    )

    made = tokenizer()
    torch.manual_seed(seed)
    config = Qwen2_5_VLConfig(
        text_config={
            **_text(made, 64),
            "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10_000.0},
        },
        vision_config={
            "depth": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "out_hidden_size": 64,
            "patch_size": PATCH,
            "fullatt_block_indexes": [1],
            "window_size": 4 * PATCH,
        },
        image_token_id=_id(made, _IMAGE),
        video_token_id=_id(made, _VIDEO),
        vision_start_token_id=_id(made, "<|vision_start|>"),
        vision_end_token_id=_id(made, "<|vision_end|>"),
    )
    Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    fast = _fast(made)
    fast.save_pretrained(folder)
    eyes = Qwen2VLImageProcessorPil(
        patch_size=PATCH, min_pixels=(4 * PATCH) ** 2, max_pixels=(8 * PATCH) ** 2
    )
    eyes.save_pretrained(folder)
    return folder


def qwen3_vl(folder: Path, *, seed: int = 0) -> Path:
    """Qwen3-VL, whose eyes also feed the lower layers of its language half."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    made = tokenizer()
    torch.manual_seed(seed)
    config = Qwen3VLConfig(
        text_config={
            **_text(made, 64),
            "head_dim": 16,
            "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10_000.0},
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "out_hidden_size": 64,
            "patch_size": 16,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        },
        image_token_id=_id(made, _IMAGE),
        video_token_id=_id(made, _VIDEO),
        vision_start_token_id=_id(made, "<|vision_start|>"),
        vision_end_token_id=_id(made, "<|vision_end|>"),
    )
    Qwen3VLForConditionalGeneration(config).save_pretrained(folder)
    _fast(made).save_pretrained(folder)
    return folder


def _eyes() -> dict[str, Any]:
    return {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "image_size": 8 * PATCH,
        "patch_size": PATCH,
    }


def clip(folder: Path, *, seed: int = 0) -> Path:
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModel

    torch.manual_seed(seed)
    CLIPVisionModel(CLIPVisionConfig(**_eyes())).save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    return folder


def clip_pair(folder: Path, *, seed: int = 0) -> Path:
    """CLIP whole: eyes and words."""
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

    torch.manual_seed(seed)
    words = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(text_config={**words, "vocab_size": 64}, vision_config=_eyes(), projection_dim=16)
    CLIPModel(config).save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    return folder


def siglip(folder: Path, *, seed: int = 0) -> Path:
    from transformers import SiglipImageProcessorPil, SiglipVisionConfig, SiglipVisionModel

    torch.manual_seed(seed)
    SiglipVisionModel(SiglipVisionConfig(**_eyes())).save_pretrained(folder)
    SiglipImageProcessorPil().save_pretrained(folder)
    return folder


def dinov2(folder: Path, *, seed: int = 0) -> Path:
    from transformers import BitImageProcessorPil, Dinov2Config, Dinov2Model

    torch.manual_seed(seed)
    Dinov2Model(Dinov2Config(**_eyes())).save_pretrained(folder)
    BitImageProcessorPil().save_pretrained(folder)
    return folder
