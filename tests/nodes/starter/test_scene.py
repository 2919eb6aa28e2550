"""A sentence becomes what the painter is shown: the prompt, the drawings at their places, what is to be painted."""

import numpy as np
import pytest
import torch

from nodegraph import InputError
from nodegraph.warning import collected
from nodegraph_nodes.starter import compositions, cutouts, drafts
from nodegraph_nodes.starter.scene import illustrate, scene


def told(text, **more):
    with collected() as remarks:
        scene(text, **more)
    return [remark.sentence for remark in remarks]


def doodle(alpha: bool) -> torch.Tensor:
    """A red bar on white paper, with a hole of paper in it; or the same with alpha for paper."""
    picture = torch.ones(4 if alpha else 3, 40, 60)
    picture[:3, 10:30, 20:44] = torch.tensor([0.8, 0.1, 0.1])[:, None, None]
    picture[:3, 16:24, 26:36] = 1
    if alpha:
        picture[3] = 0
        picture[3, 10:30, 20:44] = 1
    return picture


def test_a_scene_is_told_to_the_painter_in_its_own_words_with_what_was_left_open_filled_in():
    parts = scene("an owl, red, in the forest at night, watercolour")
    assert parts.prompt == "a red owl in a forest at night, watercolour"
    assert scene("夜晚森林里的红色猫头鹰，水彩画").prompt == "夜晚，森林里的红色的猫头鹰，水彩"
    assert "setting: space (chosen)" in scene("a rocket").facts
    assert scene("an owl in snow", setting="sea", style="ink", time="dawn").prompt == "an owl on the sea at dawn, ink"


def test_the_drawings_are_seen_where_the_mask_leaves_them_and_stand_on_grey():
    parts = scene("a yellow lemon in the garden, poster", seed=2)
    assert parts.reference.shape == (4, 128, 128) and parts.mask.shape == (1, 128, 128)
    alpha = parts.reference[3]
    assert set(parts.mask.unique().tolist()) == {0.0, 1.0}
    assert parts.mask[0][alpha > 0.5].mean() < 0.01 and 0.2 < parts.mask.mean() < 0.9
    assert (parts.mask[0].reshape(16, 8, 16, 8).amax((1, 3)) == parts.mask[0].reshape(16, 8, 16, 8).amin((1, 3))).all()
    red, green, blue = parts.reference[:3, alpha > 0.9].mean(1)
    assert red > 0.7 and green > 0.6 and blue < 0.5
    assert torch.allclose(parts.reference[:3, alpha == 0], torch.tensor(128 / 255))


def test_the_painter_is_shown_the_pixels_that_it_was_taught_with():
    parts = scene("a fox and two owls in the city", seed=7)
    picture, cover = compositions.reference(drafts.draft("a fox and two owls in the city", 7).composition.figures)
    colours, alpha = parts.reference[:3], parts.reference[3:]
    shown = colours * alpha + (1 - alpha) * compositions.GREY / 255
    assert (shown - torch.from_numpy(picture.transpose(2, 0, 1)).float() / 255).abs().max() < 2.5 / 255
    assert torch.equal((parts.reference[3] * 255).round().to(torch.uint8), torch.from_numpy(cover))


def test_what_is_left_open_is_the_same_for_one_thing_at_several_times_and_differs_by_the_seed():
    scenes = [drafts.draft(f"a fox {time}", seed).composition for time in ("at dawn", "at night") for seed in range(8)]
    chosen = [(scene.style, scene.setting) for scene in scenes]
    assert chosen[:8] == chosen[8:] and len(set(chosen[:8])) > 3


def test_what_is_seen_at_night_alone_is_shown_at_night_unless_the_sentence_says_when():
    assert {drafts.draft(f"a cat and {thing}", seed).composition.time for thing in ("a full moon", "fireworks") for seed in range(4)} == {"night"}
    assert drafts.draft("a full moon at dawn", 1).composition.time == "dawn"


def test_things_in_the_plural_have_no_article():
    assert scene("chopsticks in the kitchen at dusk, ink").prompt == "chopsticks in the kitchen at dusk, ink"
    assert scene("a bus in the rain at dusk, ink").prompt == "a bus in the rain at dusk, ink"


def test_what_flies_is_higher_than_what_does_not():
    feet = [max(figure.place.foot for figure in drafts.draft(text, 1).composition.figures)
            for text in ("a witch over the city", "a witch flying over the city", "飞着的女巫", "a balloon over the city")]
    assert feet[0] > 0.8 > feet[1] == feet[2] == feet[3]


def test_the_drawings_stand_at_the_same_places_in_any_size():
    small, large = (scene("an owl and a teapot", seed=3, size=size) for size in (64, 256))
    assert large.reference.shape == (4, 256, 256) and large.mask.shape == (1, 256, 256)
    shrunk = torch.nn.functional.avg_pool2d(large.reference[3:], 4)
    assert (shrunk - small.reference[3:]).abs().mean() < 0.02 < small.reference[3].mean()


def test_another_seed_places_the_drawings_otherwise_and_the_same_one_does_not():
    first, again, other = (scene("a cat in the city", seed=seed).reference for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("alpha", [True, False], ids=["with alpha", "on paper"])
def test_a_drawing_of_ones_own_takes_the_place_of_the_first_thing(alpha):
    cut = cutouts.cutout(doodle(alpha))
    assert cut.shape == (20, 24, 4) and (cut[..., 3] == 255).all()  # the paper inside belongs to it
    draft = drafts.draft("two red wobbegongs and a cat in the sea", 3, cut)
    first, second, cat = draft.composition.figures
    assert first.drawing is second.drawing is cut and cat.drawing is not cut
    assert draft.facts.splitlines()[:2] == ["wobbegongs: your drawing, red", "cat: cat, its own colours"]
    assert drafts.draft("a fox", 3, cut).composition.figures[0].drawing is cut
    assert told("a wobbegong in the sea, ink", reference=doodle(alpha)) == []
    assert scene("a blue wobbegong in the sea by day, ink", reference=doodle(alpha)).prompt == "a blue wobbegong on the sea by day, ink"


def test_a_picture_without_a_ground_is_taken_whole_and_told():
    noise = torch.rand(3, 24, 24, generator=torch.Generator().manual_seed(1))
    with pytest.warns(UserWarning, match="neither alpha nor a plain ground"):
        assert cutouts.cutout(noise).shape == (24, 24, 4)
    with pytest.raises(InputError, match="shows nothing"):
        cutouts.cutout(torch.ones(3, 20, 20))


def test_what_was_not_understood_is_told_with_what_is_known():
    assert told("a photorealistic pengiun in a bedroom, ink") == [
        "'photorealistic' is no style that is known (watercolour, ink, poster, crayon, oil, chalk, pixel, cartoon); "
        "'pengiun' was not read (the nearest words are penguin); 'bedroom' is no setting that is known (sea, forest, "
        "snow, desert, city, meadow, kitchen, mountains, beach, space, garden, rain); no drawing was found, so the setting alone is "
        "shown"]
    assert told("ein roter Fuchs") == ["'ein roter fuchs' was not read; no drawing was found, so the setting alone is shown; the languages that are "
                                       "read are English and Chinese"]
    assert told("五只青蛙在海里") == ["of 5 things the first 3 are shown"]
    assert told("a red and white lighthouse") == ["'white' is left out, since one colour is given to a thing"]
    assert told("a fox in the forest at night, ink") == []


def test_a_sentence_without_anything_that_can_be_drawn_shows_its_setting_and_is_told():
    assert any("no drawing was found, so the setting alone is shown" in sentence for sentence in told("长城上的日出"))
    assert scene("海上的日出", style="ink").prompt == "黎明，大海上，墨水画"
    assert not told("the sea at night")


def test_a_text_without_words_is_refused():
    with pytest.raises(InputError, match="text is empty"):
        scene(" !? ")


def test_the_drawn_picture_is_that_of_the_renderer():
    text = "a green fish on the sea at dusk, crayon"
    picture = compositions.render(drafts.draft(text, 5).composition).picture
    assert np.array_equal((illustrate(text, seed=5) * 255).round().byte().permute(1, 2, 0).numpy(), picture)
