"""`nodegraph plan`: tells what a run would do."""

from __future__ import annotations

from ..runs.forecast import RUNS, Forecast, peak_bytes
from .engine import open_engine, read
from .exits import DONE
from .options import Options
from .settings import settings
from .stdout import Stdout
from .terminal import size, table


def plan(options: Options, stdout: Stdout) -> int:
    """Carry out the command; the exit code."""
    with open_engine(options) as engine:
        checked = read(engine, options.graph, options.set, options.base)
        made = engine.plan(checked, settings(checked, options.set), options.only or None)
        forecasts = engine.forecast(made)
    stdout(table([_row(f) for f in forecasts], ["node", "", "last took", "last gave", ""]))
    will = [f for f in forecasts if f.status != "remembered"]
    known = sum(f.seconds or 0 for f in will)
    most = peak_bytes(made, forecasts)
    stdout(f"\n{len(forecasts) - len(will)} remembered, {sum(f.status == RUNS for f in will)} will run, "
           f"{sum(f.status != RUNS for f in will)} depend on those"
           + (f"; about {known:.1f} s by what they last took" if known else "")
           + (f", at most {size(most)} of values at once" if most else ""))
    return DONE


def _row(f: Forecast) -> list[str]:
    return [f.node, f.status, "" if f.seconds is None else f"{f.seconds:.2f} s",
            "" if f.bytes is None else size(f.bytes), f"on {', '.join(f.because)}" if f.because else ""]
