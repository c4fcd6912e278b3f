"""FLUX pipelines that are made in the test: every part of the real ones, small and with random weights."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any


def save(folder: Path, kind: str = "FluxPipeline", *, seed: int = 0) -> Path:
    """Save a pipeline as its maker would publish it, 0.6 MB.

    Args:
        folder: where to.
        kind: the diffusers class.
        seed: of its weights.
    """
    import diffusers
    import torch
    import transformers

    torch.manual_seed(seed)
    clip, t5 = _tokenizers(transformers)
    text = transformers.CLIPTextConfig(
        hidden_size=32, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2, projection_dim=32,
        vocab_size=len(clip), bos_token_id=clip.bos_token_id, eos_token_id=clip.eos_token_id,
        pad_token_id=clip.pad_token_id,
    )  # fmt: skip
    words = transformers.T5Config(d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4, vocab_size=len(t5))
    parts: dict[str, Any] = {
        "transformer": diffusers.FluxTransformer2DModel(
            # The filling one reads the masked picture and its mask beside what it draws.
            patch_size=1, in_channels=16 + 16 + 256 if kind == "FluxFillPipeline" else 16, out_channels=16,
            num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=32,
            pooled_projection_dim=32, axes_dims_rope=(4, 4, 8), guidance_embeds=True,
        ),
        "vae": diffusers.AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(4, 4, 8, 8), layers_per_block=1, latent_channels=4, norm_num_groups=2,
            use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.0609, scaling_factor=1.5035,
        ),
        "text_encoder": transformers.CLIPTextModel(text),
        "text_encoder_2": transformers.T5EncoderModel(words),
        "tokenizer": clip,
        "tokenizer_2": t5,
        "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
    }  # fmt: skip
    getattr(diffusers, kind)(**parts).save_pretrained(folder)
    return folder


def _tokenizers(transformers: Any) -> tuple[Any, Any]:
    characters = [one for one in string.printable if one.isprintable() and not one.isspace()]
    ends = ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {one: at for at, one in enumerate([*characters, *(f"{one}</w>" for one in characters), *ends])}
    clip = transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)
    pieces = [(one, 0.0) for one in ("<pad>", "</s>", "<unk>", "▁", *characters)]
    return clip, transformers.T5Tokenizer(vocab=pieces, extra_ids=0)
