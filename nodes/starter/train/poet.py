"""How the starter poet is made: a byte-level tokenizer and a tiny Llama, taught on verses the grammar writes.

The poet sees every example once. Only the answer counts, and its bound words count more: those copied from the
prompt, which make a verse be about its subject, and the line ends, which must rhyme. Copying a word that was never met
is what a small model learns last, so it is taught on purpose: the subject's words are cut into other pieces than usual
in a third of the examples (much as BPE-dropout does; Provilkov et al., 2020), and at first some rows are drills, random
tokens to be said again (what makes induction heads; Olsson et al., 2022). Where a noun ends it is taught the contrary,
not to go on as it did after the noun's last mention, or a line comes twice (unlikelihood; Welleck et al., 2020).
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from .. import verses
from . import loop

CONTEXT = 256
VOCABULARY, READ = 3072, 12_000  # tokens before the pruning, and the examples they are learned from
COUNTED, LEAST_USED = 6_000, 15  # examples, and how often they must use a token that is kept
END, PAD = "<|end|>", "<|pad|>"
SPACE = "Ġ"  # as byte-level tokens spell it; it stays with the first letter of its word
BATCH = 48
DRILLS, DRILL_STEPS = 8, 2_500  # rows a step beside the examples, and for how long: they also teach to repeat lines
CUT_SHARE = 0.35
BOUND_WEIGHT, NOUN_WEIGHT = 3.0, 5.0
UNLIKE_WEIGHT = 5.0  # against what followed the noun before
SCENE_WEIGHT = 2.0  # scenes are short, and each of their words is a decision
STEPS = 12_000
RECIPE = loop.Recipe(STEPS, learning_rate=3e-3, warmup=150, weight_decay=0.05, betas=(0.9, 0.98), ema=0.998)
WATCHED = ("Verse about two rusty vorgles in the snow. Mood: tense.\n", "诗：海边的一座红色灯楼。心情：忧伤。\n")
MINUTES = 150.0


def train(settings: loop.Settings) -> None:
    """Train the poet and write its folder, in transformers' format, to `settings.out`. Resumes by itself.

    Settings of the stage `refine` go on with the finished poet, on examples it has not seen.
    """
    folder, out = settings.folder, settings.out or Path(__file__).parents[1] / "models" / "poet"
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    if settings.stage == "refine":
        folder, seed = folder / "refine", settings.seed + 1  # other examples than it has seen
        tokenizer = PreTrainedTokenizerFast.from_pretrained(out, trust_remote_code=False)
        poet = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32, trust_remote_code=False)
        recipe = replace(RECIPE, steps=STEPS, minutes=settings.minutes or MINUTES, learning_rate=1.5e-3)
        drill_steps = 0  # it can copy by now
    else:
        drill_steps = DRILL_STEPS
        seed, tokenizer = settings.seed, _tokenizer(folder / "tokenizer.json", settings.seed)
        poet = LlamaForCausalLM(configuration(len(tokenizer)))
        recipe = replace(RECIPE, steps=STEPS, minutes=settings.minutes or MINUTES)
    poet.to(settings.device)
    poet.set_attn_implementation("eager")  # the memory-efficient one's backward is slow on CPUs

    def loss(step: int, _generator: torch.Generator) -> torch.Tensor:
        return answer_loss(poet, batches(tokenizer, seed, step, drill_steps), settings.device)

    def watch(step: int) -> str:
        return " / ".join(_sample(poet, tokenizer, p, settings.device).replace("\n", " | ") for p in WATCHED)

    trained = loop.train("poet", folder, {"poet": poet}, loss, recipe, seed, watch)
    loop.load_averaged(trained, {"poet": poet})
    export(poet, tokenizer, out)


def configuration(vocabulary: int) -> LlamaConfig:
    """The poet's shape: 4 layers, 192 wide, tied embeddings; ids 0 and 1 are the end and the padding."""
    return LlamaConfig(vocab_size=vocabulary, hidden_size=192, intermediate_size=480, num_hidden_layers=4,
                       num_attention_heads=6, num_key_value_heads=6, max_position_embeddings=CONTEXT,
                       tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, pad_token_id=1)


def batches(tokenizer: PreTrainedTokenizerFast, seed: int, step: int, drill_steps: int = 0) -> list[dict[str, torch.Tensor]]:
    """One step's examples, padded in three groups of like length: ids and weights, (n, length), and what is unlike.

    `unlike` lists (row, place, id): at this place of this row, this token is not to be said.
    Before `drill_steps`, drills are among them.
    """
    first = loop.step_seed(seed, step) * 1_000
    rows = [row(tokenizer, verses.example(first + n), random.Random(first + n)) for n in range(BATCH)]
    rows += [_drill(len(tokenizer), random.Random(first + BATCH + n)) for n in range(DRILLS if step < drill_steps else 0)]
    rows.sort(key=lambda row: len(row.ids))
    third = -(-len(rows) // 3)
    return [_padded(rows[at:at + third]) for at in range(0, len(rows), third)]


class Row(NamedTuple):
    """One example: ids; how much each counts (nothing for the prompt, more for bound words); (place, id) not to be said."""

    ids: list[int]
    weights: list[float]
    unlike: list[tuple[int, int]] = []


def row(tokenizer: PreTrainedTokenizerFast, example: verses.Example, rng: random.Random) -> Row:
    """An example as it is trained on."""
    coded = _coder(tokenizer, example.subject.text if rng.random() < CUT_SHARE else "", rng)
    asked = [i for ids, _ in coded(example.prompt) for i in ids][-CONTEXT // 2:]
    nouns, ends = _mentions(example.subject.noun, example.answer), []
    if example.task == "verse":
        ends = [m.span() for m in re.finditer(r"(\S+ \S+ \S+|\w{3})[,.;?，。](?=\n|$)", example.answer)]
    plain = SCENE_WEIGHT if example.task == "scene" else 1.0
    ids, weights = list(asked), [0.0] * len(asked)
    for pieces, (low, high) in coded(example.answer):
        weight = NOUN_WEIGHT if _within(nouns, low, high) else BOUND_WEIGHT if _within(ends, low, high) else plain
        ids += pieces
        weights += [weight] * len(pieces)
    ids, weights = [*ids, 0], [*weights, 1.0]
    if not example.subject.text.strip():  # these also answer an empty prompt, which is a lone end token
        ids, weights = [0] + ids[len(asked):], [0.0] + weights[len(asked):]
    ids, weights = ids[:CONTEXT], weights[:CONTEXT]
    if example.task != "verse" or not nouns:
        return Row(ids, weights)
    said: list[int] = []  # what followed the noun in the prompt
    asked_for = _mentions(example.subject.noun, example.prompt)
    for pieces, place in coded(example.prompt)[::-1]:
        if _within(asked_for, *place):
            break
        said = pieces[:1]
    return Row(ids, weights, _unlike(ids, weights, said))


def _mentions(noun: str, text: str) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(re.escape(noun), text)] if noun else []


def _unlike(ids: list[int], weights: list[float], said: list[int]) -> list[tuple[int, int]]:
    """Right after each mention of the noun: what followed the earlier ones (`said`: that in the prompt)."""
    said, found = list(said), []
    for place in range(1, len(ids)):
        if weights[place - 1] == NOUN_WEIGHT != weights[place]:
            found += [(place, other) for other in dict.fromkeys(said) if other != ids[place]]
            said.append(ids[place])
    return found


def _within(spans: list[tuple[int, int]], low: int, high: int) -> bool:
    return any(low < end and start < high for start, end in spans)


def _coder(tokenizer: PreTrainedTokenizerFast, cut: str, rng: random.Random
           ) -> Callable[[str], list[tuple[list[int], tuple[int, int]]]]:
    """What codes a text as (a word's ids, its place in the text), a word always alike.

    Words that occur in `cut` are, half of the time, cut at one to three random places before they are coded.
    """
    split, model = tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str, tokenizer.backend_tokenizer.model
    memo: dict[str, list[int]] = {}
    for word, _ in split(" " + cut):
        inside = range(2 if word[0] == SPACE else 1, len(word))
        if len(word) > 2 and rng.random() < 0.5:
            places = sorted(rng.sample(inside, min(len(inside), rng.randint(1, 3))))
            parts = [word[low:high] for low, high in zip([0, *places], [*places, len(word)])]
            memo[word] = [token.id for part in parts for token in model.tokenize(part)]

    def coded(text: str) -> list[tuple[list[int], tuple[int, int]]]:
        return [(memo.get(word) or memo.setdefault(word, [token.id for token in model.tokenize(word)]), place)
                for word, place in split(text)]

    return coded


def _drill(vocabulary: int, rng: random.Random) -> Row:
    """Random tokens, and the same again; only the second time counts."""
    said = rng.choices(range(2, vocabulary), k=rng.randint(4, 16))
    return Row(said * 2, [0.0] * len(said) + [1.0] * len(said))


def _padded(rows: list[Row]) -> dict[str, torch.Tensor]:
    longest = max(len(row.ids) for row in rows)
    unlike = [(at, place, other) for at, row in enumerate(rows) for place, other in row.unlike]
    return {"ids": torch.tensor([row.ids + [1] * (longest - len(row.ids)) for row in rows]),
            "weights": torch.tensor([row.weights + [0.0] * (longest - len(row.weights)) for row in rows]),
            "unlike": torch.tensor(unlike, dtype=torch.long).reshape(-1, 3)}


def answer_loss(poet: LlamaForCausalLM, groups: list[dict[str, torch.Tensor]], device: str) -> torch.Tensor:
    """Weighted mean cross-entropy (nats) over the answers' tokens, and -log(1 - p) of what is not to be said.

    Right padding needs no mask: attention is causal, and padding carries no weight.
    """
    total, weight = 0.0, 0.0
    for group in groups:
        ids, weights = group["ids"].to(device), group["weights"].to(device)[:, 1:]
        with loop.autocast(device):
            hidden = poet.model(input_ids=ids[:, :-1]).last_hidden_state[weights > 0]
            logits = poet.lm_head(hidden)
        counted = weights[weights > 0]
        likely = torch.log_softmax(logits.float(), dim=-1)
        total = total - (likely.gather(1, ids[:, 1:][weights > 0][:, None])[:, 0] * counted).sum()
        weight += counted.sum()
        at, place, other = group["unlike"].to(device).T
        counts = (weights > 0).flatten().cumsum(0).reshape(weights.shape) - 1  # the row of `likely` for each place
        wrong = likely[counts[at, place - 1], other].exp()
        total = total - UNLIKE_WEIGHT * torch.log1p(-wrong.clamp(max=0.999)).sum()
    return total / weight


def _tokenizer(path: Path, seed: int) -> PreTrainedTokenizerFast:
    if not path.exists():
        learnt = Tokenizer(models.BPE())
        learnt.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
        learnt.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=VOCABULARY, special_tokens=[AddedToken(END, special=True), AddedToken(PAD, special=True)],
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
        texts = (e.prompt + e.answer for e in map(verses.example, range(seed, seed + READ)))
        learnt.train_from_iterator(texts, trainer)
        pruned(learnt, seed).save(str(path))
    return _wrapped(tokenizer_file=str(path))


def _wrapped(**source: Any) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(bos_token=END, eos_token=END, pad_token=PAD, model_max_length=CONTEXT,
                                   clean_up_tokenization_spaces=False, **source)


def pruned(learnt: Tokenizer, seed: int) -> Tokenizer:
    """Without the tokens that examples hardly use, mostly steps on the way to longer ones: a poet cannot say what it never met.

    A word that would need them is spelled in shorter pieces (Land and Bartolo, 2024, on under-trained tokens). Whole
    words are looked up before any merging, so that no token is lost with its steps.
    """
    while True:
        used: Counter[int] = Counter()
        tokenizer = _wrapped(tokenizer_object=learnt)
        for n in range(seed, seed + COUNTED):
            used.update(row(tokenizer, verses.example(n), random.Random(n)).ids)
        told = json.loads(learnt.to_str())
        model, bytes_ = told["model"], set(pre_tokenizers.ByteLevel.alphabet())
        kept = [token for token, at in sorted(model["vocab"].items(), key=lambda entry: entry[1])
                if token in (END, PAD) or token in bytes_ or used[at] >= LEAST_USED]
        if len(kept) == len(model["vocab"]):
            return learnt
        model["vocab"] = vocabulary = {token: at for at, token in enumerate(kept)}
        model["merges"] = [pair for pair in model["merges"] if {*pair, "".join(pair)} <= vocabulary.keys()]
        model["ignore_merges"] = True  # for whole words
        learnt = Tokenizer.from_str(json.dumps(told))


def _sample(poet: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, asked: str, device: str) -> str:
    coded = tokenizer(asked, return_tensors="pt").to(device)
    coded.pop("token_type_ids", None)
    poet.eval()
    written = poet.generate(**coded, generation_config=_generation())
    poet.train()
    return tokenizer.decode(written[0, coded["input_ids"].shape[1]:], skip_special_tokens=True)


def _generation() -> GenerationConfig:
    return GenerationConfig(do_sample=True, temperature=0.8, top_p=0.95, max_new_tokens=128,
                            bos_token_id=0, eos_token_id=0, pad_token_id=1)


def export(poet: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write the folder: fp16 weights that load as fp32 (fp16 arithmetic is slow on CPUs), tokenizer, defaults."""
    out.mkdir(parents=True, exist_ok=True)
    half = LlamaForCausalLM(configuration(poet.config.vocab_size)).half()
    half.load_state_dict(poet.state_dict())
    half.generation_config = _generation()
    half.save_pretrained(out)
    config = LlamaConfig.from_pretrained(out, trust_remote_code=False)
    config.dtype = "float32"
    config.save_pretrained(out)
    tokenizer.save_pretrained(out)
    _widely_readable(out / "tokenizer_config.json")


def _widely_readable(path: Path) -> None:
    """Name the tokenizer's class as transformers 4 knows it too; 5 writes a name that only it can read."""
    facts = {name: fact for name, fact in json.loads(path.read_text()).items()
             if name not in ("is_local", "local_files_only")}  # how it was read when it was refined
    path.write_text(json.dumps(facts | {"tokenizer_class": "PreTrainedTokenizerFast"}, indent=2) + "\n")
