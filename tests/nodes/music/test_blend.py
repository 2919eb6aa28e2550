"""Styles blended by weights."""

from pathlib import Path

import pytest
import torch

from nodegraph import InputError, Recipe
from nodegraph_nodes.music.blend import Blend, blended, weights
from nodegraph_nodes.music.composing import Wish, beginning
from nodegraph_nodes.music.generate import STYLES, generate
from nodegraph_nodes.music.models import load


@pytest.fixture(scope="module")
def starter():
    from nodegraph_nodes import starter

    folder = Path(starter.__file__).parent / "models" / "composer"
    return load(Recipe("MusicModel", "starter/composer", str(folder)), "cpu", "float32")


def test_the_rest_of_the_weights_is_the_styles_own():
    assert weights("march", "jazz 0.25, ambient .25", STYLES) == {"jazz": 0.25, "ambient": 0.25, "march": 0.5}
    assert weights("march", "jazz 1", STYLES) == {"jazz": 1.0}
    for text, said in (("polka 0.2", "blend has 'polka 0.2'"), ("jazz", "a style and its weight"), ("jazz 0.7, waltz 0.6", "up to 1.3")):
        with pytest.raises(InputError, match=said):
            weights("march", text, STYLES)


def test_a_blend_is_the_mean_by_weights_of_what_the_model_makes_of_each_style_also_with_a_cache(starter):
    wishes = [Wish(style=style, bars=8) for style in ("march", "jazz")]
    starts = [beginning(starter, wish) for wish in wishes]
    blend = blended(starter, wishes[0], {"march": 0.75, "jazz": 0.25}).model
    assert isinstance(blend, Blend) and starts[0] != starts[1]
    row = torch.tensor([[*starts[0], 5, 6]])
    with torch.no_grad():
        first = blend(input_ids=row[:, :-1], past_key_values=None, use_cache=True)
        mixed = blend(input_ids=row[:, -1:], past_key_values=first.past_key_values, use_cache=True).logits[0, -1]
        alone = [starter.model(input_ids=torch.tensor([[*start, 5, 6]])).logits[0, -1].log_softmax(-1) for start in starts]
    assert torch.allclose(mixed, 0.75 * alone[0] + 0.25 * alone[1], atol=1e-4)


def test_a_style_of_no_weight_changes_nothing_and_one_of_some_does(starter):
    plain, none, some = (generate(starter, style="march", bars=8, seed=2, metre="4/4", blend=blend)
                         for blend in ("", "jazz 0", "jazz 0.5"))
    assert plain == none != some
