"""Scores the starter poet: 200 verses about subjects it never trained on, half English, half Chinese.

The judge is the checker of form in `nodegraph_nodes.starter.verses`, with the nouns that verses must name annotated
here by hand. Its own accuracy is printed first: on verses of the grammar (which it should pass) and on the same
verses judged against a wrong subject, a wrong mood, or with a line spoilt (which it should refuse).
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from nodegraph_nodes.starter import verse_words, verses
from nodegraph_nodes.starter.train import loop, poet

# subject | the noun its verse must name; no noun here occurs in the grammar's word lists
ENGLISH = """a silver submarine under the ice|submarine; an old accordion|accordion; three noisy parrots in the rain|parrots
a barefoot librarian|librarian; the last dinosaur on the beach|dinosaur; a windmill on a green hill|windmill
my grandfather's garage at dawn|garage; a hedgehog sleeping under the leaves|hedgehog; a pair of woollen mittens|mittens
a chess player waiting for the rain|player; two violet dragonflies over the pond|dragonflies; an empty playground at night|playground
a broken typewriter|typewriter; the astronomer and the comet|astronomer; a postman on a bicycle|postman
a purple octopus playing the drums|octopus; a small bakery in the city|bakery; an orchard in winter|orchard
the dragon fruit on the table|fruit; a waterwheel beside the stream|waterwheel; a forgotten suitcase at the station|suitcase
the blacksmith at midnight|blacksmith; wild strawberries in the grass|strawberries; a blue scooter in the traffic|scooter
a zeppelin above the clouds|zeppelin; her wedding dress|dress; a rusty anchor at the bottom of the sea|anchor
an owlish professor|professor; a hundred paper cranes|cranes; the vineyard after the storm|vineyard
a glass elevator|elevator; a firefighter who sings|firefighter; a beaver building a dam|beaver; a blue jellyfish at dusk|jellyfish
some sleepy kangaroos|kangaroos; the cathedral in the fog|cathedral; a magician without a hat|magician
an ancient sundial in the garden|sundial; an orphan under the stars|orphan; a pianist with cold hands|pianist
a lonely satellite|satellite; an umbrella stand|stand; two squirrels chasing each other|squirrels; a canyon at sunset|canyon
a tailor on a rooftop|tailor; a caterpillar dreaming of the sky|caterpillar; my noisy neighbour|neighbour
the sculptor made of clay|sculptor; a tractor in the snow|tractor; an iceberg by moonlight|iceberg"""
CHINESE = """黄昏海上的一只白色海豚|海豚; 月光下的考古学家|考古学家; 一架破旧的手风琴|手风琴; 雨中的鹦鹉|鹦鹉; 一位安静的邮差|邮差
山顶上的风车|风车; 雪地里的一只刺猬|刺猬; 一双红色靴子|靴子; 清晨的面包店|面包店; 池塘边的蜻蜓和荷叶|蜻蜓
深夜的游乐场|游乐场; 一台生锈的打字机|打字机; 会弹琴的章鱼|章鱼; 果园在冬天|果园; 车站里被遗忘的行李箱|行李箱
午夜的铁匠|铁匠; 一颗草莓|草莓; 街上的蓝色滑板|滑板; 云端的飞艇|飞艇; 妈妈的裙子|裙子; 海底的铁锚|铁锚
一只千纸鹤|千纸鹤; 暴雨后的葡萄园|葡萄园; 透明的电梯|电梯; 唱歌的消防员|消防员; 河边的水獭|水獭; 发光的水母|水母
一只懒惰的袋鼠|袋鼠; 雾中的教堂|教堂; 没有帽子的魔术师|魔术师; 花园里的日晷|日晷; 一颗孤独的卫星|卫星; 两只松鼠在屋顶上|松鼠
日落时的峡谷|峡谷; 屋顶上的裁缝|裁缝; 做梦的毛毛虫|毛毛虫; 我的邻居|邻居; 一座冰山|冰山; 雪中的拖拉机|拖拉机; 写给外公|外公
一只迷路的骆马|骆马; 正在喝茶的企鹅妈妈|企鹅妈妈; 沙漠里的绿洲|绿洲; 瓶子里的精灵|精灵; 紫色茄子|茄子; 竹林里的熊猫|熊猫
一场篮球赛|篮球赛; 老火车头|火车头; 我的第一把口琴|口琴; 夏夜的萤光棒|萤光棒"""

BAR, COPIED_BAR = 0.95, 0.20


@dataclass(frozen=True)
class Task:
    subject: str
    noun: str
    mood: str
    language: str

    @property
    def prompt(self) -> str:
        return verses.prompt("verse", self.language, self.subject,
                             verse_words.MOOD_NAMES[self.language][self.mood].split()[0])


def tasks(count: int) -> list[Task]:
    """The held-out subjects, moods going round, half of the tasks in each language."""
    chosen = []
    for language, table in (("en", ENGLISH), ("zh", CHINESE)):
        rows = [row.rsplit("|", 1) for row in re.split(r";\s*|\n", table)]
        moods = itertools.cycle(verses.MOODS + verses.MOODS[3:] + verses.MOODS[:3])
        chosen += [Task(subject, noun, mood, language)
                   for (subject, noun), mood in itertools.islice(zip(itertools.cycle(rows), moods), count // 2)]
    return chosen


def seen_nouns(asked: list[Task], trained: list[verses.Example]) -> list[str]:
    """Held-out nouns that the grammar's word lists hold after all, or that it invented; there should be none."""
    known = set(verse_words.THINGS_EN) | set(verse_words.THINGS_ZH) | set(verse_words.MASS_EN)
    known |= {e.subject.noun for e in trained}
    known |= {verses.plural_of(noun) for noun in known}
    return sorted({task.noun for task in asked} & known)


def judge(asked: Task, verse: str) -> dict[str, bool]:
    found = verses.faults(verse, asked.subject, asked.mood, asked.language, asked.noun)
    kinds = Counter("subject" if f.startswith("it does not name") else "rhyme" if f == "no two lines rhyme" else
                    "mood" if re.match(r"only \d+ of its words|it sounds more", f) else "form" for f in found)
    return {kind: not kinds[kind] for kind in ("subject", "mood", "form", "rhyme")}


def own_accuracy(count: int = 300) -> dict[str, float]:
    """Share of verdicts that are right, on verses whose faults are known because they were put there."""
    right: Counter[str] = Counter()
    pool = [e for e in (verses.example(10**9 + n, task="verse") for n in range(2 * count)) if e.subject.noun][:count]
    for e, other in zip(pool, pool[1:] + pool[:1]):
        asked = Task(e.subject.text, e.subject.noun, e.mood, e.language)
        lines = e.answer.split("\n")
        right["sound verse passed"] += all(judge(asked, e.answer).values())
        stranger = next(x for x in pool if x.language == e.language and x.subject.noun not in e.answer)
        right["wrong subject refused"] += not judge(Task(e.subject.text, stranger.subject.noun, e.mood, e.language),
                                                    e.answer)["subject"]
        wrong = verses.MOODS[(verses.MOODS.index(e.mood) + 2) % 6]
        right["wrong mood refused"] += not judge(Task(e.subject.text, e.subject.noun, wrong, e.language), e.answer)["mood"]
        spoilt = random.Random(len(e.answer)).choice((lines[:3], [lines[0], *lines[:3]], [*lines[:3], "xyzzy qop"]))
        right["spoilt form refused"] += not judge(asked, "\n".join(spoilt))["form"]
    return {kind: n / len(pool) for kind, n in right.items()}


def training_examples(count: int, seeds: tuple[int, ...] = (0, 1, 2, 4)) -> list[verses.Example]:
    """What the poet trained on, from the beginning: some of each step's examples, of its four trainings."""
    per_step = min(poet.BATCH, 12)
    numbers = (loop.step_seed(seed, step) * 1_000 + n
               for step in itertools.count() for seed in seeds for n in range(per_step))
    return list(map(verses.example, itertools.islice(numbers, count)))


def lines_of(examples: list[verses.Example]) -> set[str]:
    """The lines of their verses, bare."""
    return {bare(line) for e in examples if e.task == "verse" for line in e.answer.split("\n")}


def bare(line: str) -> str:
    return re.sub(r"[^\w ]", "", line.casefold()).strip()


def write(folder: Path, prompts: list[str], seed: int) -> Iterator[tuple[str, float]]:
    """(answer, seconds) for each prompt, with the folder's own generation defaults, one at a time."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder).eval()
    for number, prompt in enumerate(prompts):
        torch.manual_seed(seed + number)
        begun = time.perf_counter()
        ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
        written = model.generate(ids, attention_mask=torch.ones_like(ids))
        yield tokenizer.decode(written[0, ids.shape[1]:], skip_special_tokens=True), time.perf_counter() - begun


def scenes_kept(folder: Path, seed: int) -> float:
    """Share of scenes whose prompt for the painter names the subject, colour and time that were asked for."""
    rng = random.Random(seed)
    asked, wanted = [], []
    for n in range(40):
        thing, colour, hour = (rng.choice(tuple(t)) for t in (verses._PAINTED, verses._COLOURS, verses._HOURS))
        english = n % 2 == 0
        mood = verse_words.MOOD_NAMES["en" if english else "zh"][rng.choice(verses.MOODS)].split()[0]
        if english:
            wanted.append((thing, colour, verses._HOURS[hour][0]))
            asked.append(verses.prompt("scene", "en", f"{verses.a_or_an(colour)} {thing} {verses._HOURS[hour][0]}", mood))
        else:
            wanted.append((verses._PAINTED[thing][0], verses._COLOURS[colour], verses._HOURS[hour][1]))
            asked.append(verses.prompt("scene", "zh", f"{wanted[-1][2]}的{wanted[-1][1]}{wanted[-1][0]}", mood))
    written = write(folder, asked, seed)
    return sum(all(word in scene for word in words) for words, (scene, _) in zip(wanted, written)) / len(asked)


def report(label: str, value: float, bar: float, at_most: bool = False) -> None:
    met = value <= bar if at_most else value >= bar
    print(f"{label:<44} {value:6.1%}   bar {'<=' if at_most else '>='} {bar:.0%}   {'met' if met else 'NOT met'}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that only this score has."""
    parser.add_argument("--verses", type=int, default=200)
    parser.add_argument("--training", type=int, default=30_000, help="training examples to look for copied lines in")
    parser.add_argument("--show", type=int, default=3, help="verses to print, of each language")
    parser.add_argument("--faults", action="store_true", help="print every verse that has a fault, and the faults")
    parser.add_argument("--seed", type=int, default=1)


def score(options: argparse.Namespace) -> dict[str, Any]:
    """Write, score and print; the figures."""
    asked = tasks(options.verses)
    figures: dict[str, Any] = {"judge": own_accuracy()}
    print(f"judge's own accuracy: {', '.join(f'{k} {v:.1%}' for k, v in figures['judge'].items())}")
    trained = training_examples(options.training)
    print(f"held-out nouns that training knew: {', '.join(seen_nouns(asked, trained)) or 'none'}")
    written = list(write(options.model, [task.prompt for task in asked], options.seed))
    known = lines_of(trained)
    for language in ("en", "zh", "both"):
        figures[language] = scored([(t, v) for t, (v, _) in zip(asked, written) if language in (t.language, "both")],
                                   known, language)
    seconds = sorted(s for _, s in written)
    print(f"seconds per verse: median {seconds[len(seconds) // 2]:.2f}, slowest {seconds[-1]:.2f} "
          f"({torch.get_num_threads()} thread(s))")
    figures |= {"median seconds": seconds[len(seconds) // 2], "scenes kept": scenes_kept(options.model, options.seed)}
    print(f"scenes that keep the subject, colour and time asked: {figures['scenes kept']:.1%} of 40")
    for language in ("en", "zh"):
        for task, (verse, _) in [(t, w) for t, w in zip(asked, written) if t.language == language][:options.show]:
            print(f"\n{task.prompt}{verse}")
    if options.faults:
        for task, (verse, _) in zip(asked, written):
            found = verses.faults(verse, task.subject, task.mood, task.language, task.noun)
            print(f"\n{task.prompt}{verse}\n   {found}" if found else "", end="")
    return figures


def scored(pairs: list[tuple[Task, str]], known: set[str], language: str) -> dict[str, float]:
    """Print how some verses do against each bar; the figures."""
    verdicts = [judge(task, verse) for task, verse in pairs]
    lines = [[bare(line) for line in verse.split("\n") if bare(line)] for _, verse in pairs]
    copied = [sum(line in known for line in verse) for verse in lines]
    print(f"\n{language}: {len(pairs)} verses")
    barred = {
        "on subject": (sum(v["subject"] for v in verdicts), BAR),
        "in mood": (sum(v["mood"] for v in verdicts), BAR),
        "in form (four lines, none twice, grammar)": (sum(v["form"] for v in verdicts), BAR),
        "all three": (sum(v["subject"] and v["mood"] and v["form"] for v in verdicts), BAR),
        "two lines rhyme or more": (sum(v["rhyme"] for v in verdicts), None),
        "distinct verses": (len({tuple(verse) for verse in lines}), BAR),
        f"verses with a line among {len(known)} trained lines": (sum(map(bool, copied)), COPIED_BAR)}
    figures = {label: count / len(pairs) for label, (count, _) in barred.items()}
    for label, (_, bar) in barred.items():
        if bar is None:
            print(f"{label:<44} {figures[label]:6.1%}   (no bar is set)")
        else:
            report(label, figures[label], bar, at_most=bar == COPIED_BAR)
    figures["lines among them"] = sum(copied) / sum(map(len, lines))
    report("lines among them", figures["lines among them"], COPIED_BAR, at_most=True)
    return figures
