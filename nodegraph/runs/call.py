"""Calls the code of nodes: with live models, in whatever memory there is, and names what comes back.

This is the wall around foreign code: whatever a node, a type or a library raises here becomes that node's failure.
What is needed of a run is handed in; nothing here decides what runs.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import perf_counter
from typing import Any, NamedTuple

from .. import events as ev
from ..cache import Cache, Prepared, prepare
from ..context import Context
from ..digest import digest_bytes, encode, is_array, is_tensor
from ..errors import Cancelled, InputError, NodeFailed, OutOfMemory
from ..models import Models
from ..nodetype import NodeType, Port
from ..plan import Index, Step
from ..recipe import Recipe
from ..types import FILE, ModelType, PortType, short
from ..warning import Remark, collected
from ..wording import Phrase, say


class Job(NamedTuple):
    """One call to be made: for one instance, or for several that a batch node serves together.

    places: the step and index of each; keys: one for each; name: what it is called in reports.
    arguments: what the function is called with, its models still recipes. attempt: how often it was tried before.
    """

    places: tuple[tuple[Step, Index], ...]
    keys: tuple[bytes, ...]
    arguments: dict[str, Any]
    name: str
    attempt: int = 0

    @property
    def step(self) -> Step:
        """The step whose node is called."""
        return self.places[0][0]

    @property
    def may_be_tried_again(self) -> bool:
        """Whether a failure is not the last word."""
        return self.attempt < self.step.retry

    @property
    def delay(self) -> float:
        """Seconds to wait before it is tried: none at first, then longer each time."""
        return min(0.1 * 2 ** (self.attempt - 1), 10) if self.attempt else 0.0

    @property
    def batched(self) -> bool:
        """Whether it is called with a list of what several instances ask for."""
        return self.step.batched

    def part(self, start: int, stop: int) -> Job:
        """The same call for some of its instances."""
        port = self.step.nodetype.batch
        assert port is not None
        cut = slice(start, stop)
        return self._replace(places=self.places[cut], keys=self.keys[cut],
                             arguments={**self.arguments, port: self.arguments[port][cut]})


class Made(NamedTuple):
    """What a call gave: for each instance, for each port, one Prepared or a list of them.

    asks: what of its context the node looked at, "ctx.device" or "ctx.dtype". remarks: what it told of that.
    """

    outputs: list[list[Any]]
    seconds: float
    asks: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def warnings(self, item: int) -> tuple[str, ...]:
        """What was told of one of the instances."""
        return tuple([sentence for sentence, about in self.remarks if about is None or about == item])


class Asked(BaseException):
    """A node asks for a lazy input that is not there yet; raised through its code, which is called again."""

    def __init__(self, port: str):
        self.port = port


class TimedOut(InputError):
    """A call took longer than it may."""


Outcome = Made | BaseException


class Reporter(Context):
    """The Context of one call: passes reports on, and stops the node when the run is to stop."""

    def __init__(self, caller: Caller, node: str, carried: dict[bytes, Any]):
        self.previews = caller.previews
        self.abandoned = False
        self.asks: dict[str, None] = {}
        self._caller, self._node, self._carried = caller, node, carried

    # Asked for when they are read: to find out may take importing torch.

    @property
    def device(self) -> str:  # type: ignore[override]
        self.asks["ctx.device"] = None
        return self._caller.models.device

    @property
    def dtype(self) -> str:  # type: ignore[override]
        self.asks["ctx.dtype"] = None
        return self._caller.models.dtype

    def live(self, recipe: Recipe) -> Any:
        try:
            return self._carried[encode(recipe.content)]
        except KeyError:
            return super().live(recipe)

    def report(self, done: float, total: float | None = None, text: str = "", preview: Any = None) -> None:
        if self._caller.cancel.is_set() or self.abandoned:
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
        self.reporters: dict[int, Reporter] = {}  # id of a job that is on -> its context

    def call(self, job: Job) -> list[tuple[Job, Outcome]]:
        """Call the node's function, and name and store what it gives.

        A batch that fails, and is not to be tried again, is cut in two, and so on down to the items that fail by
        themselves; so is one that is too large for the memory there is, after everything has gone that can go.
        """
        outcome = self.guarded(job)
        if isinstance(outcome, BaseException) and out_of_memory(outcome):
            self.make_room()
            outcome = self.guarded(job)
        elif job.may_be_tried_again:
            return [(job, outcome)]
        return self.cut(job, outcome)

    def cut(self, job: Job, outcome: Outcome) -> list[tuple[Job, Outcome]]:
        """What came of a call, and where that is a failure of a batch what comes of its halves."""
        if isinstance(outcome, (Made, Cancelled, Asked)):
            return [(job, outcome)]
        if job.batched and len(job.places) > 1:
            if out_of_memory(outcome):
                self.make_room()
            half = len(job.places) // 2
            return [one for part in (job.part(0, half), job.part(half, len(job.places)))
                    for one in self.cut(part, self.guarded(part))]
        if out_of_memory(outcome) and not isinstance(outcome, OutOfMemory):
            reason = safe(lambda: str(outcome)).split(". ")[0]
            outcome = OutOfMemory(f"{reason}. {self.cache.memory.holdings(self.models.device)}, after everything that "
                                  "could go has gone; use a smaller picture, batch or model, or --dtype bfloat16")
        return [(job, outcome)]

    def guarded(self, job: Job) -> Outcome:
        """One call; what it raises is returned."""
        try:
            return self.call_once(job)
        except Asked as asked:
            return asked
        except Cancelled:
            return Cancelled()
        except KeyboardInterrupt:
            if threading.current_thread() is not threading.main_thread():
                return Cancelled()
            self.cancel.set()  # only the main thread hears Ctrl-C, and whoever asked for the run is to hear it too
            raise
        except BaseException as raised:  # a node that calls sys.exit() has failed like any other
            return raised

    def call_once(self, job: Job) -> Made:
        """Call the node's function with live models."""
        with collected() as remarks:
            try:
                with ExitStack() as leases:
                    arguments, reporter = self.arguments(job, leases)
                    started = perf_counter()
                    try:
                        value = job.step.nodetype.call(**arguments)
                        seconds = perf_counter() - started
                    finally:
                        self.reporters.pop(id(job), None)
                return self.made(job, value, seconds, reporter, remarks)
            except (Asked, Cancelled):
                raise
            except BaseException:
                self.tell_remarks(job, remarks)
                raise

    async def call_awaited(self, job: Job) -> Outcome:
        """The same for an `async def` node, on the event loop."""
        import asyncio

        limit, remarks = asyncio.timeout(job.step.timeout), list[Remark]()
        try:
            with collected(remarks), ExitStack() as leases:
                arguments, reporter = self.arguments(job, leases)
                started = perf_counter()
                async with limit:
                    value = await job.step.nodetype.call(**arguments)
                return self.made(job, value, perf_counter() - started, reporter, remarks)
        except Asked as asked:
            return asked
        except (Cancelled, KeyboardInterrupt):
            return Cancelled()
        except BaseException as raised:  # what a library cancels or gives up by itself is the node's failure
            self.tell_remarks(job, remarks)
            if self.cancel.is_set() and isinstance(raised, asyncio.CancelledError):
                return Cancelled()
            return timed_out(job.step) if isinstance(raised, TimeoutError) and limit.expired() else raised
        finally:
            self.reporters.pop(id(job), None)

    def arguments(self, job: Job, leases: ExitStack) -> tuple[dict[str, Any], Reporter | None]:
        """What the function is called with: live models in place of recipes, and a context."""
        nodetype, arguments, reporter = job.step.nodetype, dict(job.arguments), None
        for port in nodetype.narrow:
            if port in arguments:
                arguments[port] = nodetype.inputs[port].handed(arguments[port])
        wrong = nodetype.refuses(**arguments) if nodetype.refuses is not None else ""
        if wrong:
            raise InputError(wrong)
        carried = self.lease(job, arguments, leases) if nodetype.models or nodetype.carriers else {}
        if nodetype.context is not None:
            reporter = arguments[nodetype.context] = self.reporters[id(job)] = Reporter(self, job.name, carried)
        return arguments, reporter

    def lease(self, job: Job, arguments: dict[str, Any], leases: ExitStack) -> dict[bytes, Any]:
        """Put live models in the place of recipes; and those that other values name, by the content of their recipes."""
        nodetype = job.step.nodetype
        ports = [port for port in nodetype.models if arguments.get(port) is not None]
        carried = [recipe for port in nodetype.carriers for recipe in self.named_by(nodetype.inputs[port], arguments.get(port))]
        wanted = [(self.kind_of(nodetype.inputs[port].type), arguments[port]) for port in ports]
        wanted += [(self.kind_of(self.models.catalogue.porttype(recipe.kind)), recipe) for recipe in carried]
        models = leases.enter_context(self.models.leases(wanted, lambda *about: self.tell_loaded(job.name, *about),
                                                         lambda source: self.tell(ev.Loading(job.name, source))))
        arguments.update(zip(ports, models))
        return dict(zip([encode(recipe.content) for recipe in carried], models[len(ports):]))

    @staticmethod
    def named_by(port: Port, value: Any) -> list[Recipe]:
        """The models that a value names, or each of a list of values."""
        assert port.type.models is not None
        values = value if isinstance(value, list) else [value]
        return [recipe for one in values if one is not None for recipe in port.type.models(one)]

    @staticmethod
    def kind_of(type: PortType | None) -> ModelType:
        """The type of a model, as such."""
        if not isinstance(type, ModelType):
            raise InputError(say("model.unknown-kind"))
        return type

    def tell_remarks(self, job: Job, remarks: list[Remark]) -> None:
        """Post what a call told before it failed."""
        for remark in remarks:
            self.tell(ev.Warned(remark.sentence, job.name))

    def tell_loaded(self, node: str, source: str, seconds: float, size: int) -> None:
        """Post that a model was loaded; called by whichever thread did it."""
        self.tell(ev.Loaded(node, source, seconds, size, perf_counter() - self.start))

    def made(self, job: Job, value: Any, seconds: float, reporter: Reporter | None, remarks: list[Remark]) -> Made:
        """Name and store what a call gave."""
        step = job.step
        values = split_batch(step, value, len(job.places)) if step.batched else [value]
        outputs = [[self.prepare_port(step, port, item) for port, item in zip(step.nodetype.outputs.values(), given)]
                   for given in (ports_of(step, one) for one in values)]
        for item in outputs:
            for port, prepared in zip(step.nodetype.outputs.values(), item):
                for one in prepared if isinstance(prepared, list) else [prepared]:
                    if not one.is_small:
                        self.cache.store(port.type, one, seconds)
        return Made(outputs, seconds, tuple(reporter.asks) if reporter is not None else (), tuple(remarks))

    def make_room(self) -> None:
        """Let everything go from the device that nobody is using."""
        device = self.models.device
        self.cache.memory.shrink({device: self.cache.memory.budgets.get(device, 1 << 62)})
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()

    def prepare_port(self, step: Step, port: Port, value: Any) -> Any:
        if not port.many or step.batched:
            return self.prepare_one(port, value)
        type = port.type
        if type.exact is None or not type.natural:
            return [self.prepare_one(port, item) for item in as_list(port, value)]
        return [_new(Prepared, (digest_bytes(code := encode(item)), item, code, ()))
                if item.__class__ is type.exact and (item.__class__ is not str or item.isascii())
                else self.prepare_one(port, item) for item in as_list(port, value)]

    def prepare_one(self, port: Port, value: Any) -> Prepared:
        if isinstance(port.type, ModelType):
            value = self.models.completed(port.type, value)
        return prepare_output(port, value)


# ---- what a function gives ----------------------------------------------------------------------------------------

def ports_of(step: Step, value: Any) -> tuple[Any, ...]:
    """What a function returned, by output port."""
    if step.nodetype.single and not isinstance(value, Row):
        return (value,)
    if not isinstance(value, tuple) or len(value) != step.count:
        raise InputError(f"it gave {summary(value)}; it declares the outputs {', '.join(step.nodetype.outputs)}")
    return value


class Row(tuple[Any, ...]):
    """The outputs of one item of a batch."""


def split_batch(step: Step, value: Any, count: int) -> list[Any]:
    """A batch's result, item by item."""
    columns = [as_list(port, column) for port, column in zip(step.nodetype.outputs.values(), ports_of(step, value))]
    if any(len(column) != count for column in columns):
        raise InputError(f"it was handed {count} items and gave {', '.join(str(len(c)) for c in columns)}")
    return [Row(item) for item in zip(*columns)]


def as_list(port: Port, value: Any) -> list[Any]:
    """What a function gave for a port that carries many."""
    if (is_tensor(value) or is_array(value)) and value.ndim:
        return list(value)
    if not isinstance(value, (list, tuple)):
        raise InputError(f"it gave {summary(value)} as {port.name}; it declares a list of {port.type.name}")
    return list(value)


def prepare_output(port: Port, value: Any) -> Prepared:
    """Check one value against its output port, and name it."""
    if value is None and port.optional:
        return prepare(NOTHING_TYPE, None)
    wrong = port.type.complaint(value)
    if wrong:
        value = port.type.adopt(value)
        wrong = port.type.complaint(value)
    if wrong:
        raise InputError(f"its output {port.name} {wrong}; it declares {port.type.name}")
    if port.type.located:
        return prepare(PLACES[port.type is FILE], value)
    try:
        return prepare(port.type, value)
    except TypeError as error:
        raise InputError(f"its output {port.name} cannot be kept: {error}") from error


_new = tuple.__new__  # makes a NamedTuple in half the time of calling its class
NOTHING_TYPE = PortType("Nothing")
# What names something outside is kept with its place, so that a later run can look there again.
PLACES = (PortType("Model", flatten=lambda recipe: list(recipe.placed)), PortType("File", flatten=str))


def out_of_memory(error: BaseException) -> bool:
    """Whether a device ran out of memory (torch.OutOfMemoryError, without importing torch for it)."""
    return any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)


def timed_out(step: Step) -> TimedOut:
    """What is said of a call that took too long."""
    return TimedOut(f"it took longer than {step.timeout:g} s, which is its timeout")


# ---- what is told of a failure ------------------------------------------------------------------------------------

def safe(told: Callable[[], str], otherwise: str = "(cannot be shown)") -> str:
    """A text that foreign code makes, or another where it fails at that."""
    try:
        return str(told())
    except Exception:
        return otherwise


def summary(value: Any) -> str:
    """One short line about a value, even where its own repr fails."""
    return safe(lambda: short(value), f"a {type(value).__name__}")


def node_failed(step: Step, error: BaseException, arguments: dict[str, Any], instance: str) -> NodeFailed:
    """The report of a failure: the node's place, its inputs, and the traceback of its own code alone."""
    trace = ""
    if isinstance(error, (InputError, OutOfMemory)):
        plain = len(error.args) == 1 and type(error.args[0]) in (str, Phrase)
        message = error.args[0] if plain else safe(lambda: str.__str__(str(error)))
    else:
        text = safe(lambda: str(error))
        message = f"{type(error).__name__}: {text}" if text else type(error).__name__
        trace = safe(lambda: own_trace(error), message)
    failed = NodeFailed(step.name, message, step.where, dict(summaries(nodetype_of(step), arguments)), trace, instance)
    traceback.clear_frames(error.__traceback__)  # what the node held would live as long as its failure
    failed.__cause__ = error
    return failed


def own_trace(error: BaseException) -> str:
    """A traceback without the frames of this module."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return "".join(traceback.format_list(frames)) + "".join(traceback.format_exception_only(error))


def nodetype_of(step: Step) -> NodeType | None:
    """The node that a step calls, if it calls one."""
    return getattr(step, "nodetype", None)


def summaries(nodetype: NodeType | None, arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A short line about each argument."""
    ports = nodetype.inputs if nodetype is not None else {}
    for name, value in arguments.items():
        port = ports.get(name)
        if port is not None and not isinstance(value, list) and value is not None:
            yield name, safe(lambda p=port, v=value: p.type.summary(v), summary(value))  # type: ignore[misc]
        else:
            yield name, summary(value)
