"""Words that were learned (textual inversion: Gal et al., 2022): vectors under a name, added to a text encoder."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from nodegraph import InputError, Recipe

from .components import rebuilt

_OF_ENCODER = {"clip_l": "text_encoder", "clip_g": "text_encoder_2"}  # in files for Stable Diffusion XL


class Words:
    """The learned words that are in the encoders of a pipeline, and how these were before."""

    def __init__(self) -> None:
        self.before: list[tuple[Any, Any, int]] = []  # encoders, their rows and how many

    def put_on(self, pipe: Any, patches: list[Recipe]) -> Any:
        """A pipeline whose encoders know the words, and whose tokenizers are copies that know their names."""
        if not patches:
            return pipe
        if not hasattr(pipe, "load_textual_inversion"):
            raise InputError(f"a {type(pipe).__name__} takes no learned words (textual inversion); leave that out")
        tokenizers = {name: copy.deepcopy(part) for name, part in pipe.components.items() if name.startswith("tokenizer")}
        pipe = rebuilt(pipe, tokenizers)
        for patch in patches:
            self.learn(pipe, patch)
        return pipe

    def learn(self, pipe: Any, patch: Recipe) -> None:
        """Add one word."""
        token = dict(patch.options)["token"]
        for slot, vectors in embeddings(Path(patch.folder)).items():
            encoder, tokenizer = (pipe.components.get(name) for name in (slot, slot.replace("text_encoder", "tokenizer")))
            if encoder is None:
                continue
            rows = encoder.get_input_embeddings()
            if vectors.shape[-1] != rows.weight.shape[-1]:
                raise InputError(f"{patch.source} holds vectors of {vectors.shape[-1]} numbers, and the {slot} of this model "
                                 f"reads {rows.weight.shape[-1]}; it was learned for another family of models")
            if token in tokenizer.get_vocab():
                raise InputError(f"token {token!r} is a word that this model has already; choose another, as <{token}>")
            if all(encoder is not known for known, _, _ in self.before):
                self.before.append((encoder, rows.weight.data, rows.num_embeddings))
            pipe.load_textual_inversion({token: vectors}, token=token, text_encoder=encoder, tokenizer=tokenizer)

    def take_off(self) -> None:
        """Give the encoders back the rows that they had."""
        for encoder, data, count in self.before:
            rows = encoder.get_input_embeddings()
            rows.weight.data, rows.num_embeddings = data, count
            encoder.config.vocab_size = count
        self.before = []


def embeddings(path: Path) -> dict[str, Any]:
    """The vectors of a file, float (count, width), by the encoder that they are for.

    Three layouts are read: one tensor under the name of the word (diffusers), `emb_params` (A1111), and one tensor for
    each encoder (clip_l, clip_g). Raises InputError for another.
    """
    from safetensors.torch import load_file

    tensors = load_file(path)
    if set(tensors) & set(_OF_ENCODER):
        return {_OF_ENCODER[name]: _rows(vectors) for name, vectors in tensors.items() if name in _OF_ENCODER}
    vectors = tensors.get("emb_params")
    if vectors is None and len(tensors) == 1:
        vectors = next(iter(tensors.values()))
    if vectors is None or vectors.ndim > 2:
        raise InputError(f"{path.name} holds no learned word: one tensor under its name, emb_params, or clip_l and clip_g")
    return {"text_encoder": _rows(vectors)}


def _rows(vectors: Any) -> Any:
    return vectors[None] if vectors.ndim == 1 else vectors


def word_of(path: Path) -> str:
    """The name under which a file gives its word, or else the file's own."""
    from ...common.weights import header

    names = list(header(path))
    if len(names) == 1 and names[0] != "emb_params":
        return names[0]
    return path.stem
