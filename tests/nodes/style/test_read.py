"""Reading style: colours found whatever their place, and feelings that follow the literature's directions."""

import pytest
import torch

from nodegraph import InputError
from nodegraph_nodes.media.types import Style
from nodegraph_nodes.style.color import hex_of, lab, srgb
from nodegraph_nodes.style.feeling import Measures, mode_of, mood_of, pleasure_and_arousal, tempo_of
from nodegraph_nodes.style.read import analyze, palette


def patches(*colors, shares=None):
    """A picture of vertical bands, 120 pixels wide in all."""
    shares = shares or [120 // len(colors)] * len(colors)
    bands = [torch.tensor(tuple(bytes.fromhex(color[1:])))[:, None, None].expand(3, 60, share) / 255
             for color, share in zip(colors, shares)]
    return torch.cat(bands, dim=2)


def noise(seed=0):
    return torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(seed))


def test_lab_of_known_colours_is_that_of_the_standard():
    known = {"#ffffff": (100, 0, 0), "#ff0000": (53.24, 80.09, 67.20), "#0000ff": (32.30, 79.19, -107.86)}
    for color, wanted in known.items():
        found = lab([v / 255 for v in bytes.fromhex(color[1:])])
        assert found == pytest.approx(wanted, abs=0.02)
        assert hex_of(srgb(found)) == color


def test_the_colours_of_flat_bands_are_found_with_the_share_of_each():
    found = palette(patches("#d02030", "#2060c0", "#f0e0a0", shares=[20, 70, 30]), colors=3)
    assert found.colors == ("#2060c0", "#f0e0a0", "#d02030")
    assert found.weights == pytest.approx((70 / 120, 30 / 120, 20 / 120), abs=0.02)


def test_a_picture_with_fewer_colours_gives_fewer():
    assert palette(patches("#123456"), colors=8).colors == ("#123456",)


def test_the_same_seed_finds_the_same_colours_and_weights_sum_to_one():
    found = palette(noise(), colors=6, seed=3)
    assert found == palette(noise(), colors=6, seed=3)
    assert len(found.colors) == 6 and sum(found.weights) == pytest.approx(1, abs=1e-3)
    assert list(found.weights) == sorted(found.weights, reverse=True)


def test_what_is_transparent_has_no_colour():
    opaque = patches("#d02030", "#2060c0")
    alpha = torch.ones(1, 60, 120)
    alpha[..., 60:] = 0
    assert palette(torch.cat([opaque, alpha]), colors=2).colors[0] == "#d02030"
    with pytest.raises(InputError, match="transparent all over"):
        palette(torch.cat([opaque, alpha * 0]))


def test_warm_colours_are_warm_and_cold_ones_cold():
    warm, cold = (analyze(patches(color)).style.warmth for color in ("#e07020", "#2040c0"))
    assert warm > 0.5 and cold < -0.2


def test_a_busy_picture_has_more_energy_than_a_flat_one():
    assert analyze(noise()).style.energy > 0.5 > analyze(patches("#808080")).style.energy


def test_brighter_pleases_more_and_more_vivid_arouses_more():
    def at(brightness, saturation):
        return pleasure_and_arousal(Measures(brightness, 0.3, saturation, 0.1, 0.4))
    assert at(0.8, 0.4)[0] > at(0.3, 0.4)[0]
    assert at(0.5, 0.8)[1] > at(0.5, 0.2)[1]


@pytest.mark.parametrize("mood, measures", [
    ("joyful", Measures(0.74, 0.4, 0.50, 0.2, 0.5)), ("calm", Measures(0.74, 0.3, 0.30, -0.05, 0.35)),
    ("dreamy", Measures(0.70, 0.3, 0.30, 0.35, 0.36)), ("sad", Measures(0.58, 0.2, 0.22, 0.05, 0.30)),
    ("mysterious", Measures(0.50, 0.4, 0.36, -0.1, 0.42)), ("tense", Measures(0.52, 0.6, 0.48, 0.3, 0.5)),
])
def test_each_mood_has_pictures_that_wake_it(mood, measures):
    assert mood_of(measures) == mood


def test_a_dark_grey_picture_is_slow_and_minor_and_a_bright_vivid_one_fast_and_major():
    grey = Measures(0.25, 0.1, 0.02, 0.0, 0.05)
    vivid = Measures(0.75, 0.4, 0.8, 0.3, 0.6)
    assert (tempo_of(grey), mode_of(grey)) == ("slow", "minor")
    assert (tempo_of(vivid), mode_of(vivid)) == ("fast", "major")


@pytest.mark.parametrize("image", [noise(), torch.zeros(3, 1, 1), torch.ones(3, 500, 2), patches("#ff00ff")])
def test_any_picture_has_a_style_that_passes_the_checks_of_its_port(image):
    found = analyze(image)
    assert Style.__porttype__.complaint(found.style) is None
    assert (found.mood, found.tempo, found.mode) == (found.style.mood, found.style.tempo, found.style.mode)
    assert Style.__porttype__.restore(Style.__porttype__.flatten(found.style)) == found.style
