import numpy as np
import pytest

from nodegraph_nodes.starter import scenes
from nodegraph_nodes.starter.scenes import Scene, held_out, render

BOAT = Scene("boat", "red", "sea", "watercolour", "dusk", 3)


def test_equal_scenes_render_equal_pictures_and_other_seeds_other_pictures():
    again, other = render(BOAT), render(Scene("boat", "red", "sea", "watercolour", "dusk", 4))
    assert np.array_equal(render(BOAT).picture, again.picture)
    assert not np.array_equal(render(BOAT).picture, other.picture)


@pytest.mark.parametrize("name", scenes.ATTRIBUTES)
def test_every_choice_of_an_attribute_changes_the_picture(name):
    words = {n: choices[0] for n, choices in scenes.ATTRIBUTES.items()}
    pictures = [render(Scene(**{**words, name: choice})).picture for choice in scenes.ATTRIBUTES[name]]
    assert len({picture.tobytes() for picture in pictures}) == len(scenes.ATTRIBUTES[name])


def test_the_mask_covers_a_big_subject_that_stays_inside_the_frame():
    for subject in scenes.SUBJECTS:
        mask = render(Scene(subject, "green", "snow", "poster", "day", 1)).mask
        assert 0.12 < (mask > 127).mean() < 0.6, subject


def test_the_subject_wears_its_colour():
    rendered = render(Scene("balloon", "red", "sea", "poster", "day", 0))
    red, green, blue = np.median(rendered.picture[rendered.mask > 200], axis=0)
    assert red > 150 and red > 2 * green and red > 2 * blue


def test_held_out_combinations_never_turn_up_in_training_scenes():
    seen = {(s.subject, s.colour, s.setting) for s in scenes.scenes(400, 1)}
    unseen = {(s.subject, s.colour, s.setting) for s in scenes.scenes(400, 1, unseen=True)}
    assert seen and unseen and not seen & unseen


def test_the_split_is_the_same_in_every_process():
    combinations = [(a, b, c) for a in scenes.SUBJECTS for b in scenes.COLOURS for c in scenes.SETTINGS]
    held = [held_out(Scene(a, b, c, "ink", "day")) for a, b, c in combinations]
    assert sum(held) == 61


def test_an_unknown_word_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="subject is 'dragon'; it takes one of boat, house"):
        Scene("dragon", "red", "sea", "ink", "day")
