"""Calls the code of nodes: with live models, in whatever memory there is, and names what comes back.

Used by the executor alone, from its own thread and from workers. What it needs of a run is handed to it.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from time import perf_counter
from typing import Any, NamedTuple

from .. import events as ev
from ..cache import Cache, Prepared, prepare
from ..context import Context
from ..errors import Cancelled, InputError, NodeFailed, OutOfMemory
from ..models import Models
from ..nodetype import Port
from ..plan import Step, place_of
from ..types import ModelType, short


class Job(NamedTuple):
    """One call. items: which items of a mapped step it makes, None for an unmapped one; keys: one for each."""

    step: Step
    items: tuple[int, ...] | None
    keys: list[bytes]
    arguments: dict[str, Any]


class Made(NamedTuple):
    """What a call gave: for each item, for each port, one Prepared or a list of them."""

    outputs: list[list[Any]]
    seconds: float


class Reporter(Context):
    """The Context of one call: passes reports on, and stops the node when the run is to stop."""

    def __init__(self, caller: Caller, node: str):
        self.previews = caller.previews
        self._caller, self._node = caller, node

    # Asked for when they are read: to find out takes importing torch.

    @property
    def device(self) -> str:
        return self._caller.models.device

    @property
    def dtype(self) -> str:
        return self._caller.models.dtype

    def report(self, done: float, total: float | None = None, text: str = "", preview: Any = None) -> None:
        if self._caller.cancel.is_set():
            raise Cancelled
        self._caller.tell(ev.Progress(self._node, done, total, text, preview))


class Caller:
    """Calls nodes for one run.

    tell: takes an event from any thread. cancel: set when the run is to stop. start: the run's beginning on the
    performance counter. previews: whether anyone looks at them.
    """

    def __init__(self, cache: Cache, models: Models, tell: Callable[[ev.Event], None], cancel: threading.Event,
                 start: float, previews: bool):
        self.cache, self.models, self.previews = cache, models, previews
        self.tell, self.cancel, self.start = tell, cancel, start

    def call(self, job: Job) -> Made | BaseException:
        """Call the node's function, and name and store what it gives. Tried again, smaller, when memory runs out."""
        try:
            try:
                return self.call_once(job)
            except Exception as error:
                if not out_of_memory(error):
                    raise
            # Outside of `except`: the exception's traceback would keep the failed call's tensors alive.
            self.make_room()
            return self.call_in_parts(job)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a node that calls sys.exit() has failed like any other
            return error

    def call_once(self, job: Job) -> Made:
        """Call the node's function with live models."""
        step, nodetype = job.step, job.step.nodetype
        arguments = dict(job.arguments)
        if nodetype.context is not None:
            arguments[nodetype.context] = Reporter(self, step.name)
        with ExitStack() as leases:
            for port in nodetype.models:
                recipe = arguments.get(port)
                if recipe is not None:
                    arguments[port] = leases.enter_context(
                        self.models.lease(nodetype.inputs[port].type, recipe,
                                                   lambda *about: self.tell_loaded(step, *about)))
            started = perf_counter()
            value = nodetype.call(**arguments)
            seconds = perf_counter() - started
        per_item = split_batch(step, value, len(job.items)) if step.batched else [value]
        outputs = [[self.prepare_port(step, port, item) for port, item in zip(nodetype.outputs.values(), given)]
                   for given in (ports_of(step, one) for one in per_item)]
        for item in outputs:
            for port, prepared in zip(nodetype.outputs.values(), item):
                for one in prepared if isinstance(prepared, list) else [prepared]:
                    self.cache.store(port.type, one, seconds)
        return Made(outputs, seconds)

    def tell_loaded(self, step: Step, source: str, seconds: float, size: int) -> None:
        """Post that a model was loaded; called by whichever thread did it."""
        self.tell(ev.Loaded(step.name, source, seconds, size, perf_counter() - self.start))

    def call_in_parts(self, job: Job) -> Made:
        """Call once more; a batch that is still too large is cut in two, and so on down to one item."""
        try:
            return self.call_once(job)
        except Exception as error:
            if not out_of_memory(error):
                raise
            told = str(error).split(". ")[0]
        if not job.step.batched or len(job.items) < 2:
            raise OutOfMemory(f"{told}. {self.cache.memory.holdings(self.models.device)}, after everything that "
                              "could go has gone; use a smaller picture, batch or model, or --dtype bfloat16")
        self.make_room()
        half, port = len(job.items) // 2, job.step.nodetype.batch
        made = [self.call_in_parts(job._replace(items=job.items[cut], keys=job.keys[cut],
                                                arguments={**job.arguments, port: job.arguments[port][cut]}))
                for cut in (slice(None, half), slice(half, None))]
        return Made(made[0].outputs + made[1].outputs, made[0].seconds + made[1].seconds)

    def make_room(self) -> None:
        """Let everything go from the device that nobody is using."""
        device = self.models.device
        self.cache.memory.shrink({device: self.cache.memory.budgets.get(device, 1 << 62)})
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()

    def prepare_port(self, step: Step, port: Port, value: Any) -> Any:
        if port.many and not step.batched:
            return [self.prepare_one(step, port, item) for item in as_list(step, port, value)]
        return self.prepare_one(step, port, value)

    def prepare_one(self, step: Step, port: Port, value: Any) -> Prepared:
        if isinstance(port.type, ModelType):
            value = self.models.completed(port.type, value)
        return prepare_output(step, port, value)


# ---- what a function gives ----------------------------------------------------------------------------------------

def ports_of(step: Step, value: Any) -> tuple:
    """What a function returned, by output port."""
    if step.count == 1 and not hasattr(value, "_fields"):
        return (value,)
    if not isinstance(value, tuple) or len(value) != step.count:
        raise InputError(f"it gave {short(value)}; it declares the outputs {', '.join(step.nodetype.outputs)}")
    return value


def split_batch(step: Step, value: Any, count: int) -> list:
    """A batch's result, item by item."""
    columns = [as_list(step, port, column)
               for port, column in zip(step.nodetype.outputs.values(), ports_of(step, value))]
    if any(len(column) != count for column in columns):
        raise InputError(f"it was handed {count} items and gave {', '.join(str(len(c)) for c in columns)}")
    items = list(zip(*columns))
    return [item[0] for item in items] if step.count == 1 else [step_tuple(item) for item in items]


class step_tuple(tuple):
    """The outputs of one item of a batch."""

    _fields = ()


def as_list(step: Step, port: Port, value: Any) -> list:
    if not isinstance(value, (list, tuple)):
        raise InputError(f"it gave {short(value)} as {port.name}; it declares a list of {port.type.name}")
    return list(value)


def prepare_output(step: Step, port: Port, value: Any) -> Prepared:
    """Check one value against its output port, and name it."""
    wrong = port.type.complaint(value)
    if wrong:
        raise InputError(f"its output {port.name} {wrong}; it declares {port.type.name}")
    try:
        return prepare(port.type, value)
    except TypeError as error:
        raise InputError(f"its output {port.name} cannot be kept: {error}") from error


def out_of_memory(error: BaseException) -> bool:
    """Whether a device ran out of memory (torch.OutOfMemoryError, without importing torch for it)."""
    return any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)


def node_failed(step: Step, error: BaseException, arguments: dict[str, Any], prefix: str = "") -> NodeFailed:
    """The report of a failure: the node's place, its inputs, and the traceback of its own code alone."""
    if isinstance(error, (InputError, OutOfMemory)):
        message, trace = str(error), ""
    else:
        message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename != __file__]
        trace = "".join(traceback.format_list(own)) + "".join(traceback.format_exception_only(error))
    inputs = {}
    ports = step.nodetype.inputs if step.nodetype is not None else {}
    for name, value in arguments.items():
        port = ports.get(name)
        inputs[name] = port.type.summary(value) if port is not None and not isinstance(value, list) else short(value)
    return NodeFailed(step.name, prefix + message, place_of(step), inputs, trace)


