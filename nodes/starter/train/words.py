"""A tokenizer for English and Chinese in CLIP's format."""

from __future__ import annotations

import json

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

POOLED_SCALE = 4.0  # so that the pooled codes weigh as much as the time embedding when the denoiser begins


def new_tokenizer(english: list[str], chinese: list[str], length: int) -> CLIPTokenizer:
    """A byte-level BPE in CLIP's format: merges learned from English captions, one token for each Chinese character.

    Chinese is written without spaces, so merges learned from it would be whole phrases. A character gets its own
    merges instead, once inside a run and once at its end (where CLIP's tokens carry `</w>`).
    """
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.normalizer = normalizers.Lowercase()
    learner.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner.train_from_iterator(english, trainers.BpeTrainer(
        vocab_size=1100, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False))
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
    merges += _character_merges({c for text in chinese for c in text if "\u4e00" <= c <= "\u9fff"})
    words = alphabet + [letter + "</w>" for letter in alphabet] + ["".join(pair) for pair in merges]
    vocabulary = {word: k for k, word in enumerate(dict.fromkeys((*words, "<|startoftext|>", "<|endoftext|>")))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=length)


def _character_merges(characters: set[str]) -> list[tuple[str, str]]:
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    merges: dict[tuple[str, str], None] = {}
    for character in sorted(characters):
        first, second, third = byte_level.pre_tokenize_str(character)[0][0]
        merges |= dict.fromkeys([(first, second), (first + second, third), (first + second, third + "</w>")])
    return list(merges)
