"""Samplers on Gaussian data, where the best denoiser, the way of its flow and the end of it are known by formula."""

import math

import numpy as np
import pytest
import torch

from nodegraph_nodes.diffusion.samplers import schedules
from nodegraph_nodes.diffusion.samplers.classes import OWN
from nodegraph_nodes.diffusion.samplers.paths import EXPLODING, FLOW

MEAN, DEVIATION = 0.7, 0.5
STARTS = torch.linspace(-2, 2, 9, dtype=torch.float64)


def denoised(path, x, sigma):
    """The picture to be expected in x: of Gaussian data it is linear in x."""
    alpha = path.alpha(sigma)
    variance = (alpha * DEVIATION) ** 2 + sigma ** 2
    return MEAN + alpha * DEVIATION ** 2 * (x - alpha * MEAN) / variance


def flowed(path, x, sigma, to):
    """Where the flow of probability takes x: it keeps how many deviations it lies from the mean."""
    def spread(level):
        return math.hypot(path.alpha(level) * DEVIATION, level)
    return path.alpha(to) * MEAN + (x - path.alpha(sigma) * MEAN) * spread(to) / spread(sigma)


def driven(name, x, sigmas, path, noise=lambda: torch.zeros(())):
    """What a sampler makes of x, and how often it asked."""
    run, asked = OWN[name][0](x, [float(sigma) for sigma in sigmas], path, noise), 0
    question = next(run)
    while True:
        asked += 1
        try:
            question = run.send((question[0], denoised(path, *question)))
        except StopIteration as end:
            return end.value, asked


def levels(path, steps):
    return np.linspace(0.98, 0.05, steps + 1) if path.flow else schedules.karras(10, 0.1, steps + 1)


def errors(name, path, counts):
    found = []
    for steps in counts:
        sigmas = levels(path, steps)
        x = STARTS * (1 if path.flow else 10)
        y, _ = driven(name, x, sigmas, path)
        found.append(float((y - flowed(path, x, sigmas[0], sigmas[-1])).abs().max()))
    return found


@pytest.mark.parametrize("path", [EXPLODING, FLOW], ids=["noise", "flow"])
@pytest.mark.parametrize("name, order", [("euler", 1), ("ddim", 1), ("heun", 2), ("dpm_2", 2), ("res_multistep", 2),
                                         ("ipndm", 2), ("lms", 2), ("ipndm_v", 2), ("heunpp2", 1), ("gradient_estimation", 1)])
def test_the_error_falls_as_the_order_of_the_method_promises(name, order, path):
    coarse, fine = errors(name, path, (40, 80))
    assert math.log2(coarse / fine) > order - 0.15
    assert fine < 3e-2


def test_with_the_true_lengths_of_its_steps_a_multistep_method_is_of_its_whole_order():
    for name in ("lms", "ipndm_v"):
        coarse, fine = errors(name, EXPLODING, (40, 80))
        assert math.log2(coarse / fine) > 3.5  # the first steps, of lower order, count too


@pytest.mark.parametrize("path", [EXPLODING, FLOW], ids=["noise", "flow"])
def test_the_fast_solver_spends_what_it_is_given_and_the_adaptive_one_what_it_needs(path):
    sigmas = levels(path, 81)
    x = STARTS * (1 if path.flow else 10)
    wanted = flowed(path, x, sigmas[0], sigmas[-1])
    for steps, most in ((8, 0.12), (17, 0.03), (80, 1e-4)):
        y, asked = driven("dpm_fast", x, [*np.geomspace(sigmas[0], sigmas[-1], steps + 1)], path)
        assert asked == steps
        assert (y - wanted).abs().max() < most * x.abs().max()
    y, asked = driven("dpm_adaptive", x, sigmas, path)
    assert 9 <= asked <= 60 and asked % 3 == 0
    assert (y - wanted).abs().max() < 0.05


SDES = [("euler_ancestral", 0.11, 1), ("ddpm", 0.11, 1), ("dpm_2_ancestral", 0.03, 1.5), ("dpmpp_2s_ancestral", 0.02, 1.5),
        ("dpmpp_sde", 0.02, 1.5), ("er_sde", 0.01, None), ("seeds_2", 0.02, 1.4), ("seeds_3", 0.01, None)]


def moments(name, path, steps, count=40_000):
    """Mean and deviation of many samples, from noise to data, less those of the data."""
    generator = torch.Generator().manual_seed(1)

    def noise():
        return torch.randn(count, generator=generator, dtype=torch.float64)

    first = 0.98 if path.flow else 10.0
    down = np.linspace(first, 0.02, steps) if path.flow else schedules.karras(first, 0.02, steps)
    x = path.alpha(first) * (MEAN + DEVIATION * noise()) + first * noise()
    y, _ = driven(name, x, [*down, 0.0], path, noise)
    return float(y.mean()) - MEAN, float(y.std()) / DEVIATION - 1


@pytest.mark.parametrize("path", [EXPLODING, FLOW], ids=["noise", "flow"])
@pytest.mark.parametrize("name, most, order", SDES)
def test_samplers_with_noise_of_their_own_come_to_the_mean_and_the_spread_of_the_data(name, most, order, path):
    mean, spread = moments(name, path, 48)
    assert abs(mean) < 0.01 and abs(spread) < most
    if order is not None:  # and with more steps nearer
        assert abs(moments(name, path, 12)[1]) / 4 ** order * 2.5 > abs(spread) - 0.004


@pytest.mark.parametrize("path", [EXPLODING, FLOW], ids=["noise", "flow"])
def test_consistency_sampling_takes_each_step_from_the_picture_alone(path):
    """Its spread follows by formula: the share of x that the denoiser keeps, and the new noise."""
    sigmas = [*levels(path, 5), 0.0]
    first = sigmas[0]
    gain = [path.alpha(s) * DEVIATION ** 2 / ((path.alpha(s) * DEVIATION) ** 2 + s ** 2) for s in sigmas[:-1]]
    variance = (path.alpha(first) * DEVIATION) ** 2 + first ** 2
    for share, to in zip(gain, sigmas[1:], strict=True):
        variance = (path.alpha(to) * share) ** 2 * variance + to ** 2
    generator = torch.Generator().manual_seed(1)

    def noise():
        return torch.randn(40_000, generator=generator, dtype=torch.float64)

    x = path.alpha(first) * (MEAN + DEVIATION * noise()) + first * noise()
    y, asked = driven("lcm", x, sigmas, path, noise)
    assert asked == 6
    assert float(y.std()) == pytest.approx(math.sqrt(variance), rel=0.01)
    assert float(y.mean()) == pytest.approx(MEAN, abs=0.01)


@pytest.mark.parametrize("path", [EXPLODING, FLOW], ids=["noise", "flow"])
@pytest.mark.parametrize("name", OWN)
def test_of_a_single_picture_every_sampler_makes_that_picture(name, path):
    """A denoiser that always sees the same leaves no error to any of them, whatever noise they add."""
    generator = torch.Generator().manual_seed(1)
    run = OWN[name][0](torch.randn(16, generator=generator), [0.98, 0.6, 0.2, 0.05, 0.0], path,
                       lambda: torch.randn(16, generator=generator))
    question = next(run)
    with pytest.raises(StopIteration) as end:
        while True:
            question = run.send((question[0], torch.full((16,), 0.3)))
    assert torch.allclose(end.value.value, torch.full((16,), 0.3), atol=1e-5)
