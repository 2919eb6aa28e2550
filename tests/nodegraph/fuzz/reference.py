"""What a graph file means, by plain recursion: no plan, no cache, no order but that of the links.

It reads the trees of YAML by itself, so that it shares nothing with the engine but the functions of the nodes. A graph
is evaluated from its outputs backwards; a mapped node is evaluated once per item, a loop round by round. What is found:
the value of each output or why it is lacking, how each node at the top fared, and which calls a run must make.

Two readings are possible in a few corners (is the carried value of the last round made, if nothing reads it? does
what does not depend on the item run when the list is empty?). Calls that only one reading makes are `may`, not `must`.
Where even a value depends on the reading, the run is `unclear` and says why.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .kinds import KINDS, MISSING, Kind, Slot, call_key, canonical

RESERVED = ("type", "each", "bypass", "mute", "cross", "repeat", "until", "carry", "count", "failed", "timeout", "retry")
MOST_ROUNDS = 10_000
MOST_RUNS = 4_000  # of nodes, in one evaluation


class TooLarge(Exception):
    """A graph that comes to more than is worth evaluating."""


class Leaf(NamedTuple):
    """One value and the type it came with. written: it stands in the file, and no node gave it."""

    type: str
    value: Any
    written: bool = False


class Written(list[Any]):
    """A list that stands in the file as a whole."""


class Lack(NamedTuple):
    """A value that is not there: the node that gives it failed, or something before that did."""

    why: str  # "failed" or "skipped"
    items: Any = None  # of a list of which some items lack: all of them


FAILED, SKIPPED = Lack("failed"), Lack("skipped")
Value = Any  # a Leaf, a Lack, or a list of Values without Lacks
Thunk = Callable[[], Value]


class Outs:
    """What a node, or one run of it, gives: each output worked out when it is asked for."""

    def __init__(self, ports: Mapping[str, Thunk], status: Callable[[], str]):
        self._ports, self._status, self._known = dict(ports), status, {}

    def __contains__(self, port: str) -> bool:
        return port in self._ports

    @property
    def names(self) -> list[str]:
        """The outputs there are."""
        return list(self._ports)

    def get(self, port: str | None = None) -> Value:
        """One output; the only one, left out."""
        name = port if port is not None else next(iter(self._ports))
        if name not in self._known:
            self._known[name] = self._ports[name]()
        return self._known[name]

    @property
    def status(self) -> str:
        """ok, failed or skipped; asking for it evaluates what it needs."""
        return self._status()


@dataclass
class Call:
    """A call that a run makes. forms: how it counts when types are looked at; places: how often, by node.

    sure: the nodes that have to make it; where it is made for others alone, it need not be made.
    """

    remember: bool
    fails: bool
    sure: set[str] = field(default_factory=set)
    forms: set[Any] = field(default_factory=set)
    places: Counter[str] = field(default_factory=Counter)


class Found(NamedTuple):
    """What a run is to come to."""

    values: dict[str, Value]
    left_out: set[str]
    status: dict[str, str]
    calls: dict[Any, Call]
    failed: bool
    may_fail: bool
    unclear: list[str]


class Interpreter:
    """Evaluates one graph, with the graphs inside it, once.

    files: the graph files as trees, by their path under `folder`. given: values for the inputs of the top graph.
    """

    def __init__(self, files: Mapping[str, Any], folder: Path, top: str = "main.yaml",
                 given: Mapping[str, Any] | None = None, kinds: Mapping[str, Kind] = KINDS):
        self.files, self.folder, self.top, self.kinds = files, folder, top, kinds
        self.given = dict(given or {})
        self.calls: dict[Any, Call] = {}
        self.known: dict[Any, Any] = {}
        self.sure, self.failures, self.odd_failures, self.unclear = True, False, 0, []
        self.later: list[Callable[[], None]] = []
        self._left_out: dict[str, set[str]] = {}
        self.runs = 0

    def run(self, only: list[str] | None = None) -> Found:
        """Evaluate the outputs."""
        tree = self.files[self.top]
        scope = Scope(self, self.top, "", {name: lambda n=name: self._input(tree, n) for name in tree.get("inputs", {})})
        left_out = self.left_out(self.top)
        wanted = [name for name in tree["outputs"] if name not in left_out and (only is None or name in only)]
        values = {name: scope.link(tree["outputs"][name]) for name in wanted}
        status = {name: outs.status for name, outs in list(scope.nodes.items())}
        failed, self.sure = self.failures, False
        for evaluate in iter(lambda: self.later.pop(0) if self.later else None, None):
            evaluate()
        for name in scope.nodes.keys() - status.keys():
            status[name] = "any"
        return Found(values, left_out if only is None else set(), status, self.calls, failed, bool(self.odd_failures),
                     self.unclear)

    def _input(self, tree: Any, name: str) -> Value:
        slot, default = input_slot(tree["inputs"][name])
        if name in self.given:
            return parsed(slot, self.given[name], (self.folder / self.top).parent)
        return parsed(slot, default, (self.folder / self.top).parent)

    def fail(self) -> None:
        """Note that something fails."""
        self.failures |= self.sure
        self.odd_failures += not self.sure

    def left_out(self, file: str) -> set[str]:
        """The outputs of a graph that a muted node keeps from being made."""
        if file not in self._left_out:
            self._left_out[file] = left_out_of(self.files, file)
        return self._left_out[file]

    def maybe(self, evaluate: Callable[[], None]) -> None:
        """Evaluate something at the end, whose calls need not be made."""
        self.later.append(evaluate)

    def call(self, kind: Kind, path: str, arguments: dict[str, Value], single: str | None, retry: int) -> dict[str, Value]:
        """Call a node's function; single: the batch port that is given one item."""
        plain = {port: plain_of(value) for port, value in arguments.items()}
        full = {port: slot.default for port, slot in kind.inputs.items() if slot.default is not MISSING} | plain
        key = call_key(kind.name, full)
        if key not in self.known:
            self.known[key] = self._called(kind, dict(plain), single)
        given = self.known[key]
        form = tuple(sorted((port, formed(value)) for port, value in arguments.items()))
        whole = kind.batch and not single  # its calls are written down item by item
        for one in ([call_key(kind.name, {**full, kind.batch: item}) for item in full[kind.batch]] if whole else [key]):
            call = self.calls.setdefault(one, Call(kind.remember, given is None))
            call.sure |= {path} if self.sure else set()
            call.forms.add(form)
            call.places[path] += 1 + (retry if given is None else 0)
        if given is None:
            self.fail()
            return dict.fromkeys(kind.outputs, FAILED)
        return {port: typed(slot._replace(depth=0) if single else slot, given[port])
                for port, slot in kind.outputs.items()}

    def _called(self, kind: Kind, plain: dict[str, Any], single: str | None) -> dict[str, Any] | None:
        if kind.name == "f.name_file":
            return {"file": self.folder / "data" / plain.get("which", "a.txt")}
        if single:
            plain[single] = [plain[single]]
        try:
            result = kind.function(**plain)
        except Exception:
            return None
        results = result if hasattr(result, "_fields") else (result,)
        return {port: one[0] if single else one for port, one in zip(kind.outputs, results)}


class Scope:
    """One graph, evaluated with certain inputs."""

    def __init__(self, run: Interpreter, file: str, path: str, inputs: dict[str, Thunk]):
        self.run, self.file, self.path = run, file, path
        self.tree = run.files[file]
        self.inputs = {name: once(thunk) for name, thunk in inputs.items()}
        self.nodes: dict[str, Outs] = {}

    @property
    def folder(self) -> Path:
        """Where relative paths begin."""
        return (self.run.folder / self.file).parent

    def link(self, text: str) -> Value:
        """What a link brings."""
        name, _, port = text[1:].partition(".")
        if name in self.inputs:
            return self.inputs[name]()
        return self.node(name).get(port or None)

    def node(self, name: str) -> Outs:
        """What a node gives."""
        if name not in self.nodes:
            self.nodes[name] = self._placed(name)
        return self.nodes[name]

    def _placed(self, name: str) -> Outs:
        tree = self.tree["nodes"][name]
        place = Place(self, name, tree)
        if tree.get("bypass"):
            return place.passed()
        return place.outs()


class Place:
    """A node where it stands."""

    def __init__(self, scope: Scope, name: str, tree: dict[str, Any]):
        self.scope, self.run, self.tree, self.type = scope, scope.run, tree, tree["type"]
        self.path = f"{scope.path}{name}"
        self.kind = self.run.kinds.get(self.type)
        self.file = inner_file(scope.file, self.type)
        self.each, self.cross = (self._over(tree.get(word)) for word in ("each", "cross"))
        self.carry = carried(tree.get("carry"))
        self.count, self.until, self.repeat = tree.get("count"), tree.get("until"), tree.get("repeat")
        self.inputs = {port: once(lambda v=value, p=port: self._value(p, v)) for port, value in self.given.items()}

    def _over(self, names: Any) -> tuple[str, ...]:
        """The inputs that are taken item by item; a branch of a switch is named by its label."""
        return tuple(f"cases.{name}" if self.type == "switch" and name != "on" else name for name in as_tuple(names))

    @property
    def given(self) -> dict[str, Any]:
        """What is written for each input; the branches of a switch under their labels."""
        return node_inputs(self.tree)

    def slot(self, port: str) -> Slot:
        """What an input takes."""
        if self.kind:
            return self.kind.inputs[port]
        if self.file:
            return input_slot(self.run.files[self.file]["inputs"][port])[0]
        return Slot("")

    def _value(self, port: str, value: Any) -> Value:
        """What an input brings, as it is written: before it is taken item by item."""
        slot, folder = self.slot(port), self.scope.folder
        if is_link(value):
            return self.scope.link(value)
        if isinstance(value, list):
            lifted = port in (*self.each, *self.cross) and not (self.kind and port == self.kind.batch)
            return self._list(slot._replace(depth=max(0, slot.depth - (not lifted))) if slot.type else slot, value)
        return parsed(slot, value, folder)

    def _list(self, slot: Slot, items: list[Any]) -> Value:
        found: list[Value] = []
        lacking = False
        for item in items:
            if lacking:  # what else the list is made of may be made
                if is_link(item):
                    self.run.maybe(lambda i=item: self.scope.link(i.removesuffix("...")))
                continue
            one = self.scope.link(item.removesuffix("...")) if is_link(item) else parsed(slot, item, self.scope.folder)
            if isinstance(one, Lack):
                lacking = True
            elif is_link(item) and item.endswith("..."):
                found += one
            else:
                found.append(one)
        return SKIPPED if lacking else found if any(map(is_link, items)) else Written(found)

    # -- the ways a node can stand

    def outs(self) -> Outs:
        """What the node gives."""
        if self.carry and self.repeat is None:
            return self.folded()
        if self.each or self.cross:
            return self.mapped()
        return self.rounds(self.inputs, self.path)

    def passed(self) -> Outs:
        """A bypassed node: each output gives what flows into its first linked input of the same type, or else its first given one."""
        if self.type == "switch":
            first = next(port for port in self.given if port != "on")
            return Outs({"value": self.inputs[first]}, lambda: "any")
        ports = self.kind.inputs if self.kind else {
            name: input_slot(tree)[0] for name, tree in self.run.files[self.file].get("inputs", {}).items()}
        outputs = self.kind.outputs if self.kind else output_slots(self.run.files, self.file)
        through = {}
        for output, slot in outputs.items():
            depth = slot.depth + self.deeper(output)
            alike = [p for p, s in ports.items() if p in self.given and s.type == slot.type
                     and s.depth + (p in self.each and p != getattr(self.kind, "batch", None)) == depth]
            linked = [p for p in alike if any(map(is_link, self.given[p] if isinstance(self.given[p], list) else [self.given[p]]))]
            if alike:
                through[output] = self.inputs[(linked or alike)[0]]
        return Outs(through, lambda: "any")

    def deeper(self, output: str) -> int:
        """How much deeper an output lies than what the node itself gives."""
        return int(bool(self.each) and not (self.kind and self.kind.batch in self.each))

    def mapped(self) -> Outs:
        """`each` and `cross`: once per item."""
        over = [*self.each, *self.cross]

        def lists() -> list[Value] | str:
            if any(self.inputs[port]() == [] for port in self.cross):
                return self.no_product()
            brought = {port: listed(self.inputs[port]()) for port in over}
            if any(isinstance(value, Lack) for value in brought.values()):
                return "skipped"
            if len({len(brought[port]) for port in self.each}) > 1:
                self.run.fail()
                return "failed"
            zipped = list(zip(*(brought[port] for port in self.each))) if self.each else [()]
            if self.cross and self.each:
                raise AssertionError("each and cross stand together")
            crossed = itertools.product(*(brought[port] for port in self.cross)) if self.cross else [()]
            return [dict(zip(over, map(sent, (*z, *c)))) for c in crossed for z in zipped]

        def items() -> list[Outs] | str:
            found = opened()
            if isinstance(found, str) or not found:
                self.nothing(empty=not isinstance(found, str))
                return found if isinstance(found, str) else []
            return [self.rounds(self.inputs | {port: constant(one) for port, one in item.items()}
                                | ({self.count: constant(Leaf("Int", at))} if self.count and self.repeat is None else {}),
                                self.path, at) for at, item in enumerate(found, 1)]

        opened, made = once(lists), once(items)
        skip = self.tree.get("failed") == "skip"

        def gather(port: str) -> Value:
            every = made()
            if isinstance(every, str):
                return Lack(every)
            if skip and every and (self.kind and any(isinstance(self.inputs[p](), Lack) for p in self.inputs
                                                      if p not in (*over, *self.kind.lazy))
                                   or any(isinstance(one, Lack) for item in opened() for one in item.values())):
                return Lack("skipped", [one.get(port) for one in every])  # no item's fault
            if skip and every:
                self.nothing(empty=True)
                every = [one for one in every if not any(isinstance(one.get(p), Lack) for p in one.names) or self.ask_all(one)]
            values = [one.get(port) for one in every]
            return next((Lack("failed", values) for value in values if isinstance(value, Lack)), values)

        def status() -> str:
            every = made()
            if isinstance(every, str):
                return every
            states = [one.status for one in every]
            return "any" if skip or "any" in states else "failed" if "failed" in states else "skipped" if "skipped" in states else "ok"

        return Outs({port: lambda p=port: gather(p) for port in self.output_names}, status)

    def ask_all(self, one: Outs) -> bool:
        """What else an item gives that is left out may be made; False, so that it is."""
        self.run.maybe(lambda: [one.get(port) for port in one.names] and None)
        return False

    def no_product(self) -> list[Value]:
        """A product of which one list is empty: what depends on the items of the others alone may run."""
        def evaluate() -> None:
            lists = {port: self.inputs[port]() for port in self.cross}
            if any(isinstance(value, Lack) for value in lists.values()):
                self.run.unclear.append(f"{self.path}: of the lists that are crossed one is empty and one is lacking")
                return
            for items in itertools.product(*(map(sent, value) if value else [SKIPPED] for value in lists.values())):
                outs = self.body({**self.inputs, **{port: constant(item) for port, item in zip(lists, items)}}, self.path)
                for port in outs.names:
                    outs.get(port)
        self.run.maybe(evaluate)
        return []

    def nothing(self, empty: bool) -> None:
        """No item is there: what does not depend on one may run all the same."""
        def evaluate() -> None:
            before = self.run.odd_failures
            items = {port for port in (*self.each, *self.cross, *self.carry, self.count) if port}
            outs = self.body({**self.inputs, **{port: constant(SKIPPED) for port in items}}, self.path)
            for port in outs.names:
                outs.get(port)
            for port in self.carry:
                self.inputs.get(port, lambda: None)()
            fixed = [isinstance(thunk(), Lack) for port, thunk in self.inputs.items() if port not in items] \
                if self.type not in ("switch", "pick") else []
            if empty and (any(fixed) or self.run.odd_failures > before):
                self.run.unclear.append(f"{self.path}: what does not depend on the item fails over an empty list")
        self.run.maybe(evaluate)

    def rounds(self, inputs: dict[str, Thunk], path: str, at: int = 0) -> Outs:
        """The node with these inputs: once, or as often as `repeat` says."""
        if self.repeat is None:
            return self.body(inputs, path)
        return self.loop(inputs, path)

    def loop(self, inputs: dict[str, Thunk], path: str) -> Outs:
        """`repeat`: round after round, each with what the one before carried."""
        inputs = self.entering(inputs)

        def rounds() -> list[Outs] | str:
            most = self.scope.link(self.repeat) if is_link(self.repeat) else Leaf("Int", self.repeat)
            if isinstance(most, Lack):
                return "skipped"
            if type(most.value) is not int or not 0 <= most.value <= MOST_ROUNDS:
                self.run.fail()
                return "failed"
            made: list[Outs] = []
            for number in range(1, most.value + 1):
                carried_in = {port: (lambda o=made[-1], n=output: whole(o.get(n))) for port, output in self.carry.items()} \
                    if made else {}
                counted = {self.count: constant(Leaf("Int", number))} if self.count else {}
                made.append(self.body({**inputs, **carried_in, **counted}, path))
                if self.until:
                    done = made[-1].get(self.until)
                    if isinstance(done, Lack) or done.value is True:
                        break
            if not made:
                self.nothing(empty=False)
            self.run.maybe(lambda: [one.get(port) for one in made for port in self.carry.values()])
            return made

        return self._joined(once(rounds), inputs)

    def folded(self) -> Outs:
        """`each` with `carry`: item after item, each with what the one before carried."""
        inputs = self.entering(self.inputs)

        def rounds() -> list[Outs] | str:
            brought = {port: listed(self.inputs[port]()) for port in self.each}
            if any(isinstance(value, Lack) for value in brought.values()):
                self.nothing(empty=False)
                return "skipped"
            if len({len(value) for value in brought.values()}) > 1:
                self.run.fail()
                self.nothing(empty=False)
                return "failed"
            made: list[Outs] = []
            for number, item in enumerate(zip(*brought.values()), 1):
                carried_in = {port: (lambda o=made[-1], n=output: whole(o.get(n))) for port, output in self.carry.items()} \
                    if made else {}
                counted = {self.count: constant(Leaf("Int", number))} if self.count else {}
                taken = {port: constant(sent(one)) for port, one in zip(brought, item)}
                made.append(self.body({**inputs, **taken, **carried_in, **counted}, self.path))
            if not made:
                self.nothing(empty=True)
            self.run.maybe(lambda: [one.get(port) for one in made for port in self.carry.values()])
            return made

        return self._joined(once(rounds), inputs)

    def entering(self, inputs: dict[str, Thunk]) -> dict[str, Thunk]:
        """Inputs of which those that are carried come as over a link, wherever they are written."""
        return {port: (lambda t=thunk: sent(whole(t()))) if port in self.carry else thunk for port, thunk in inputs.items()}

    def _joined(self, rounds: Callable[[], list[Outs] | str], inputs: dict[str, Thunk]) -> Outs:
        """What comes out of rounds: the last of what is carried, the list of everything else."""
        entered = {output: port for port, output in self.carry.items()}

        def get(port: str) -> Value:
            made = rounds()
            if isinstance(made, str):
                return Lack(made)
            if port in entered:
                return whole(made[-1].get(port)) if made else sent(whole(inputs[entered[port]]()))
            values = [one.get(port) for one in made]
            return next((Lack(value.why, values) for value in values if isinstance(value, Lack)), values)

        def checked(port: str) -> Value:
            value = get(port)
            made = rounds()
            if not isinstance(made, str):
                self._judge(made, inputs)
            return value

        def status() -> str:
            made = rounds()
            if isinstance(made, str):
                return made
            states = [one.status for one in made]
            return "failed" if "failed" in states else "skipped" if "skipped" in states else "ok"

        return Outs({port: lambda p=port: checked(p) for port in self.output_names}, status)

    def _judge(self, made: list[Outs], inputs: dict[str, Thunk]) -> None:
        """Note where it depends on the reading what a loop gives: a round gives one thing and lacks another."""
        def evaluate() -> None:
            states = [[isinstance(one.get(port), Lack) for port in one.names] for one in made]
            if any(any(state) for state in states) and not all(all(state) for state in states):
                if self.file or not self.carry:
                    self.run.unclear.append(f"{self.path}: some of what its rounds give is lacking")
            if any(isinstance(inputs[port](), Lack) for port in self.carry if port in inputs):
                self.run.unclear.append(f"{self.path}: what is carried in is lacking")
        self.run.maybe(evaluate)

    @property
    def output_names(self) -> list[str]:
        """The outputs it has."""
        if self.kind:
            return list(self.kind.outputs)
        if self.file:
            gone = self.run.left_out(self.file)
            return [name for name in self.run.files[self.file]["outputs"] if name not in gone]
        return ["items" if self.type == "pick" else "value"]

    # -- one run of it

    def body(self, inputs: dict[str, Thunk], path: str) -> Outs:
        """One run of the node itself."""
        self.run.runs += 1
        if self.run.runs > MOST_RUNS:
            raise TooLarge
        if self.kind:
            return self._function(inputs, path)
        if self.file:
            return self._graph(inputs, path)
        return self._pick(inputs) if self.type == "pick" else self._switch(inputs)

    def _graph(self, inputs: dict[str, Thunk], path: str) -> Outs:
        inside: dict[str, Thunk] = {}
        for name, tree in self.run.files[self.file].get("inputs", {}).items():
            slot, default = input_slot(tree)
            inside[name] = inputs.get(name) or (lambda s=slot, d=default: parsed(
                s, d, (self.run.folder / self.file).parent))
        scope = Scope(self.run, self.file, f"{path}/", inside)
        outs = Outs({port: lambda p=port: scope.link(scope.tree["outputs"][p]) for port in self.output_names},
                    lambda: "any")
        return outs

    def _function(self, inputs: dict[str, Thunk], path: str) -> Outs:
        kind = self.kind
        single = kind.batch if kind.batch in self.each else None

        def called() -> dict[str, Value]:
            if kind.lazy:
                return self._lazy(inputs)
            values = {port: thunk() for port, thunk in inputs.items() if port in kind.inputs}
            if any(isinstance(value, Lack) for value in values.values()):
                return dict.fromkeys(kind.outputs, SKIPPED)
            slots = {port: kind.inputs[port]._replace(depth=0) if port == single else kind.inputs[port] for port in values}
            if any(complaint(slots[port], value) for port, value in values.items()):
                self.run.fail()
                return dict.fromkeys(kind.outputs, FAILED)
            values = {port: value for port, value in values.items()
                      if not (plain_of(value) is None and kind.inputs[port].default is MISSING)}
            return self.run.call(kind, path, values, single, self.tree.get("retry", 0))

        made = once(called)

        def status() -> str:
            value = next(iter(made().values()))
            return "any" if kind.lazy else value.why if isinstance(value, Lack) else "ok"

        return Outs({port: lambda p=port: made()[p] for port in kind.outputs}, status)

    def _lazy(self, inputs: dict[str, Thunk]) -> dict[str, Value]:
        """Call a node that asks for what it needs."""
        class Lacking(Exception):
            pass

        kind, lazy = self.kind, self.kind.lazy
        values = {port: thunk() for port, thunk in inputs.items() if port not in lazy}
        if any(isinstance(value, Lack) for value in values.values()):
            return dict.fromkeys(kind.outputs, SKIPPED)

        def asked(port: str) -> Any:
            value = inputs[port]()
            if isinstance(value, Lack) or complaint(kind.inputs[port], value):
                raise Lacking
            return plain_of(value)

        if any(complaint(kind.inputs[port], value) for port, value in values.items()):
            self.run.fail()
            return dict.fromkeys(kind.outputs, FAILED)
        arguments = {port: plain_of(value) for port, value in values.items()}
        try:
            result = kind.function(**arguments, **{port: lambda p=port: asked(p) for port in lazy})
        except Lacking:
            self.run.fail()
            return dict.fromkeys(kind.outputs, FAILED)
        (output,) = kind.outputs
        return {output: typed(kind.outputs[output], result)}

    def _switch(self, inputs: dict[str, Thunk]) -> Outs:
        def chosen() -> tuple[Value, str]:
            on = inputs["on"]()
            if isinstance(on, Lack):
                return SKIPPED, "skipped"
            branch = label(on.value)
            branch = branch if f"cases.{branch}" in inputs else "else"
            if f"cases.{branch}" not in inputs:
                self.run.fail()
                return FAILED, "failed"
            value = inputs[f"cases.{branch}"]()
            return (SKIPPED, "skipped") if isinstance(value, Lack) else (sent(value), "ok")

        made = once(chosen)
        return Outs({"value": lambda: made()[0]}, lambda: made()[1])

    def _pick(self, inputs: dict[str, Thunk]) -> Outs:
        def picked() -> tuple[Value, str]:
            items = inputs["from"]()
            if isinstance(items, Lack):  # whether the answers are asked for does not matter then
                self.run.maybe(lambda: None if inputs["where"]() else None)
                return SKIPPED, "skipped"
            where = inputs["where"]()
            if isinstance(where, Lack):
                return SKIPPED, "skipped"
            if len(items) != len(where):
                self.run.fail()
                return FAILED, "failed"
            return [item for item, yes in zip(items, where) if yes.value], "ok"

        made = once(picked)
        return Outs({"items": lambda: made()[0]}, lambda: made()[1])


# ---- reading the tree -------------------------------------------------------------------------------------------------

def once(thunk: Callable[[], Any]) -> Callable[[], Any]:
    """A function that is called at most once."""
    known: list[Any] = []

    def ask() -> Any:
        if not known:
            known.append(thunk())
        return known[0]

    return ask


def listed(value: Value) -> Value:
    """The items of a list, those that lack among them, or its own Lack."""
    return value.items if isinstance(value, Lack) and value.items is not None else value


def whole(value: Value) -> Value:
    """What goes round, or through a switch, is there as a whole or not at all."""
    return Lack(value.why) if isinstance(value, Lack) else value


def constant(value: Any) -> Thunk:
    """A thunk of what is there already."""
    return lambda: value


def is_link(value: Any) -> bool:
    """Whether a text of the file is a link."""
    return isinstance(value, str) and value.startswith("$") and not value.startswith("$$")


def as_tuple(value: Any) -> tuple[str, ...]:
    """One name or several."""
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def carried(value: Any) -> dict[str, str]:
    """Input -> output of what is carried."""
    return dict(value) if isinstance(value, dict) else {name: name for name in as_tuple(value)}


def node_inputs(tree: dict[str, Any]) -> dict[str, Any]:
    """What is written for each input of a node; the branches of a switch as `cases.label`."""
    if tree["type"] != "switch":
        return {port: value for port, value in tree.items() if port not in RESERVED}
    branches = tree["cases"] if "cases" in tree else {
        key: value for key, value in tree.items() if key not in RESERVED and key != "on"}
    return {"on": tree["on"], **{f"cases.{key}": value for key, value in branches.items()}}


def inner_file(file: str, type: str) -> str | None:
    """The graph file that a node's type names, by its path under the folder of them all."""
    if not type.endswith(".yaml"):
        return None
    parts: list[str] = []
    for part in [*file.split("/")[:-1], *type.split("/")]:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def input_slot(tree: Any) -> tuple[Slot, Any]:
    """What an input of a graph takes, and its default."""
    if not isinstance(tree, dict):
        return Slot({str: "Text", int: "Int", float: "Float", bool: "Bool"}[type(tree)]), tree
    type_name = tree.get("type", "")
    default = tree.get("default", MISSING)
    if not type_name:
        return input_slot(default)
    return Slot(type_name.removeprefix("list of "), int(type_name.startswith("list of ")),
                optional="default" in tree and default is None, folder=type_name == "list of File"), default


_OF_PYTHON = {str: "Text", int: "Int", float: "Float", bool: "Bool", type(None): "Any"}


def parsed(slot: Slot, value: Any, folder: Path) -> Value:
    """A literal as the value of a port; without a type (a branch of a switch), as it stands."""
    if value is None:
        return Leaf(slot.type, None, True)
    if slot.type == "File" and slot.depth and isinstance(value, str):
        return Written(Leaf("File", path, True) for path in files_of(folder, value))
    if isinstance(value, (list, tuple)) and (slot.depth or not slot.type or slot.type != "Any"):
        return Written(parsed(slot._replace(depth=slot.depth - 1), item, folder) for item in value)
    if slot.type == "File":
        return Leaf("File", folder / value, True)
    if slot.type == "Float":
        return Leaf("Float", float(value), True)
    plain = value.replace("$$", "$", 1) if isinstance(value, str) else value
    return Leaf(slot.type or _OF_PYTHON[type(value)], plain, True)


def files_of(folder: Path, text: str) -> list[Path]:
    """The files of a folder or a pattern, in natural order, without hidden ones."""
    where = folder / text
    found = where.iterdir() if where.is_dir() else where.parent.glob(where.name)
    return sorted((path for path in found if path.is_file() and not path.name.startswith(".")), key=_natural)


def _natural(path: Path) -> list[Any]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", path.name)]


def label(value: Any) -> str:
    """The text that a switch compares with its labels."""
    return str(value).lower() if isinstance(value, bool) else str(value)


# ---- what is muted, before anything runs ------------------------------------------------------------------------------

def left_out_of(files: Mapping[str, Any], file: str) -> set[str]:
    """The outputs of a graph that a muted node keeps from being made."""
    tree = files[file]
    muted: dict[str, bool] = {}

    def dead(text: str) -> bool:
        name, _, port = text.removesuffix("...")[1:].partition(".")
        if name not in tree["nodes"]:
            return False
        if is_muted(name):
            return True
        node = tree["nodes"][name]
        inner = inner_file(file, node["type"])
        if inner is None or node.get("bypass"):
            return False
        gone = left_out_of(files, inner)
        return port in gone if port else bool(gone)

    def is_muted(name: str) -> bool:
        if name not in muted:
            node = tree["nodes"][name]
            muted[name] = bool(node.get("mute")) or any(map(dead, read_links(files, file, node)))
        return muted[name]

    return {output for output, text in tree["outputs"].items() if dead(text)}


def read_links(files: Mapping[str, Any], file: str, node: dict[str, Any]) -> list[str]:
    """The links that a node reads; of a bypassed one, those that it passes on."""
    given = node_inputs(node)
    if isinstance(node.get("repeat"), str):
        given["repeat"] = node["repeat"]
    if node.get("bypass"):
        run = Interpreter(files, Path())
        outs = Place(Scope(run, file, "", {}), "", node)
        given = {port: given[port] for port in _through(outs)}
    return [item for value in given.values() for item in (value if isinstance(value, list) else [value]) if is_link(item)]


def _through(place: Place) -> set[str]:
    """The inputs that a bypassed node passes on."""
    told: set[str] = set()
    place.inputs = {port: (lambda p=port: told.add(p)) for port in place.given}
    outs = place.passed()
    for port in outs.names:
        outs.get(port)
    return told


def output_slots(files: Mapping[str, Any], file: str) -> dict[str, Slot]:
    """What the outputs of a graph give, by their declared types."""
    return {name: link_slot(files, file, text) for name, text in files[file]["outputs"].items()}


def link_slot(files: Mapping[str, Any], file: str, text: str) -> Slot:
    """What a link carries, by the declared types of what it leads to."""
    name, _, port = text.removesuffix("...")[1:].partition(".")
    tree = files[file]
    if name in tree.get("inputs", {}):
        return input_slot(tree["inputs"][name])[0]
    node = tree["nodes"][name]
    place = Place(Scope(Interpreter(files, Path()), file, "", {}), name, node)
    if place.kind:
        slots = place.kind.outputs
    elif place.file:
        slots = output_slots(files, place.file)
    elif place.type == "pick":
        return written_slot(files, file, node["from"], "from" in place.each)
    else:
        branch, value = next((b, v) for b, v in place.given.items() if b != "on")
        slot = written_slot(files, file, value, branch in place.each)
        return slot._replace(depth=slot.depth + bool(place.each))
    slot = slots[port] if port else next(iter(slots.values()))
    many = place.deeper(port) + bool(place.cross)
    if place.repeat is not None or place.carry:
        output = port or next(iter(slots))
        many = int(bool(place.each or place.cross)) + (output not in place.carry.values())
        many -= bool(place.each and place.carry and place.repeat is None)
    return slot._replace(depth=slot.depth + many)


def written_slot(files: Mapping[str, Any], file: str, value: Any, item: bool) -> Slot:
    """What is written somewhere carries; item: what is in the list that it is."""
    if isinstance(value, list):
        slot = written_slot(files, file, value[0] if value else "", False)
        spread = is_link(value[0]) and value[0].endswith("...") if value else False
        return slot._replace(depth=slot.depth + (not spread) - item)
    slot = link_slot(files, file, value) if is_link(value) else input_slot(value)[0]
    return slot._replace(depth=slot.depth - item)


# ---- values -----------------------------------------------------------------------------------------------------------

def typed(slot: Slot, value: Any) -> Value:
    """What a function gave, as Leaves of its port's type."""
    if slot.depth:
        return [typed(slot._replace(depth=slot.depth - 1), item) for item in value]
    return Leaf(slot.type, value)


def plain_of(value: Value) -> Any:
    """A Value as a function is handed it."""
    return [plain_of(item) for item in value] if isinstance(value, list) else value.value


def formed(value: Value) -> Any:
    """A Value as something that can be compared: its types and whether it stands in the file included."""
    if isinstance(value, list):
        return (type(value).__name__, *map(formed, map(sent, value)))
    return (value.type, type(value.value).__name__, canonical(value.value), value.written)


def sent(value: Value) -> Value:
    """A Value as it comes over a link, wherever it was written."""
    if isinstance(value, Lack):
        return value
    return list(value) if isinstance(value, list) else value._replace(written=False)


def complaint(slot: Slot, value: Value) -> bool:
    """Whether something is not what a port takes."""
    if slot.depth:
        if isinstance(value, list):
            return any(complaint(slot._replace(depth=slot.depth - 1), item) for item in value)
        return not (slot.optional and value.value is None)
    plain = plain_of(value)
    if plain is None:
        return not slot.optional and slot.type != "Any"
    wanted: dict[str, Callable[[Any], bool]] = {
        "Text": lambda v: isinstance(v, str), "Int": lambda v: type(v) is int, "Bool": lambda v: type(v) is bool,
        "Float": lambda v: type(v) in (int, float), "File": lambda v: isinstance(v, (str, Path)) and bool(str(v)),
        "Vector": lambda v: hasattr(v, "shape"), "Odd": lambda v: isinstance(v, frozenset)}
    if slot.type in wanted and not wanted[slot.type](plain):
        return True
    if slot.low is not None and not slot.low <= plain <= slot.high:
        return True
    return slot.choices is not None and plain not in slot.choices
