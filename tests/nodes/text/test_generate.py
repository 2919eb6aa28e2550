"""Writing with a language model: the dice, the limits, and how it is loaded."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch

from nodegraph import Cancelled, InputError, Recipe
from nodegraph_nodes.common.context import context_length, finite
from nodegraph_nodes.common.sampling import next_token, penalised, probabilities
from nodegraph_nodes.text.generate import generate
from nodegraph_nodes.text.models import Writer, load, size


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
    with pytest.warns(UserWarning, match="the text ends after 4 tokens: with the prompt they fill the 64 that"):
        generate(writer, "a" * 60, max_tokens=100, ctx=listener)
    assert len(listener.reports) == 4


@pytest.mark.parametrize("kind, settings", [
    ("Mpt", {"d_model": 32, "n_heads": 2, "n_layers": 1, "max_seq_len": 16}),
    ("GPT2", {"n_embd": 32, "n_head": 2, "n_layer": 1, "n_positions": 16}),
    ("OPT", {"hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 1, "ffn_dim": 32,
             "word_embed_proj_dim": 32, "max_position_embeddings": 16}),
])
def test_the_context_is_known_by_each_of_its_names(writer, listening, kind, settings):
    import transformers

    model = {"GPT2": "GPT2LMHeadModel"}.get(kind, f"{kind}ForCausalLM")
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    config = getattr(transformers, f"{kind}Config")(vocab_size=258, **ends, **settings)
    short = Writer(getattr(transformers, model)(config).eval(), writer.tokenizer)
    short.model.generation_config.eos_token_id = 300
    listener = listening()
    with pytest.warns(UserWarning, match="the text ends after 6 tokens: with the prompt they fill the 16"):
        generate(short, "a" * 10, max_tokens=100, ctx=listener)
    assert len(listener.reports) == 6


def test_a_context_that_no_setting_names_is_read_off_the_table_of_positions():
    network = torch.nn.ModuleDict({"wpe": torch.nn.Embedding(24, 4), "wte": torch.nn.Embedding(99, 4)})
    network.config = SimpleNamespace(max_position_embeddings=None)
    assert context_length(network) == 24
    network.config = SimpleNamespace(n_ctx=8)
    assert context_length(network) == 8
    assert context_length(SimpleNamespace(config=SimpleNamespace())) == float("inf")


def test_logits_that_are_no_numbers_are_refused_and_forbidden_ones_are_not():
    assert finite(torch.tensor([0.0, -torch.inf])).tolist() == [0.0, -torch.inf]
    for logits in ([0.0, torch.nan], [0.0, torch.inf], [-torch.inf, -torch.inf]):
        with pytest.raises(InputError, match="its weights are damaged, or too large for its floating type"):
            finite(torch.tensor(logits))


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
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "model.safetensors").write_bytes(b"\2" + bytes(7) + b"{}")
    with pytest.raises(InputError, match="the tokenizer of empty cannot be read"):
        load(Recipe("LanguageModel", "empty", str(tmp_path)), "cpu", "float32")
    assert logging.is_progress_bar_enabled() == shown
