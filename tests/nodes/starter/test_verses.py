"""The grammar writes what the checker passes, and the checker refuses what it should."""

import json
from pathlib import Path

import pytest

from nodegraph_nodes.starter import verse_words, verses

BOAT = "a red boat on a blue sea at dusk"
GOOD = ("The red boat rests in softened light,\nthe patient waves breathe to and fro.\n"
        "Once more the boat drifts, calm and deep,\nand stillness lingers, soft and slow.")
GOOD_ZH = "小船静静映月光，\n海浪轻轻入梦乡。\n且看小船枕清流，\n渔火安睡好时光。"


def checked(examples):
    return [(e, verses.faults(e.answer, e.subject.text, e.mood, e.language, e.subject.noun)) for e in examples]


def test_the_same_seed_writes_the_same_example_and_others_differ():
    assert verses.example(5) == verses.example(5)
    assert len({verses.example(seed).answer for seed in range(200)}) > 195


@pytest.mark.parametrize("language", verses.LANGUAGES)
def test_nearly_every_verse_of_the_grammar_is_without_faults(language):
    wrong = [f for f in checked(verses.example(s, language, "verse") for s in range(300)) if f[1]]
    assert len(wrong) <= 3, wrong


def test_every_mood_and_language_has_rhymes_enough_for_its_schemes():
    for mood in verses.MOODS:
        for time in ("", *verse_words.TIMES):
            for table in ("TAILS_EN", "VERBAL_ZH"):
                full = [tails for tails in verses._tails(table, mood, time).values() if len({verses._end(t) for t in tails}) >= 3]
                assert len(full) >= 2, (mood, time, table)


def test_verses_by_day_borrow_no_line_ends_from_the_night():
    night = [entry.split(":")[0] for row in verse_words.TAILS_EN.values() for entry in row.split("; ")
             if entry.endswith("/night")]
    by_day = [e for e in (verses.example(seed, "en", "verse") for seed in range(400)) if e.subject.time == "day"]
    assert by_day and not [e.answer for e in by_day if any(f" {tail}{stop}" in e.answer for tail in night for stop in ",.;?")]


def test_a_good_verse_has_no_faults():
    assert verses.faults(GOOD, BOAT, "calm", "en") == []
    assert verses.faults(GOOD_ZH, "黄昏海上的一只红色小船", "calm", "zh") == []


@pytest.mark.parametrize("verse, says", [
    ("\n".join(GOOD.split("\n")[:3]), "3 lines, not four"),
    (GOOD.replace("boat", "goat"), "does not name 'boat'"),
    ("\n".join([GOOD.split("\n")[0]] * 2 + GOOD.split("\n")[2:]), "comes twice"),
    (GOOD.replace("waves breathe", "waves breathes"), "singular verb after a plural"),
    (GOOD.replace("boat rests", "boat rest"), "should be rests"),
    (GOOD.replace("the patient waves", "a waves"), "singular article before a plural"),
    (GOOD.replace("and stillness", "and a easy stillness"), "wrong article"),
    (GOOD.replace("soft and slow", "soft and soft soft"), "twice running"),
    (GOOD.replace("stillness", "stillnorps"), "neither a word of verse"),
    (GOOD.replace("soft and slow", "like a stone").replace("to and fro", "as daylight nears"), "no two lines rhyme"),
    (GOOD.replace("deep,", "deep"), "without punctuation"),
    (GOOD + "\n", None),
    ("", "empty"),
])
def test_a_spoilt_english_verse_is_refused_for_what_was_spoilt(verse, says):
    found = verses.faults(verse, BOAT, "calm", "en")
    assert any(says in fault for fault in found) if says else found == []


@pytest.mark.parametrize("verse, says", [
    (GOOD_ZH.replace("小船", "小猫"), "does not name"),
    (GOOD_ZH.replace("枕清流", "枕流"), "characters"),
    (GOOD_ZH.replace("海浪", "砼䶮"), "neither of verse"),
    (GOOD_ZH.replace("海浪轻轻入梦乡", "小船静静映月光"), "comes twice"),
    (GOOD_ZH.replace("入梦乡", "到天边").replace("好时光", "缓缓归").replace("映月光", "听风声"), "no two lines rhyme"),
    (GOOD_ZH[:-5] + "\ufffd", "broken"),
])
def test_a_spoilt_chinese_verse_is_refused_for_what_was_spoilt(verse, says):
    assert any(says in fault for fault in verses.faults(verse, "黄昏海上的一只红色小船", "calm", "zh"))


@pytest.mark.parametrize("mood", ["joyful", "tense", "sad"])
def test_a_calm_verse_is_not_taken_for_another_mood(mood):
    assert any(mood in fault for fault in verses.faults(GOOD, BOAT, mood, "en"))
    assert any(mood in fault for fault in verses.faults(GOOD_ZH, "红色小船", mood, "zh"))


@pytest.mark.parametrize("subject, noun", [
    (BOAT, "boat"), ("two rusty robots chasing the moon", "robots"), ("the keeper of the old lighthouse", "keeper"),
    ("rain", "rain"), ("", ""), ("a fox sleeps in the snow", "fox"), ("Alice, waiting", "Alice"),
])
def test_the_main_noun_is_read_out_of_a_subject(subject, noun):
    assert verses.main_noun(subject, "en") == noun


@pytest.mark.parametrize("subject, noun", [
    ("黄昏海上的一只红色小船", "小船"), ("一只狐狸", "狐狸"), ("狐狸在雪地里奔跑", "狐狸"), ("猫和狗", "猫"), ("...", ""),
])
def test_the_main_noun_is_read_out_of_a_chinese_subject(subject, noun):
    assert verses.main_noun(subject, "zh") == noun


def test_scenes_are_painter_prompts_that_keep_what_the_subject_says():
    for seed in range(200):
        e = verses.example(seed, "en", "scene")
        assert e.answer.rsplit(", ", 1)[1] in ("watercolour", "ink", "poster", "crayon") and "\n" not in e.answer
        assert not e.subject.time or verses._HOURS[e.subject.time][0] in e.answer


POET = Path(verses.__file__).parent / "models" / "poet"


def test_the_shipped_poet_writes_four_lines_on_the_subject_in_both_languages_and_paints_in_words():
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, poet = AutoTokenizer.from_pretrained(POET), AutoModelForCausalLM.from_pretrained(POET)
    assert poet.dtype == torch.float32 and sum(f.stat().st_size for f in POET.iterdir()) < 7_000_000

    def written(prompt):
        ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
        out = poet.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, temperature=None, top_p=None)
        return tokenizer.decode(out[0, ids.shape[1]:], skip_special_tokens=True)

    english = written(verses.prompt("verse", "en", BOAT, "calm"))
    chinese = written(verses.prompt("verse", "zh", "雪地里的狐狸", "神秘"))
    assert len(english.split("\n")) == len(chinese.split("\n")) == 4
    assert "boat" in english and "狐狸" in chinese
    assert "fox" in written(verses.prompt("scene", "en", "a fox", "mysterious"))


def test_training_counts_the_answer_and_never_the_prompt():
    import random

    from transformers import AutoTokenizer

    from nodegraph_nodes.starter.train import poet

    tokenizer = AutoTokenizer.from_pretrained(POET)
    example = verses.example(3, "en", "verse")
    for seed in range(20):  # whether or not the subject's words are cut into other pieces
        ids, weights, _ = poet.row(tokenizer, example, random.Random(seed))
        counted = [i for i, weight in zip(ids, weights) if weight]
        assert tokenizer.decode(ids, skip_special_tokens=True) == example.prompt + example.answer
        assert tokenizer.decode(counted, skip_special_tokens=True) == example.answer
        assert counted[-1] == 0 and poet.BOUND_WEIGHT in weights and max(weights) == poet.NOUN_WEIGHT
        named = tokenizer.decode([i for i, weight in zip(ids, weights) if weight == poet.NOUN_WEIGHT])
        assert set(named.split()) == {example.subject.noun}


def test_after_a_noun_the_poet_is_taught_not_to_go_on_as_after_its_last_mention():
    import random

    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    from nodegraph_nodes.starter.train import poet

    tokenizer = AutoTokenizer.from_pretrained(POET)
    example = verses.Example("Verse about a zither at night.\n", "The zither rests,\nthe zither at dawn dreams.", "verse", "en",
                             verses.Subject("a zither at night", "the zither", "the zither", "zither"), "calm")
    row = poet.row(tokenizer, example, random.Random(0))
    told = [(tokenizer.decode(row.ids[:place]).rsplit(" ", 1)[1], tokenizer.decode([other]).strip())
            for place, other in row.unlike]
    assert told == [("zither", "at"), ("zither", "rests"[:len(told[1][1])])]  # `at` is what comes the second time

    torch.manual_seed(0)
    fresh = LlamaForCausalLM(poet.configuration(len(tokenizer))).requires_grad_(False)
    group = poet._padded([row])
    plain = poet.answer_loss(fresh, [group | {"unlike": torch.empty(0, 3, dtype=torch.long)}], "cpu")
    likely = torch.log_softmax(fresh(group["ids"]).logits[0].float(), -1)
    wanted = sum(likely[at - 1, row.ids[at]] * weight for at, weight in enumerate(row.weights) if weight)
    assert float(plain) == pytest.approx(-float(wanted) / sum(row.weights), rel=1e-4)
    unsaid = sum(torch.log1p(-likely[at - 1, other].exp()) for at, other in row.unlike)
    taught = poet.answer_loss(fresh, [group], "cpu")
    assert float(taught - plain) == pytest.approx(-poet.UNLIKE_WEIGHT * float(unsaid) / sum(row.weights), rel=0.02)


def test_a_text_is_coded_as_its_tokenizer_does_but_for_the_words_that_are_cut_and_those_alike_everywhere():
    import random

    from transformers import AutoTokenizer

    from nodegraph_nodes.starter.train import poet

    tokenizer = AutoTokenizer.from_pretrained(POET)

    def pieces(cut, text, seed):
        coded = poet._coder(tokenizer, cut, random.Random(seed))(text)
        return [ids for ids, _ in coded], [text[low:high] for _, (low, high) in coded]

    for text in ("The accordion sleeps.\n海豚静静映月光，", BOAT, ""):
        assert [i for ids in pieces("", text, 0)[0] for i in ids] == tokenizer(text)["input_ids"]
    usual = tokenizer(" accordion")["input_ids"]
    ways = []
    for seed in range(30):
        ids, words = pieces("an old accordion", "my accordion, the accordion", seed)
        first, second = (ids[at] for at, word in enumerate(words) if word.strip() == "accordion")
        assert first == second and tokenizer.decode(first) == " accordion"
        ways.append(first)
    assert usual in ways and len({tuple(way) for way in ways}) > 5


def test_a_drill_says_random_tokens_again_and_counts_the_second_time_alone():
    import random

    from nodegraph_nodes.starter.train import poet

    for seed in range(20):
        ids, weights, unlike = poet._drill(3072, random.Random(seed))
        half = len(ids) // 2
        assert ids[:half] == ids[half:] and 2 <= min(ids) and max(ids) < 3072
        assert weights == [0.0] * half + [1.0] * half and unlike == []


def test_a_token_that_examples_hardly_use_is_pruned_and_its_words_are_spelled(monkeypatch):
    from collections import Counter

    from tokenizers import Tokenizer

    from nodegraph_nodes.starter.train import poet

    monkeypatch.setattr(poet, "COUNTED", 150)
    monkeypatch.setattr(poet, "LEAST_USED", 2)
    told = json.loads((POET / "tokenizer.json").read_text())
    vocabulary = told["model"]["vocab"]
    for pair in (["z", "q"], ["zq", "v"], ["Ġb", "oat"]):  # two steps that nothing needs, and a word that verses use
        told["model"]["merges"] += [pair] if "".join(pair) not in vocabulary else []
        vocabulary.setdefault("".join(pair), len(vocabulary))
    learnt = poet.pruned(Tokenizer.from_str(json.dumps(told)), seed=0)

    assert not {"zq", "zqv"} & learnt.get_vocab().keys() and learnt.token_to_id(poet.END) == 0
    assert learnt.encode("zqv").tokens == ["z", "q", "v"] and learnt.encode(" zqv at").tokens[-1] == "Ġat"
    used = Counter()
    for n in range(150):
        example = verses.example(n)
        ids = learnt.encode(example.prompt + example.answer).ids
        assert learnt.decode(ids, skip_special_tokens=True) == example.prompt + example.answer
        used.update(ids)
    spare = {token for token, at in learnt.get_vocab().items() if not used[at]} - {poet.END, poet.PAD}
    assert sum(len(token) > 1 for token in spare) < 0.05 * len(used)  # those that only cut words use


def test_a_poet_made_from_nothing_loads_like_any_other_and_goes_on_where_it_was_stopped(tmp_path, monkeypatch, capsys):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from nodegraph_nodes.starter.train import loop, poet

    for name, value in {"VOCABULARY": 500, "READ": 200, "COUNTED": 60, "LEAST_USED": 2, "STEPS": 2, "BATCH": 4}.items():
        monkeypatch.setattr(poet, name, value)
    poet.train(loop.Settings(tmp_path / "work", tmp_path / "poet"))
    tokenizer, made = AutoTokenizer.from_pretrained(tmp_path / "poet"), AutoModelForCausalLM.from_pretrained(tmp_path / "poet")
    assert made.dtype == torch.float32 and made.config.vocab_size == len(tokenizer) < 500
    assert tokenizer.decode(tokenizer(BOAT)["input_ids"]) == BOAT
    monkeypatch.setattr(poet, "STEPS", 4)
    poet.train(loop.Settings(tmp_path / "work", tmp_path / "poet"))
    assert "resumed" in capsys.readouterr().out


def test_refining_goes_on_from_the_finished_poet_and_keeps_its_tokenizer(tmp_path):
    import shutil

    import torch
    from safetensors.torch import load_file

    from nodegraph_nodes.starter.train import loop, poet

    shutil.copytree(POET, tmp_path / "poet")
    poet.train(loop.Settings(tmp_path / "work", tmp_path / "poet", minutes=0.001, stage="refine"))
    before, after = (load_file(f / "model.safetensors") for f in (POET, tmp_path / "poet"))
    changed = max(float((after[name] - weight).abs().max()) for name, weight in before.items())
    assert 0 < changed < 0.05  # one careful step, not another model
    assert (tmp_path / "poet" / "tokenizer.json").read_bytes() == (POET / "tokenizer.json").read_bytes()
    assert torch.float16 == after["model.embed_tokens.weight"].dtype


def test_invented_words_are_of_many_shapes():
    import random

    made = {verses._invented(random.Random(seed)) for seed in range(2_000)}
    assert len(made) > 1_900 and all(word.isascii() and word.isalpha() for word in made)
    assert {len(word) for word in made} >= set(range(2, 15))
