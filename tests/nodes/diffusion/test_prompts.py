"""What of a prompt is not read, or means nothing here, is told; what is harmless is not."""

import warnings

import pytest

from nodegraph import SILENT, InputError
from nodegraph.warning import collected
from nodegraph_nodes.diffusion.calls import dice, paint_whole
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.paint import paint
from nodegraph_nodes.diffusion.prompts import tell_of_prompt
from nodegraph_nodes.diffusion.sample import sample
from nodegraph_nodes.diffusion.samplers import Sampling

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")


def told(call, *arguments, **more):
    """The sentences of a call, but for what every Flux of these tests is told of its size."""
    with collected() as remarks:
        call(*arguments, **more)
    return [remark.sentence for remark in remarks if "is far from the 256 x 256" not in remark.sentence]


def test_a_prompt_beyond_what_t5_reads_is_told_with_the_words_left_out(models, capfd):
    text = "a boat and some people on it, " * 12
    assert told(encode, models["pixart"], text) == [  # a letter each, but for the first, which marks a word, and the last
        "prompt has 360 tokens, and this model reads 299; left out is '" + text[298:].strip() + "'"]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", ["sd", "xl", "sd3"])
def test_a_prompt_of_any_length_is_read_to_its_end_by_clip(models, kind, capfd):
    assert told(encode, models[kind], "a boat and some people on it", "no people and no houses at all") == []
    assert capfd.readouterr().err == ""


def test_words_that_one_of_the_encoders_reads_are_not_lost(models):
    assert told(encode, models["flux"], "a boat and some people on it") == []  # T5 reads 512 tokens
    assert told(encode, models["flux"], "a boat and some people on it", max_sequence_length=8) == [
        "prompt has 22 tokens, and this model reads 14; left out is 'ople on it'"]  # so CLIP reads further


def test_a_pipeline_that_is_run_as_a_whole_tells_of_a_long_prompt_too(models):
    sentences = told(paint_whole, models["whole"], SILENT, Sampling(), prompt="a boat and some people on it", width=32,
                     height=32, num_inference_steps=1, generator=dice(3))
    assert sentences == ["prompt has 22 tokens, and this model reads 14; left out is 'ople on it'"]


@pytest.mark.parametrize("text, shown", [("a (red:1.5) boat", "(red:1.5)"), ("a [red] boat", "[red]"),
                                         ("<lora:x:1> boat", "<lora:x:1>"), ("a ((red)) boat", "((red))"),
                                         ("(a red boat:0.8)", "(a red boat:0.8)")])
def test_signs_that_a_pipeline_run_as_a_whole_cannot_heed_are_told_to_be_letters(models, text, shown):
    sentences = told(tell_of_prompt, models["flux"], "prompt", text)
    assert len(sentences) == 1 and f"prompt holds '{shown}', " in sentences[0] and "read as letters" in sentences[0]


@pytest.mark.parametrize("text, shown", [("a [red] boat", "[red]"), ("a ((red)) boat", "((red))")])
def test_signs_without_a_number_are_told_to_be_letters_until_all_are_asked_for(models, text, shown):
    assert told(encode, models["sd"], text) == [
        f"prompt holds '{shown}', whose signs are read as letters; `signs: all` makes weights of them, and (words:1.1) is "
        "one with a number"]
    assert told(encode, models["sd"], text, signs="all") == told(encode, models["sd"], text, signs="none") == []
    assert told(encode, models["sd"], "a (red:1.5) boat [a:b:0.5] [x|y]") == []


@pytest.mark.parametrize("text", ["a boat (red)", "at 7:30, a boat", "a < b", "boat, 8k", ""])
def test_plain_signs_are_not_told(models, text):
    assert told(tell_of_prompt, models["flux"], "prompt", text) == []


@pytest.mark.parametrize("kind", ["sd", "xl", "sd3", "pixart"])
@pytest.mark.parametrize("scale, effect", [(0, False), (0.5, False), (1, False), (1.5, True)])
def test_a_negative_prompt_without_guidance_is_told_to_have_no_effect(models, kind, scale, effect):
    side = 256 if kind == "pixart" else 32
    sentences = told(paint, models[kind], "a boat", "dog", steps=1, guidance_scale=scale, width=side, height=side)
    assert sentences == ([] if effect else
                         [f"negative_prompt has no effect at a guidance_scale of {scale:g}; it takes more than 1"])
    assert told(paint, models[kind], "a boat", steps=1, guidance_scale=scale, width=side, height=side) == []


def test_it_is_told_as_well_where_encoding_and_sampling_are_two_nodes(models):
    conditioning = encode(models["sd"], "a boat", "dog")
    assert told(sample, models["sd"], conditioning, steps=1, guidance_scale=1) == [
        "negative_prompt has no effect at a guidance_scale of 1; it takes more than 1"]
    assert told(sample, models["sd"], encode(models["sd"], "a boat"), steps=1, guidance_scale=1) == []


@pytest.mark.parametrize("kind, side", [("flux", 256), ("whole", 32)])
def test_a_family_that_takes_no_negative_prompt_says_so(models, kind, side):
    with pytest.raises(InputError, match="takes no negative_prompt"):
        paint(models[kind], "a boat", "dog", steps=1, width=side, height=side)


def test_what_libraries_say_for_those_who_write_code_is_not_told(models, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "__array__", DeprecationWarning)
        paint(models["pixart"], "a boat", steps=1)
    assert capfd.readouterr().err == ""
