"""The adapter that comes along, and the pictures that it is made from."""

import torch
from safetensors import safe_open

from nodegraph_nodes.starter import knows
from nodegraph_nodes.starter.train import neon


def test_edges_shine_in_the_colour_beside_them_and_all_else_is_night():
    picture = torch.full((3, 64, 64), 0.1)
    picture[:, 16:48, 16:48] = torch.tensor([0.9, 0.2, 0.2])[:, None, None]
    made = neon.neon(picture)
    assert made.shape == (3, 64, 64) and made[:, 4, 4].max() < 0.25 and made[:, 32, 32].max() < 0.5
    red, green, blue = made[:, 32, 16]
    assert red > 0.6 and green < red / 2 and blue < red


def test_what_is_learned_is_told_and_shown_in_the_painters_words_whatever_the_style(tmp_path, monkeypatch):
    monkeypatch.setattr(neon, "THINGS", ("owl", "fish"))
    files, told, shown = neon.drawn(tmp_path)
    assert [file.name for file in files] == ["owl.png", "fish.png"] and all(file.exists() for file in files)
    assert told == ["a red owl on the sea by day, watercolour", "an orange fish in a meadow at dusk, crayon"]
    assert all(picture.shape == (4, 128, 128) and picture[3].max() == 1 for picture in shown)


def test_the_adapter_is_small_and_tells_its_word_and_that_it_foresees_what_was_held_out_better():
    path = knows.MODELS / "neon" / "neon.safetensors"
    with safe_open(path, "pt") as file:
        told = file.metadata()
    assert path.stat().st_size < 700_000 and told["modelspec.trigger_phrase"] == neon.WORD
    assert told["nodegraph.judged_on"] == "pictures held out" and told["ss_steps"] == str(neon.STEPS)
    assert float(told["nodegraph.loss_after"]) < 0.6 * float(told["nodegraph.loss_before"])
