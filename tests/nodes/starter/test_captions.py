import subprocess
import sys

import pytest

from nodegraph_nodes.starter import captions, scenes
from nodegraph_nodes.starter.captions import caption, plain, targets
from nodegraph_nodes.starter.scenes import Scene

FOX = Scene("fox", "white", "snow", "watercolour", "night", 0)


@pytest.mark.parametrize("language", captions.LANGUAGES)
def test_one_scene_is_said_in_many_ways(language):
    assert len({caption(FOX, language, seed).text for seed in range(200)}) > 190


@pytest.mark.parametrize("language, words", [("en", captions.ENGLISH), ("zh", captions.CHINESE)])
def test_a_caption_says_every_attribute_that_it_claims_to_name(language, words):
    for seed, scene in enumerate(scenes.scenes(300, 2)):
        said = caption(scene, language, seed)
        for name in said.named:
            parts = [p.split() if language == "en" else [p] for p in words[getattr(scene, name)]]
            assert any(all(part in said.text for part in p) for p in parts), (name, said)


def test_the_same_seed_says_the_same_in_every_process():
    program = ("from nodegraph_nodes.starter import captions, scenes;"
               "print([captions.caption(s, 'zh', 5).text for s in scenes.scenes(9, 1)].__repr__().encode())")
    said = {subprocess.run([sys.executable, "-c", program], capture_output=True, check=True,
                           env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}).stdout for seed in "12"}
    assert len(said) == 1


def test_targets_are_one_hot_where_named_and_zero_elsewhere():
    assert sum(targets(FOX, frozenset(scenes.ATTRIBUTES))) == len(scenes.ATTRIBUTES)
    assert sum(targets(FOX, frozenset({"colour"}))) == 1
    assert targets(FOX, frozenset({"subject"}))[scenes.SUBJECTS.index("fox")] == 1


def test_the_plain_sentence_is_what_a_person_would_type():
    assert plain(FOX, "en") == "a white fox in the snow at night, watercolour"
    assert plain(FOX, "zh") == "夜晚，雪地里的白色狐狸，水彩"
