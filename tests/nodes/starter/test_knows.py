"""What the starter models say that they know is what they were taught, and what they do not know is told."""

import json
import random
import re
from pathlib import Path

import pytest

from nodegraph import Engine, Knowledge, events as ev, graphfile
from nodegraph.graph import GraphInput
from nodegraph.models import Models
from nodegraph.packs import Catalogue
from nodegraph.warning import collected
from nodegraph_nodes.common.knowledge import tell_of_unknown
from nodegraph_nodes.starter import knows, sentences, verses
from nodegraph_nodes.starter.vocabulary import COLOURS, SETTINGS, STYLES, TIMES

GRAPHS = Path(__file__).parents[3] / "graphs"
PAINTER = Knowledge.of(knows.MODELS / "painter")
POET = Knowledge.of(knows.MODELS / "poet")


def told(knowledge, prompt: str, shown: bool = False) -> list[str]:
    with collected() as remarks:
        tell_of_unknown(knowledge, prompt, shown)
    return [remark.sentence for remark in remarks]


@pytest.mark.parametrize("name", knows.TOLD)
def test_each_file_is_what_the_tables_of_the_training_make_it(name):
    assert (knows.MODELS / name / "knows.json").read_text(encoding="utf-8") == knows.text(knows.TOLD[name]())


def test_the_advice_of_the_painter_is_of_the_finder_that_is_there():
    assert json.loads((knows.MODELS / "painter/generation_config.json").read_text("utf-8")) == knows.PAINTERS_ADVICE
    finder = Catalogue().nodetype(knows.PAINTERS_ADVICE["finder"])
    assert finder.version == knows.PAINTERS_ADVICE["finder_version"]    # so that another version is another model to the cache


def test_what_the_painter_is_asked_after_a_scene_is_read_is_known():
    rng = random.Random(1)
    for seed in range(120):
        noun = rng.choice(list(sentences.ALONE))
        asked = sentences.Wanted((sentences.ALONE[noun],), (rng.choice(COLOURS),), rng.choice(SETTINGS), rng.choice(STYLES),
                                 rng.choice(TIMES), noun=noun)
        for language in sentences.LANGUAGES:
            assert told(PAINTER, sentences.plain(asked, language)) == []
            text = sentences.sentence(asked, language, seed).text
            assert not any("the subject of" in sentence for sentence in told(PAINTER, text)), text


def test_every_request_that_the_poet_learned_from_is_known():
    for seed in range(300):
        example = verses.example(seed)
        if "Mood" not in example.prompt or example.mood in example.prompt:  # now and then a mood is an invented word
            assert told(POET, example.prompt) == [], example.prompt


@pytest.mark.parametrize("prompt, stranger, known", [
    ("a dog on a beach", "the subject of 'a dog on a beach'", "boat, house, fox, cat, bird"),
    ("a fox in a bathroom", "the setting 'bathroom'", "sea, forest, snow, desert, city, meadow, kitchen"),
    ("a photograph of a fox", "the style 'photograph'", "watercolour, ink, poster, crayon, oil"),
    ("a cat in the style of Van Gogh", "the style 'style of van gogh'", "watercolour, ink, poster, crayon"),
    ("浴室里的一只猫", "the setting '浴室里'", "大海上、森林里、雪地里"),
    ("一条龙", "the subject of '一条龙'", "小船、房子、狐狸"),
    ("一只狐狸，浮世绘风格", "the style '浮世绘风格'", "水彩、墨水画、海报、蜡笔"),
])
def test_what_the_painter_never_learned_is_told_with_what_it_knows(prompt, stranger, known):
    [sentence] = told(PAINTER, prompt)  # one for all of it
    assert stranger in sentence and known in sentence
    assert ("starter.scene finds a drawing" in sentence) == ("subject" in stranger)


def test_a_subject_that_may_be_shown_need_not_be_known():
    with collected() as remarks:
        tell_of_unknown(PAINTER, "a dragon in a bathroom", shown=True)
    assert [remark.sentence[:54] for remark in remarks] == ["this model does not know the setting 'bathroom' (its se"[:54]]


@pytest.mark.parametrize("prompt", ["a fox", "two boats on a lake", "a red boat with a lantern", "a painting of a fox", "",
                                    "a cat under the stars, highly detailed", "雪地里的一只白狐狸", "请画一只猫", "4:3"])
def test_nobody_is_told_where_a_subject_is_known_and_nothing_else_asks_for_what_is_not(prompt):
    assert told(PAINTER, prompt) == []


def test_a_tree_of_a_forest_is_no_subject():
    assert "the subject of" in told(PAINTER, "something among the trees")[0]


def test_the_poet_tells_of_a_mood_and_of_a_prompt_that_it_never_learned():
    assert told(POET, "Verse about a fox. Mood: furious.\n") == [
        "this model does not know the mood 'furious' (its moods: calm, joyful, sad, mysterious, tense, dreamy)"]
    assert told(POET, "诗：狐狸。心情：愤怒。\n") == ["this model does not know the mood '愤怒' (its moods: 平静、欢快、忧伤、神秘、紧张、梦幻)"]
    assert told(POET, "Verse about a fox. Mood: happy.\n") == []
    assert "starter.prompt" in told(POET, "Write a haiku in the manner of Basho")[0]


def test_a_model_that_tells_nothing_of_itself_is_asked_nothing(tmp_path):
    assert Knowledge.of(tmp_path) is None
    for broken in ("", "[]", '{"about": {}}', '{"about": {}, "groups": {"subjects": 3}}'):
        (tmp_path / "knows.json").write_text(broken)
        assert Knowledge.of(tmp_path) is None
    assert told(None, "a dragon") == []


def test_what_a_model_tells_of_itself_does_not_count_for_its_name(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    models = Models(Catalogue(installed=False))
    before = models.fingerprint(tmp_path)
    (tmp_path / "knows.json").write_text("{}")
    assert models.fingerprint(tmp_path) == before
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "knows.json").write_text("{}")
    assert models.fingerprint(tmp_path) != before


def prompts(path: Path) -> list[str]:
    """The texts of a graph file that go into an input called prompt, prompts, subject, night ..., as they stand there."""
    graph, _ = graphfile.read(path)
    values = [given.default for name, given in graph.inputs.items() if isinstance(given, GraphInput)
              and re.fullmatch("prompts?|subjects?|titles|night|morning|guests", name)]
    return [text for value in values for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def test_the_graphs_that_come_along_ask_for_what_is_known():
    said = {text: path.name for path in sorted(GRAPHS.rglob("*.yaml")) for text in prompts(path)
            if path.stem not in ("album", "plate", "tale", "tunes", "suite")}  # which only write and compose
    assert len(said) > 20
    assert {text: found for text in said if text and (found := told(PAINTER, text, shown=True))} == {}


def test_a_run_tells_it_and_tells_it_again_from_the_cache(tmp_path):
    graph = tmp_path / "graph.yaml"
    graph.write_text("nodegraph: 1\nnodes:\n  seen: {type: diffusion.encode, model: starter/painter, prompt: a fox in a bathroom}\n"
                     "  said: {type: text.generate, model: starter/poet, prompt: hello, max_tokens: 2}\n"
                     "outputs: {seen: $seen, said: $said}\n")
    for fresh in (True, False):
        with Engine(tmp_path / "cache", device="cpu") as engine:
            story: list = []
            engine.run(graph, emit=story.append)
        warned = {event.node: event.message for event in story if isinstance(event, ev.Warned)}
        assert "the setting 'bathroom'" in warned["seen"] and "starter.prompt" in warned["said"]
        loads = [(type(event).__name__, event.node, event.source) for event in story if isinstance(event, ev.Loading | ev.Loaded)]
        assert sorted(loads) == sorted([(name, *what) for name in ("Loading", "Loaded") for what in
                                        (("seen", "starter/painter"), ("said", "starter/poet"))] * fresh)
        for node in ("seen", "said") if fresh else ():  # it is told before
            assert [name for name, of, _ in loads if of == node] == ["Loading", "Loaded"]
    assert not any(isinstance(event, ev.Finished) for event in story)
