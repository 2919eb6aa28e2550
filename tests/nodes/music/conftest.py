"""A music model of the real architecture and tokens with random weights, built in a moment."""

import pytest
import torch


@pytest.fixture(scope="session")
def composer_folder(tmp_path_factory):
    """A Llama of one layer beside the tokenizer of the starter composer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from nodegraph_nodes.starter.train.composer_words import tokenizer

    path = tmp_path_factory.mktemp("composer")
    remi = tokenizer()
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(vocab_size=len(remi), hidden_size=16, intermediate_size=32,
                                 num_hidden_layers=1,
                                 num_attention_heads=2, max_position_embeddings=128,
                                 tie_word_embeddings=True)).save_pretrained(path)
    remi.save(path / "tokenizer.json")
    return path


@pytest.fixture(scope="session")
def composer(composer_folder):
    """The live model, loaded as the engine loads it."""
    from nodegraph import Recipe
    from nodegraph_nodes.music.models import load

    return load(Recipe("MusicModel", "tiny", str(composer_folder)), "cpu", "float32")
