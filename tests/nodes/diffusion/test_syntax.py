"""What the signs of prompts mean, sign by sign, and that no text whatever breaks their reading."""

import math
import random

import pytest

from nodegraph.warning import collected
from nodegraph_nodes.diffusion.encode import encode
from nodegraph_nodes.diffusion.prompts.syntax import Moment, moments, parsed, pieces, plain

ALL = Moment()


def read(text, signs="numbers", moment=ALL):
    """Words and weights, neighbours of one weight together."""
    made = []
    for piece in pieces(parsed(text, signs), moment):
        if made and piece and made[-1] and made[-1][1] == round(piece[1], 4):
            made[-1] = (made[-1][0] + piece[0], made[-1][1])
        else:
            made.append(piece and (piece[0], round(piece[1], 4)))
    return made


@pytest.mark.parametrize("text, said", [
    ("a (red:1.3) boat", [("a ", 1), ("red", 1.3), (" boat", 1)]),
    ("(a (red:2) boat:0.5)", [("a ", 0.5), ("red", 1), (" boat", 0.5)]),
    ("(red:-1)", [("red", -1)]),
    ("a (16:9) view at (noon 12:30), (7:30)", [("a (16:9) view at (noon 12:30), (7:30)", 1)]),
    ("(4k:1.2) and (f1 1:1.2)", [("4k", 1.2), (" and ", 1), ("f1 1", 1.2)]),
    ("((red)) [blue] boat++", [("((red)) [blue] boat++", 1)]),
    ("\\(red:1.3\\) a\\b", [("(red:1.3) a\\b", 1)]),
    ("(smile \\:\\):1.2)", [("smile \\:)", 1.2)]),
    ("((open (red:1.3)", [("((open ", 1), ("red", 1.3)]),
    ("one BREAK two, BREAKFAST", [("one", 1), None, ("two, BREAKFAST", 1)]),
    ("", [])])
def test_signs_with_a_number_count_and_all_others_are_letters(text, said):
    assert read(text) == said


@pytest.mark.parametrize("text, said", [
    ("a (red) ((big)) boat", [("a ", 1), ("red", 1.1), (" ", 1), ("big", 1.21), (" boat", 1)]),
    ("[red] boat", [("red", 0.9091), (" boat", 1)]),
    ("big++ well-known small--, (old boat)+", [("big", 1.21), (" well-known ", 1), ("small", 0.81), (", ", 1),
                                               ("old boat", 1.1)]),
    ("((red:1.5))", [("red", 1.65)])])
def test_all_signs_count_where_that_is_asked_for(text, said):
    assert read(text, "all") == said


def test_no_sign_counts_where_that_is_asked_for():
    assert read("a (red:1.3) [x:y:0.5] BREAK \\(", "none") == [("a (red:1.3) [x:y:0.5] BREAK \\(", 1)]


def test_a_switch_reads_one_thing_before_its_share_of_the_steps_and_another_after():
    text = "a [red:(blue:1.2):0.25] boat[ at sea::.5]"
    times = moments(parsed(text))
    assert times == [Moment(0, 0.25), Moment(0.25, 0.5), Moment(0.5, 1)]
    assert [plain(pieces(parsed(text), time)) for time in times] == [
        "a red boat at sea", "a blue boat at sea", "a blue boat"]
    assert plain(pieces(parsed("[fog:0.3]"), Moment(0, 0.3))) == ""
    assert len(moments(parsed("[see: page: 12]"))) == 1


def test_alternations_take_turns_until_all_have_come_round():
    text = "[a|b] [x|y|z]"
    times = moments(parsed(text))
    assert [time.turn for time in times] == [(turn, 6) for turn in range(6)]
    assert [plain(pieces(parsed(text), time)) for time in times] == ["a x", "b y", "a z", "b x", "a y", "b z"]


def odd_prompts(count):
    draw = random.Random(7)
    scraps = ["(", ")", "[", "]", ":", "|", "1.3", "-2", "0.4", "BREAK", "\\", "++", "--", "+", " ", "  ", "red", "boat",
              ",", "é", "雨", "🦉", "<lora:x:1>", "\n", "((", "))", ":1.2)", "(sea:", "[a:b:0.5]", "[x|y]", "'", '"', "%s",
              "{}", "\U0010f000", "\x00", "1e9", "(a:99999)", ".", "(:1.2)", "[::]", "[|]"]
    return ["".join(draw.choice(scraps) for _ in range(draw.randint(1, 14))) for _ in range(count)]


@pytest.mark.parametrize("signs", ["numbers", "all", "none"])
def test_two_hundred_odd_prompts_are_read_and_each_weight_is_a_number(signs):
    for text in odd_prompts(200):
        for time in moments(parsed(text, signs)):
            assert all(math.isfinite(piece[1]) for piece in pieces(parsed(text, signs), time) if piece)
        if signs == "none":
            assert plain(pieces(parsed(text, signs))) == text.replace("\U0010f000", "")


def test_odd_prompts_are_encoded_too(models):
    with collected():
        for text in odd_prompts(60):
            made = encode(models["sd"], text, signs="all")
            assert all(tensor.isfinite().all() for part in (made, *made.parts) for tensor in part.tensors.values())
