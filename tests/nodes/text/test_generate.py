"""Writing with a language model: the dice, the limits, and how it is loaded."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from nodegraph import Cancelled, InputError, Recipe
from nodegraph_nodes.text.generate import generate
from nodegraph_nodes.text.models import load, size
from nodegraph_nodes.common.sampling import next_token, penalised, probabilities


def test_the_same_seed_writes_the_same_words_and_another_seed_writes_others(writer):
    words = [generate(writer, "a boat", seed=seed, max_tokens=20) for seed in (1, 1, 2)]
    assert words[0] == words[1] != words[2]


def test_the_global_dice_are_neither_read_nor_moved(writer):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = generate(writer, "a boat", seed=1, max_tokens=20)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    assert generate(writer, "a boat", seed=1, max_tokens=20) == first


def test_writing_in_four_threads_at_once_gives_what_writing_in_turn_gives(writer):
    def write(seed):
        return generate(writer, "a boat", seed=seed, max_tokens=15)
    in_turn = [write(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(4))) == in_turn


def test_temperature_zero_writes_what_greedy_search_of_transformers_writes(writer):
    prompt = writer.tokenizer("a boat", return_tensors="pt")
    theirs = writer.model.generate(**prompt, max_new_tokens=12, do_sample=False, pad_token_id=1)
    theirs = theirs[0, prompt["input_ids"].shape[1]:]
    ours = generate(writer, "a boat", temperature=0, max_tokens=12)
    assert ours == writer.tokenizer.decode(theirs, skip_special_tokens=True).strip()


def test_each_token_is_reported_with_the_text_so_far(writer, listening):
    listener = listening()
    text = generate(writer, "a boat", seed=1, max_tokens=10, ctx=listener)
    assert [report[:2] for report in listener.reports] == [(n, 10) for n in range(1, 11)]
    assert text.startswith(listener.reports[4][2].strip())


def test_a_run_that_is_stopped_ends_at_the_next_token(writer, listening):
    listener = listening(stop_after=3)
    with pytest.raises(Cancelled):
        generate(writer, "a boat", max_tokens=20, ctx=listener)
    assert len(listener.reports) == 3


def test_the_text_ends_before_the_stop_words(writer):
    whole = generate(writer, "a boat", seed=3, max_tokens=30)
    stop = whole[10:12]
    assert generate(writer, "a boat", seed=3, max_tokens=30, stop=stop) == whole[:whole.index(stop)].strip()


def test_writing_stops_when_the_context_of_the_model_is_full(writer, listening):
    listener = listening()
    generate(writer, "a" * 60, max_tokens=100, ctx=listener)
    assert len(listener.reports) == 4


def test_a_prompt_longer_than_the_context_is_told_in_tokens(writer):
    with pytest.raises(InputError, match="70 tokens and this model reads 64"):
        generate(writer, "a" * 70)


def test_an_empty_prompt_begins_with_the_first_token_of_the_model(writer):
    assert generate(writer, "", seed=1, max_tokens=5)


def test_a_chat_template_is_used_only_when_asked_for(writer, folder):
    from transformers import AutoTokenizer

    from nodegraph_nodes.text.generate import prompt_ids
    from nodegraph_nodes.text.models import Writer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = "{% for m in messages %}[{{ m['content'] }}]{% endfor %}>"
    chatty = Writer(writer.model, tokenizer)
    assert tokenizer.decode(prompt_ids(chatty, "hi", chat=True)) == "[hi]>"
    assert tokenizer.decode(prompt_ids(chatty, "hi", chat=False)) == "hi"


def test_nucleus_and_top_k_keep_the_likeliest_and_never_nothing():
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    assert (probabilities(logits, 1.0, 0, 0.7) > 0).tolist() == [True, True, False, False]
    assert (probabilities(logits, 1.0, 0, 0.0) > 0).tolist() == [True, False, False, False]
    assert (probabilities(logits, 1.0, 3, 1.0) > 0).tolist() == [True, True, True, False]
    assert probabilities(logits, 0.5, 0, 1.0)[0] > 0.5


def test_a_penalty_makes_written_tokens_less_likely_whatever_their_sign():
    out = penalised(torch.tensor([2.0, -2.0, 1.0]), [0, 1, 0], 2.0)
    assert out.tolist() == [1.0, -4.0, 1.0]


def test_tokens_come_up_as_often_as_their_probability_says():
    generator = torch.Generator().manual_seed(0)
    logits = torch.tensor([0.6, 0.3, 0.1]).log()
    drawn = [next_token(logits, [], 1.0, 0, 1.0, 1.0, generator) for _ in range(3000)]
    assert [round(drawn.count(token) / 3000, 1) for token in range(3)] == [0.6, 0.3, 0.1]


def test_a_loaded_model_counts_its_bytes_and_asks_for_no_gradients(writer):
    assert size(writer) == 4 * sum(p.numel() for p in writer.model.parameters()) + sum(
        b.nbytes for b in writer.model.buffers())
    assert not any(p.requires_grad for p in writer.model.parameters())


def test_a_folder_without_a_model_is_named_in_the_error(tmp_path):
    with pytest.raises(InputError, match="my/poet is empty"):
        load(Recipe("LanguageModel", "my/poet", str(tmp_path)), "cpu", "float32")


def test_a_model_larger_than_the_device_is_spread_over_what_there_is(folder, spread):
    load(Recipe("LanguageModel", "tiny", str(folder)), "cpu", "float32")
    load(Recipe("LanguageModel", "tiny", str(folder)).with_option("offload", True), "cpu", "float32")
    assert spread == [None, "auto"]


def test_progress_bars_are_as_they_were_after_a_folder_that_is_none(tmp_path):
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"\2" + bytes(7) + b"{}")
    with pytest.raises(InputError, match="the tokenizer of empty cannot be read"):
        load(Recipe("LanguageModel", "empty", str(tmp_path)), "cpu", "float32")
    assert logging.is_progress_bar_enabled() == shown
