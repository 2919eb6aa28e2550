"""Weights, chunks, breaks and clip skip against what plain encoders give."""

import copy

import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.diffusion.conditioning import encoded
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.prompts.weighing import Marks, weighing

from .test_prompts import told

KINDS = ["sd", "xl", "sd3", "flux"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_of_one_everywhere_is_the_plain_encoding_to_the_bit(models, kind):
    negative = "" if kind == "flux" else "dog"
    plain = encoded(models[kind], "a red boat", negative)
    assert plain.keys() == encode(models[kind], "a (red:1.0) boat", negative).tensors.keys()
    stood_in = encoded(weighing(models[kind], Marks()), "a red boat", negative)
    for name, tensor in plain.items():
        assert torch.equal(tensor, encode(models[kind], "a (red:1.0) boat", negative).tensors[name])
        assert torch.equal(tensor, stood_in[name])


# the places of "red" among the tokens: 16 of CLIP (a mark first), then those of T5 ("▁a▁red▁boat")
@pytest.mark.parametrize("kind, places", [("sd", [2, 3, 4]), ("xl", [2, 3, 4]), ("sd3", [2, 3, 4]), ("flux", [2, 3, 4, 5])])
def test_a_weighed_word_lies_on_the_line_from_the_empty_prompt_and_no_other_moves(models, kind, places):
    own, empty = (encode(models[kind], text).tensors["prompt_embeds"] for text in ("a red boat", ""))
    made = encode(models[kind], "a (red:1.3) boat").tensors["prompt_embeds"]
    rest = [place for place in range(own.shape[1]) if place not in places]
    assert torch.equal(made[:, rest], own[:, rest])
    assert torch.allclose(made[:, places], empty[:, places] + 1.3 * (own[:, places] - empty[:, places]), atol=1e-6)
    assert (made[:, places] - own[:, places]).abs().amax(-1).min() > 1e-4


def test_a_negative_prompt_is_weighed_by_its_own_signs(models):
    both = encode(models["sd"], "red", "(red:0.5)").tensors
    assert torch.equal(both["prompt_embeds"], encode(models["sd"], "red").tensors["prompt_embeds"])
    assert torch.equal(both["negative_prompt_embeds"], encode(models["sd"], "(red:0.5)").tensors["prompt_embeds"])
    assert not torch.equal(both["negative_prompt_embeds"], both["prompt_embeds"])


@pytest.mark.parametrize("kind", ["sd", "xl"])
def test_a_long_prompt_is_read_in_chunks_as_each_alone_would_be(models, kind):
    # 14 letters a chunk
    long, *short = (encode(models[kind], text).tensors for text in (
        "a boat and canals by night", "a boat and canals", "by night"))
    assert torch.allclose(long["prompt_embeds"], torch.cat([part["prompt_embeds"] for part in short], 1), atol=1e-6)
    assert long["negative_prompt_embeds"].shape == long["prompt_embeds"].shape
    if kind == "xl":
        assert torch.allclose(long["pooled_prompt_embeds"], short[0]["pooled_prompt_embeds"], atol=1e-6)
    assert told(encode, models[kind], "a boat and canals by night") == []


def test_a_break_begins_a_chunk(models):
    made = encode(models["sd"], "a red BREAK (boat:1.2)").tensors["prompt_embeds"]
    parts = [encode(models["sd"], text).tensors["prompt_embeds"] for text in ("a red", "(boat:1.2)")]
    assert torch.allclose(made, torch.cat(parts, 1), atol=1e-6)


@pytest.mark.parametrize("kind, skip, layers", [("sd", 1, 1), ("xl", 0, 2)])
def test_clip_skip_gives_what_an_encoder_without_its_last_layers_gives(models, kind, skip, layers):
    short = copy.copy(models[kind])
    short.__dict__["text_encoder"] = encoder = copy.deepcopy(models[kind].text_encoder)
    inner = next(part for part in encoder.modules() if hasattr(part, "layers"))
    inner.layers = inner.layers[:layers]
    made = encode(models[kind], "a red boat", clip_skip=skip).tensors["prompt_embeds"]
    assert torch.equal(made, encode(short, "a red boat").tensors["prompt_embeds"])
    assert skip == 0 or not torch.equal(made, encode(models[kind], "a red boat").tensors["prompt_embeds"])


def test_clip_skip_and_weights_go_together(models):
    own, empty = (encode(models["sd"], text, clip_skip=1).tensors["prompt_embeds"] for text in ("red", ""))
    made = encode(models["sd"], "(red:2)", clip_skip=1).tensors["prompt_embeds"]
    assert torch.allclose(made[:, 1:4], 2 * own[:, 1:4] - empty[:, 1:4], atol=1e-6)


def test_more_layers_than_there_are_and_families_without_them_are_told(models):
    with pytest.raises(InputError, match="clip_skip is 2, and this model's encoder has 2 layers; it takes up to 1"):
        encode(models["sd"], "a boat", clip_skip=2)
    with pytest.raises(InputError, match="a FluxPipeline does not read its prompts word by word with CLIP"):
        encode(models["flux"], "a boat", clip_skip=1)


def test_a_language_model_weighs_no_words_and_that_is_told(tmp_path):
    from . import tiny

    model = tiny.live("qwen_image", tmp_path / "qwen")
    sentences = told(encode, model, "a (red:1.3) boat")
    assert len(sentences) == 1 and "holds weights or breaks, which have no effect: a QwenImagePipeline" in sentences[0]
    assert torch.equal(encode(model, "a (red:1.0) boat").tensors["prompt_embeds"], encoded(model, "a red boat", "")[
        "prompt_embeds"])


def test_t5_alone_weighs_words_too(models):
    own = encode(models["pixart"], "a red boat").tensors["prompt_embeds"]
    made = encode(models["pixart"], "a (red:1.3) boat").tensors["prompt_embeds"]
    assert [place for place in range(own.shape[1]) if not torch.equal(own[0, place], made[0, place])] == [2, 3, 4, 5]
