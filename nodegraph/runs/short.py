"""The short way of a request: a cheap node with one plain output, called at once by the thread that decides.

It is what a trivial node costs, so it is one function over names that are at hand. Whatever is not plain (a value that
is not in memory, an instance that is waited for, a node that may be costly) is left to the long way.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .. import events as ev
from ..cache import Trace
from ..digest import SIZE, encode
from ..errors import Cancelled
from ..plan import Index, Step
from .asking import SHAPES, shape_of
from .call import Job, Made, prepare_output
from .tables import CACHED, RAN

if TYPE_CHECKING:
    from .run import Run

LARGE = 1 << 62  # ints beyond this are encoded with more care
SHORT = frozenset((int, float, bool))  # what the shortest way keeps
COSTLY = 0.005  # seconds; a node that takes longer than this on average is worth a thread
_tuple = tuple.__new__  # makes a NamedTuple in half the time of calling its class


def short_way(run: Run) -> Callable[[Step, Index, list[Any]], bool]:
    """A function that carries out an instance of a quick step; False where that takes the long way.

    It is given the instance and the digests that it reads, None for one that is not there.
    """
    tables, report, cache, values, emit = run.tables, run.report, run.cache, run.values, run.emit
    digests, state, waiting, trouble, seconds_of = (tables.digests, tables.state, tables.waiting, tables.trouble,
                                                    tables.seconds)
    tallies, held, disk, forced, costs = report.tallies, values.held, cache.disk, run.forced, run.costs
    kept, small, plain, trace_of, record = cache.kept, cache.small, cache.memory.plain, cache.trace, cache.record_small
    join, hash, shapes, now, remarks = b"".join, blake2b, SHAPES, perf_counter, run.remarks

    def over(step: Step, index: Index) -> None:
        if waiting:
            run.waits.wake(step.index, index)
        if held:
            values.done(step, index)

    def short(step: Step, index: Index, names: list[Any]) -> bool:
        try:
            key = hash(step.base + join(names), digest_size=SIZE).digest()
        except TypeError:
            return False
        if forced or trouble and (step.index, index) in trouble:
            return False
        nodetype = step.nodetype
        trace = kept.get(key)
        if trace is None and disk is not None:
            trace = trace_of(key, shapes.get(nodetype) or shape_of(nodetype))
        if trace is not None:
            if len(trace[0]) != 1 or trace[4]:
                return False
            if index:
                digests[step.first][index] = trace[0][0]
                (tallies.get(step.index) or report.tally(step)).remembered += 1
            else:
                digests[step.first] = trace[0][0]
                state[step.index] = CACHED
                if emit is not None:
                    emit(_tuple(ev.Cached, (step.name, trace[0])))
            if waiting or held:
                over(step, index)
            return True
        try:
            cost = costs[nodetype]
            if cost > COSTLY:
                return False
            arguments = step.literals.copy()
            for port, name in zip(step.ports, names):
                arguments[port] = plain[name]
        except KeyError:
            return False
        started = now()
        if emit is not None:
            if index:
                report.begun(step)
            else:
                emit(_tuple(ev.Started, (step.name, started - report.start)))
        try:
            value = nodetype.call(**arguments)
            ended = now()
            kind, type = value.__class__, nodetype.plain
            odd = kind is not type.exact or kind is str and not value.isascii()  # type: ignore[union-attr]
            if remarks or kind not in SHORT or odd and type.complaint(value):  # type: ignore[union-attr]
                made = Made([[prepare_output(port, value) for port in nodetype.outputs.values()]], ended - started, (),
                            tuple(remarks))
                remarks.clear()
                run.requests.accept(Job(((step, index),), (key,), arguments, step.name), made)
                return True
        except Cancelled:
            run.cancel.set()
            return True
        except KeyboardInterrupt:
            run.cancel.set()
            raise
        except BaseException as error:  # a node that calls sys.exit() has failed like any other
            report.warned(step, [remark.sentence for remark in remarks])
            remarks.clear()
            run.fail(step, index, error, arguments)
            return True
        seconds = ended - started
        costs[nodetype] = cost + 0.3 * (seconds - cost)
        code = b"i%d;" % value if kind is int and -LARGE < value < LARGE else encode(value)
        name = hash(code, digest_size=SIZE).digest()
        if disk is None:  # what `record_small` does then
            small[name], plain[name] = code, value
            kept[key] = _tuple(Trace, ((name,), seconds, (), shapes.get(nodetype) or shape_of(nodetype), ()))
        else:
            record(key, name, code, value, seconds, shapes.get(nodetype) or shape_of(nodetype))
        if index:
            digests[step.first][index] = name
            if emit is not None:
                report.ran(step, (name,), seconds, len(code))
            else:
                tally = tallies.get(step.index) or report.tally(step)
                tally.ran += 1
                tally.seconds += seconds
                tally.size += len(code)
        else:
            digests[step.first] = name
            state[step.index] = RAN
            seconds_of[step.index] = seconds
            if emit is not None:
                emit(_tuple(ev.Finished, (step.name, seconds, (name,), ended - report.start, 1, 0, len(code))))
        if waiting or held:
            over(step, index)
        return True

    return short
