"""Schedules against the formulas that define them."""

import math

import numpy as np
import pytest

from nodegraph_nodes.diffusion.samplers import Sampling, scheduler_for, schedules

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
HIGH, LOW = 14.6146, 0.0292  # of Stable Diffusion


def test_karras_is_even_in_the_seventh_root():
    sigmas = schedules.karras(HIGH, LOW, 9)
    assert np.allclose(np.diff(sigmas ** (1 / 7)), (LOW ** (1 / 7) - HIGH ** (1 / 7)) / 8)
    assert (sigmas[0], sigmas[-1]) == (pytest.approx(HIGH), pytest.approx(LOW))


def test_exponential_is_even_in_the_logarithm_and_kl_optimal_in_the_arc_tangent():
    assert np.allclose(np.diff(np.log(schedules.exponential(HIGH, LOW, 9))), math.log(LOW / HIGH) / 8)
    assert np.allclose(np.diff(np.arctan(schedules.kl_optimal(HIGH, LOW, 9))), (math.atan(LOW) - math.atan(HIGH)) / 8)


def test_the_beta_distribution_is_known_where_it_has_a_formula():
    for p in (0.01, 0.3, 0.5, 0.9):
        assert schedules.beta_quantile(p, 1, 1) == pytest.approx(p)
        assert schedules.beta_quantile(p, 2, 1) == pytest.approx(math.sqrt(p))
        assert schedules.beta_quantile(p, 0.5, 0.5) == pytest.approx(math.sin(math.pi * p / 2) ** 2)
        assert schedules.beta_share(schedules.beta_quantile(p, 0.6, 0.6), 0.6, 0.6) == pytest.approx(p)


def test_beta_is_the_quantiles_of_that_distribution_and_alike_from_both_ends():
    sigmas = schedules.beta(HIGH, LOW, 5)
    # as scipy.stats.beta.ppf(q, 0.6, 0.6) has them
    assert np.allclose((sigmas - LOW) / (HIGH - LOW), [1, 0.82431962, 0.5, 0.17568038, 0], atol=1e-7)


def test_linear_quadratic_is_that_of_mochi():
    # as diffusers.pipelines.mochi.pipeline_mochi.linear_quadratic_schedule(steps, 0.025) has them
    assert np.allclose(schedules.linear_quadratic(1, 0, 5), [1, 0.9875, 0.975, 0.85833333, 0.53333333])
    assert np.allclose(schedules.linear_quadratic(2, 0, 6), np.multiply(
        2, [1, 0.99166667, 0.98333333, 0.975, 0.86111111, 0.53611111]))
    assert schedules.linear_quadratic(HIGH, LOW, 1).tolist() == [HIGH]


def test_each_schedule_falls_from_the_most_noise_that_the_model_knows(models):
    for name in (*schedules.FLAGS, *schedules.FORMULAS):
        for kind, highest in (("sd", HIGH), ("sd3", 1.0)):
            scheduler = scheduler_for(models[kind], Sampling("res_multistep", name))
            scheduler.set_timesteps(7)
            sigmas = scheduler.sigmas.tolist()
            assert len(sigmas) == 8 and sigmas[-1] == 0 and all(a > b for a, b in zip(sigmas, sigmas[1:]))
            assert sigmas[0] == pytest.approx(highest, rel=2e-3) or name == "ddim_uniform"


def test_a_model_is_told_the_time_at_which_it_met_that_much_noise(models):
    scheduler = scheduler_for(models["sd"], Sampling("lms", "normal"))
    scheduler.set_timesteps(4)
    assert scheduler.timesteps.tolist() == pytest.approx([999, 666, 333, 0])
    flow = scheduler_for(models["sd3"], Sampling("lms", "sgm_uniform"))
    flow.set_timesteps(4)
    shifted = [2 * t / (1 + t) for t in (1, 0.75, 0.5, 0.25)]  # the model's shift is 2
    assert flow.sigmas.tolist() == pytest.approx([*shifted, 0])
    assert flow.timesteps.tolist() == pytest.approx([1000 * sigma for sigma in shifted])
