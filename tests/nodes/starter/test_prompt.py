"""How the poet is asked."""

import pytest

from nodegraph import InputError
from nodegraph_nodes.starter.prompt import prompt


@pytest.mark.parametrize("subject, mood, asked", [
    ("a red boat at dusk.", "calm", "Verse about a red boat at dusk. Mood: calm.\n"),
    ("雪夜的小狐狸", "sad", "诗：雪夜的小狐狸。心情：忧伤。\n"),
    (" two\n cats ", "", "Verse about two cats.\n"),
    ("a ship", "忧伤", "Verse about a ship. Mood: sad.\n"),
    ("一只船", "忧伤", "诗：一只船。心情：忧伤。\n"),
])
def test_the_language_of_the_question_is_that_of_the_subject(subject, mood, asked):
    assert prompt(subject, mood) == asked


def test_a_scene_is_asked_for_by_its_own_word():
    assert prompt("a ship", task="scene") == "Scene about a ship.\n"


def test_an_empty_subject_is_told():
    with pytest.raises(InputError, match="subject is empty"):
        prompt(" \n")


def test_a_long_subject_is_told_to_the_poet_by_its_beginning():
    assert prompt("a dragon " + "very, " * 80 + "old") == prompt("a dragon " + "very, " * 14)
    assert len(prompt("黄昏时一只橙色的猫" * 20)) < 60
    assert prompt("x" * 5000).count("x") == 120
