"""Schedules of noise levels: how the steps of a sampling are spread between much noise and none.

A formula is a function(highest, lowest, steps) -> sigmas, float64 (steps), from `highest` down; that the last step goes
on to 0 is understood. `highest` and `lowest` are the noise levels that the model knows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

Formula = Callable[[float, float, int], Any]

# How diffusers says a schedule to a class of its own, for models that take noise away. `beta` is a flag of theirs too,
# which wants scipy; the same values come from the formula below.
FLAGS: dict[str, dict[str, Any]] = {
    "normal": {"timestep_spacing": "linspace"},
    "karras": {"timestep_spacing": "linspace", "use_karras_sigmas": True},
    "exponential": {"timestep_spacing": "linspace", "use_exponential_sigmas": True},
    "sgm_uniform": {"timestep_spacing": "trailing"},
    "simple": {"timestep_spacing": "trailing"},
    "ddim_uniform": {"timestep_spacing": "leading", "steps_offset": 1},
}
CURVES = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas")


def karras(highest: float, lowest: float, steps: int, rho: float = 7.0) -> Any:
    """Even in the seventh root of sigma (Karras et al., 2022, equation 5)."""
    import numpy as np

    return np.linspace(highest ** (1 / rho), lowest ** (1 / rho), steps) ** rho


def exponential(highest: float, lowest: float, steps: int) -> Any:
    """Even in the logarithm of sigma."""
    import numpy as np

    return np.exp(np.linspace(math.log(highest), math.log(lowest), steps))


def beta(highest: float, lowest: float, steps: int, a: float = 0.6, b: float = 0.6) -> Any:
    """Quantiles of a Beta distribution: dense at both ends (Lee et al., Beta Sampling is All You Need, 2024)."""
    import numpy as np

    return lowest + (highest - lowest) * np.array([beta_quantile(1 - p, a, b) for p in np.linspace(0, 1, steps)])


def kl_optimal(highest: float, lowest: float, steps: int) -> Any:
    """Even in the arc tangent of sigma (Sabour et al., Align Your Steps, 2024, equation 10)."""
    import numpy as np

    return np.tan(np.linspace(math.atan(highest), math.atan(lowest), steps))


def linear_quadratic(highest: float, lowest: float, steps: int, threshold: float = 0.025) -> Any:
    """Half of the steps small and even, down to 1 - `threshold`, then a parabola that joins smoothly (Genmo's Mochi)."""
    import numpy as np

    linear = steps // 2
    if not linear:
        return np.array([highest])
    rest, gap = steps - linear, linear - threshold * steps
    square, slope = gap / (linear * rest ** 2), threshold / linear - 2 * gap / rest ** 2
    done = [threshold * i / linear if i < linear else square * (i ** 2 + linear ** 2) + slope * i for i in range(steps)]
    return highest * (1 - np.array(done))


FORMULAS: dict[str, Formula] = {"beta": beta, "kl_optimal": kl_optimal, "linear_quadratic": linear_quadratic}


def sgm_uniform(steps: int) -> Any:
    """Even, from the very beginning."""
    import numpy as np

    return 1 - np.arange(steps) / steps


def simple(steps: int) -> Any:
    """Even, at whole thousandths."""
    import numpy as np

    return 1 - np.floor(np.arange(steps) * 1000 / steps) / 1000


def ddim_uniform(steps: int) -> Any:
    """Even at whole thousandths, counted from the end."""
    import numpy as np

    return (1 + np.arange(steps)[::-1] * max(1000 // steps, 1)) / 1000


# Parts of a thousand of a flow's time, before it is shifted; `normal` is how diffusers spaces a flow.
EVEN = {"sgm_uniform": sgm_uniform, "simple": simple, "ddim_uniform": ddim_uniform}


def given(sigmas: Sequence[float]) -> Formula:
    """The levels that a person wrote down, whatever the model knows."""
    def levels(highest: float, lowest: float, steps: int) -> Any:
        import numpy as np

        return np.array(sigmas[:steps], dtype=np.float64)

    return levels


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x up to which a Beta(a, b) distribution holds the share p, to 1e-12."""
    low, high = 0.0, 1.0
    while high - low > 1e-13:
        middle = (low + high) / 2
        low, high = (middle, high) if beta_share(middle, a, b) < p else (low, middle)
    return {0.0: 0.0, 1.0: 1.0}.get(p, (low + high) / 2)


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (Numerical Recipes, 6.4)."""
    if x in (0.0, 1.0):
        return x
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x > (a + 1) / (a + b + 2):
        return 1 - front * _fraction(1 - x, b, a) / b
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    up, down = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = down
    for m in range(1, 300):
        for term in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            down, up = 1 / (1 + term * down), 1 + term / up
            value *= down * up
        if abs(down * up - 1) < 1e-15:
            break
    return value
