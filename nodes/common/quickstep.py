"""A small Llama's steps without its modules: of a network of a few million weights, most of the time is Python's.

transformers calls some eighty modules a token, with hooks, masks and settings looked up anew in each. Here are the same
sums on the same weights (Touvron et al., LLaMA, 2023, section 2.2; Su et al., RoFormer, 2021), in some six tenths of
the time; the last bits may differ.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from .context import context_length

SMALL = 30_000_000  # weights up to which Python counts for more than they do; they are copied
WINDOW = 4096  # tokens that there is room for, of a network that states no end
_PLAIN_ROPE = ("default", "linear", "llama3")  # positions turn the same whatever is shown


def stepped(network: Any) -> Any:
    """Something to call in the place of a network: a QuickLlama where that is small, on the CPU and unchanged.

    It is called as the network is: input_ids int (rows, tokens), past_key_values what the call before gave, or None; it
    gives logits float32 (rows, 1, vocabulary), those after the last token, and past_key_values.
    """
    return QuickLlama(network) if _is_plain(network) else network


def _is_plain(network: Any) -> bool:
    """Whether a network is a Llama of float32 on the CPU that nothing was put on or taken from."""
    from transformers import LlamaForCausalLM

    if type(network) is not LlamaForCausalLM or network.training or getattr(network, "hf_device_map", None):
        return False
    config = network.config
    turns = (config.rope_parameters or {}).get("rope_type", "default")
    if turns not in _PLAIN_ROPE or config.attention_bias or config.mlp_bias:
        return False
    weights = list(network.parameters())
    if sum(weight.numel() for weight in weights) > SMALL:
        return False
    return all(str(weight.dtype) == "torch.float32" and weight.device.type == "cpu" for weight in weights) and not any(
        _is_changed(module) for module in network.modules())


def _is_changed(module: Any) -> bool:
    """Whether something sees or changes what goes through a module: hooks, an adapter, a method put over its own."""
    hooked = module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module)
    return bool(hooked) or not type(module).__module__.startswith(("transformers.", "torch.nn."))


class QuickLlama:
    """The steps of a Llama, on its weights; another attribute is the network's."""

    def __init__(self, network: Any):
        import torch

        self.network, config = network, network.config
        self.heads, self.head_size = config.num_attention_heads, network.model.layers[0].self_attn.head_dim
        self.shared = config.num_key_value_heads
        self.room = int(min(context_length(network), WINDOW))
        self.layers = [_Layer(layer) for layer in network.model.layers]
        self.embedding, self.head = network.model.embed_tokens.weight.detach(), network.lm_head.weight.detach()
        self.norm, self.epsilon = network.model.norm.weight.detach(), config.rms_norm_eps
        cos, sin = network.model.rotary_emb(network.model.embed_tokens.weight, torch.arange(self.room)[None])
        self.turns = cos[0], sin[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    def __call__(self, input_ids: Any, past_key_values: Any = None, use_cache: bool = True) -> Any:
        """As `stepped` says. What was seen is kept in its memory, as far as there is room."""
        import torch
        import torch.nn.functional as F

        rows, count = input_ids.shape
        memory = past_key_values or Memory(self, rows)
        seen = memory.seen
        end = seen + count
        if end > self.room:
            raise ValueError(f"{end} tokens are more than the {self.room} that there is room for")
        cos, sin = (turn[seen:end] for turn in self.turns)
        mask = torch.ones(count, end, dtype=torch.bool).tril(seen) if count > 1 else None
        state = self.embedding[input_ids]
        for layer, (keys, values) in zip(self.layers, memory.layers, strict=True):
            mixed = F.linear(self._normed(state, layer.before), layer.attend)
            mixed = mixed.view(rows, count, -1, self.head_size).transpose(1, 2)
            turned = mixed[:, :self.heads + self.shared]
            halves = turned.chunk(2, -1)
            turned = turned * cos + torch.cat((-halves[1], halves[0]), -1) * sin
            keys[:, :, seen:end] = turned[:, self.heads:]
            values[:, :, seen:end] = mixed[:, self.heads + self.shared:]
            heard = F.scaled_dot_product_attention(turned[:, :self.heads], keys[:, :, :end], values[:, :, :end],
                                                   attn_mask=mask, enable_gqa=self.shared != self.heads)
            state = state + F.linear(heard.transpose(1, 2).reshape(rows, count, -1), layer.gather)
            gate, up = F.linear(self._normed(state, layer.after), layer.widen).chunk(2, -1)
            state = state + F.linear(layer.act(gate) * up, layer.narrow)
        memory.seen = end
        logits = F.linear(self._normed(state[:, -1:], self.norm), self.head)
        return SimpleNamespace(logits=logits, past_key_values=memory)

    def _normed(self, state: Any, weight: Any) -> Any:
        import torch

        return torch.rms_norm(state, weight.shape, weight, self.epsilon)


class Memory:
    """Keys and values of what a QuickLlama has seen, float32 (rows, heads, room, size) each for each layer."""

    def __init__(self, llama: QuickLlama, rows: int):
        import torch

        shape = rows, llama.shared, llama.room, llama.head_size
        self.seen = 0
        self.layers = [(torch.empty(shape), torch.empty(shape)) for _ in llama.layers]


class _Layer:
    """The weights of a layer, with those side by side that are read together."""

    def __init__(self, layer: Any):
        import torch

        attention, network = layer.self_attn, layer.mlp
        self.attend = torch.cat((attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight)).detach()
        self.widen = torch.cat((network.gate_proj.weight, network.up_proj.weight)).detach()
        self.gather, self.narrow = attention.o_proj.weight.detach(), network.down_proj.weight.detach()
        self.act = network.act_fn
        self.before, self.after = layer.input_layernorm.weight.detach(), layer.post_attention_layernorm.weight.detach()
