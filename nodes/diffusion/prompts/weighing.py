"""Prompts with weights, breaks and more words than an encoder reads at once; and encoders that end some layers early.

A word's vectors are moved on the line that leads from those of an empty prompt at its place: 0 is the empty prompt's, 1
the word's own, 1.3 goes beyond (the way of ComfyUI's encoders). That works for encoders that give each word its vectors
(CLIP, T5), in whatever pipeline they are: the tokenizer and the encoder of one call are stood in for. Where nothing is
weighed, what they give is theirs to the bit.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from ..doors import Door
from .syntax import Piece

_FIRST, _BREAK = 0x10F000, "\U0010f8ff"
_MARK = re.compile("[\U0010f000-\U0010f8ff]")
_WEIGHABLE = ("CLIPText", "T5Encoder", "UMT5Encoder")


class Marks:
    """Weights as characters that no prompt has: each says what the words after it weigh, and they pass any template."""

    def __init__(self) -> None:
        self.weights: list[float] = [1.0]

    def marked(self, said: list[Piece]) -> str:
        """A text with a mark where a weight begins, and where a break is."""
        made, now = "", 1.0
        for piece in said:
            if piece is None:
                made += _BREAK
                continue
            if piece[1] != now:
                now = piece[1]
                self.weights += [now] * (now not in self.weights)
                made += chr(_FIRST + self.weights.index(now))
            made += piece[0]
        return made if now == 1 else made + chr(_FIRST)

    def read(self, text: str) -> tuple[str, list[float], list[int]]:
        """The words of a marked text, the weight of each of its characters, and where its breaks are."""
        words, weights, breaks, now = "", [], [], 1.0
        for character in text:
            if character == _BREAK:
                breaks.append(len(words))
                words, weights = words + " ", [*weights, now]
            elif _MARK.match(character):
                now = self.weights[ord(character) - _FIRST]
            else:
                words, weights = words + character, [*weights, now]
        return words, weights, breaks


def weighs(pipe: Any) -> bool:
    """Whether the words of a pipeline's prompts can be weighed."""
    return any(_can(encoder) for _, encoder in _pairs(pipe).values())


def reads_on(pipe: Any) -> bool:
    """Whether CLIP's vectors are what the denoiser reads, so that chunk after chunk can be put in a row."""
    kinds = [type(pipe.components.get(name)).__name__ for name in ("text_encoder", "text_encoder_2")]
    first = [kind.startswith("CLIPText") or kind == "NoneType" for kind in kinds]
    return all(first) and any(kind != "NoneType" for kind in kinds) and not pipe.components.get("text_encoder_4")


def _pairs(pipe: Any) -> dict[str, tuple[Any, Any]]:
    """Tokenizer and encoder, by what ends their names."""
    parts = pipe.components
    return {name[len("tokenizer"):]: (part, parts[encoder]) for name, part in parts.items()
            if name.startswith("tokenizer") and part is not None
            and parts.get(encoder := "text_encoder" + name[len("tokenizer"):]) is not None}


def _can(encoder: Any) -> bool:
    return type(encoder).__name__.startswith(_WEIGHABLE)


def chunks(pipe: Any, texts: list[str], marks: Marks) -> int:
    """How many chunks of CLIP's the longest of these marked texts takes."""
    if not reads_on(pipe):
        return 1
    readers = [Reader(tokenizer, marks) for tokenizer, encoder in _pairs(pipe).values() if _is_clip(encoder)]
    return max((len(reader.stretches(text)) for reader in readers for text in texts), default=1)


def weighing(pipe: Any, marks: Marks, count: int = 1, clip_skip: int = 0) -> Any:
    """A copy of the pipeline whose encoders heed marks, read so many chunks, and leave out their last layers."""
    made = copy.copy(pipe)
    for ending, (tokenizer, encoder) in _pairs(pipe).items():
        if _can(encoder):
            reader = Reader(tokenizer, marks, count if _is_clip(encoder) else 0)
            made.__dict__["tokenizer" + ending] = reader
            made.__dict__["text_encoder" + ending] = Weigher(encoder, reader, clip_skip if _is_clip(encoder) else 0)
        else:
            made.__dict__["tokenizer" + ending] = Reader(tokenizer, marks)
    return made


def _is_clip(encoder: Any) -> bool:
    return type(encoder).__name__.startswith("CLIPText")


class Reader(Door):
    """A tokenizer that reads marked texts, and knows the weights of the tokens it gave.

    chunks: of CLIP's, to be filled with words and put in a row; 0 for a tokenizer that reads as it always does.
    """

    def __init__(self, tokenizer: Any, marks: Marks, chunks: int = 0):
        super().__init__(tokenizer)
        self.marks, self.chunks = marks, chunks
        self.weights: dict[tuple[int, ...], list[float]] = {}

    def __call__(self, text: Any = None, *arguments: Any, **settings: Any) -> Any:
        texts = [text] if isinstance(text, str) else list(text)
        if self.chunks and (settings.get("padding") or settings.get("truncation")):
            return self._in_chunks(texts)
        read = [self.marks.read(one) for one in texts]
        words = [one[0] for one in read]
        located = {"return_offsets_mapping": True} if self.network.is_fast else {}
        made = self.network(words if not isinstance(text, str) else words[0], *arguments, **settings, **located)
        places = made.pop("offset_mapping", None)
        if places is not None:
            rows = (made["input_ids"], places) if not isinstance(text, str) or _nested(made["input_ids"]) else (
                [made["input_ids"]], [places])
            for ids, spots, (_, weights, _) in zip(*rows, read):
                self.weights[tuple(map(int, ids))] = [_at(weights, *map(int, spot)) for spot in spots]
        return made

    def tokenize(self, text: str, *arguments: Any, **settings: Any) -> Any:
        """The tokens of the words alone."""
        return self.network.tokenize(self.marks.read(text)[0], *arguments, **settings)

    def stretches(self, text: str) -> list[tuple[list[int], list[float]]]:
        """The tokens of a marked text with their weights, in stretches that a chunk holds."""
        words, weights, breaks = self.marks.read(text)
        room = self.network.model_max_length - 2
        made: list[tuple[list[int], list[float]]] = []
        for begin, end in zip([0, *breaks], [*breaks, len(words)]):
            read = self.network(words[begin:end], add_special_tokens=False, verbose=False, return_offsets_mapping=True)
            ids, heavy = read["input_ids"], [_at(weights, begin + a, begin + b) for a, b in read["offset_mapping"]]
            made += [(ids[at:at + room], heavy[at:at + room]) for at in range(0, max(len(ids), 1), room)]
        return made

    def _in_chunks(self, texts: list[str]) -> Any:
        import torch
        from transformers import BatchEncoding

        rows, masks = [], []
        for text in texts:
            ids, weights, mask = self._row(self.stretches(text))
            self.weights[tuple(ids)] = weights
            rows.append(ids)
            masks.append(mask)
        return BatchEncoding({"input_ids": torch.tensor(rows), "attention_mask": torch.tensor(masks)})

    def _row(self, stretches: list[tuple[list[int], list[float]]]) -> tuple[list[int], list[float], list[int]]:
        ids: list[int] = []
        weights: list[float] = []
        mask: list[int] = []
        for tokens, heavy in [*stretches, *[([], [])] * (self.chunks - len(stretches))][:self.chunks]:
            over = self.network.model_max_length - 2 - len(tokens)
            ids += [self.network.bos_token_id, *tokens, self.network.eos_token_id, *[self.network.pad_token_id] * over]
            weights += [1.0, *heavy, *[1.0] * (over + 1)]
            mask += [1] * (len(tokens) + 2) + [0] * over
        return ids, weights, mask

    def empty(self, ids: Any) -> Any:
        """The tokens of an empty prompt, of the shape of these."""
        if self.chunks:
            row = self._row([])[0]
        else:
            row = self.network("", padding="max_length", max_length=ids.shape[1], truncation=True)["input_ids"]
        return ids.new_tensor(row)[None].expand(ids.shape)


def _nested(ids: Any) -> bool:
    return bool(getattr(ids, "ndim", 1) == 2 or (len(ids) and isinstance(ids[0], list)))


def _at(weights: list[float], begin: int, end: int) -> float:
    """The weight of a token of these characters: that of its last one, since the first may be the space before it."""
    return weights[end - 1] if end > begin else 1.0


class Weigher(Door):
    """A text encoder that moves the vectors of weighed words, reads chunk after chunk, and ends some layers early."""

    def __init__(self, encoder: Any, reader: Reader, skip: int = 0):
        super().__init__(encoder)
        self.reader, self.skip = reader, skip

    def __call__(self, input_ids: Any, *arguments: Any, **settings: Any) -> Any:
        import torch

        made = self._encoded(input_ids, arguments, settings)
        weights = [self.reader.weights.get(tuple(row)) or [1.0] * len(row) for row in input_ids.tolist()]
        if all(weight == 1 for row in weights for weight in row):
            return made
        empty = self._encoded(self.reader.empty(input_ids), arguments, settings)
        heavy = torch.tensor(weights, dtype=torch.float32, device=input_ids.device)[..., None]

        def moved(own: Any, nothing: Any) -> Any:
            line = nothing + heavy * (own.float() - nothing)
            return torch.where(heavy == 1, own, line.to(own.dtype))
        return _changed(made, lambda name, own: moved(own, empty[name].float()),
                        lambda number, own: moved(own, empty["hidden_states"][number].float()))

    def _encoded(self, ids: Any, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
        length = self.reader.network.model_max_length
        rows = self.reader.chunks if self.reader.chunks > 1 and ids.shape[1] == length * self.reader.chunks else 1
        if self.skip:
            settings = {**settings, "output_hidden_states": True}
        if rows == 1:
            return self._ended(self.network(ids, *arguments, **settings))
        settings = {name: value.reshape(-1, length) if getattr(value, "shape", None) == ids.shape else value
                    for name, value in settings.items()}
        made = self._ended(self.network(ids.reshape(-1, length), *arguments, **settings))

        def row(own: Any) -> Any:
            return own.reshape(len(ids), -1, own.shape[-1])
        return _changed(made, lambda _, own: row(own), lambda _, own: row(own), lambda own: own[::rows])

    def _ended(self, made: Any) -> Any:
        """What the encoder would give without its last layers. What it says of the whole prompt stays."""
        if not self.skip:
            return made
        states = made.hidden_states[:-self.skip]
        norm = next(part for name, part in self.network.named_modules() if name.endswith("final_layer_norm"))
        last = norm(states[-1])
        changed = _changed(made, lambda _, own: last, lambda number, own: own)
        return type(made)(**{**changed, "hidden_states": states})


def _changed(made: Any, last: Any, state: Any, whole: Any = lambda own: own) -> Any:
    """An encoder's output with other vectors of its words, in all layers, and others of the whole prompt."""
    values = {name: last(name, value) if name == "last_hidden_state"
              else tuple(state(number, own) for number, own in enumerate(value)) if name == "hidden_states"
              else whole(value) if name in ("pooler_output", "text_embeds") else value for name, value in made.items()}
    return type(made)(**values)
