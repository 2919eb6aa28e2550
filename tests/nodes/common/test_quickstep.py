"""The steps of a small Llama: the numbers of transformers', and only where nothing was put on the network."""

from types import MethodType

import pytest

torch = pytest.importorskip("torch")

from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM  # noqa: E402

from nodegraph_nodes.common import quickstep  # noqa: E402
from nodegraph_nodes.common.quickstep import QuickLlama, stepped  # noqa: E402

SHAPES = {"plain": {}, "shared heads": {"num_key_value_heads": 2}, "tied": {"tie_word_embeddings": True}, "wide heads": {"head_dim": 12},
          "far": {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}}}


def llama(**settings):
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**{**dict(vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                                                  max_position_embeddings=64, initializer_range=0.3), **settings})).eval()


@pytest.mark.parametrize("shape", SHAPES)
def test_all_steps_are_those_of_transformers(shape):
    network, ids = llama(**SHAPES[shape]), torch.randint(0, 40, (2, 30), generator=torch.Generator().manual_seed(1))
    quick, ours, theirs, at = stepped(network), None, None, 0
    assert type(quick) is QuickLlama
    with torch.no_grad():
        for count in (7, 1, 1, 9, 1, 11):  # what follows by itself is shown at once, what is drawn alone
            shown = ids[:, at:at + count]
            ours = quick(input_ids=shown, past_key_values=ours and ours.past_key_values, use_cache=True)
            theirs = network(input_ids=shown, past_key_values=theirs and theirs.past_key_values, use_cache=True)
            torch.testing.assert_close(ours.logits[:, -1], theirs.logits[:, -1], rtol=1e-4, atol=1e-5)
            at += count
    assert at == 30 and quick.device == network.device and quick.config is network.config


def test_more_than_there_is_room_for_is_refused():
    with torch.no_grad(), pytest.raises(ValueError, match="65 tokens are more than the 64"):
        stepped(llama())(input_ids=torch.zeros(1, 65, dtype=torch.long))


def hooked(network):
    network.model.layers[1].mlp.register_forward_hook(lambda *_: None)


def overlaid(network):
    network.model.norm.forward = MethodType(lambda self, state: state, network.model.norm)


def adapted(network):
    class Adapter(torch.nn.Linear):
        """As adapters of peft put a module of their own in the place of one."""

    network.model.layers[0].self_attn.q_proj = Adapter(32, 32, bias=False)


@pytest.mark.parametrize("change", [hooked, overlaid, adapted, LlamaForCausalLM.half, LlamaForCausalLM.train])
def test_a_network_that_was_changed_is_called_itself(change):
    network = llama()
    change(network)
    assert stepped(network) is network


def test_other_networks_and_large_ones_are_called_themselves(monkeypatch):
    for network in (GPT2LMHeadModel(GPT2Config(vocab_size=40, n_positions=16, n_embd=16, n_layer=1, n_head=2)).eval(), llama(attention_bias=True),
                    llama(rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0})):
        assert stepped(network) is network
    monkeypatch.setattr(quickstep, "SMALL", 1000)
    network = llama()
    assert stepped(network) is network
