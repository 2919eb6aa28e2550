"""The live Values of a run: what was given, what memory holds, and what is kept since someone still waits for it.

Whoever is to read a Value has a lease on it, from the moment it is made until it is taken. Where a disk keeps the
Value a lease is a pin there; otherwise the run holds the Value itself. Leases are counted by slot: a slot that is
filled holds what it brings until every step that reads it is done, and for outputs until the Result goes.

What travels is a reference, a digest together with a PortType; equal digests of two types are two Values.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import Any

from ..cache import Cache, Prepared, prepare
from ..cache.values import duplicate, restored, versions
from ..digest import ListDigest, digest, is_tensor
from ..errors import GraphError
from ..plan import Index, Plan, Step, given_digest
from ..recipe import Recipe
from ..types import FILE, PortType, described
from ..wording import say
from .call import PLACES
from .tables import Tables

NONE = digest(None)
TypeOf = Any  # a PortType, or for a list of several types a tuple of what each item is
Reference = tuple[bytes, PortType | None]


def reference(type: PortType, name: bytes) -> Reference:
    """The name under which a Value is known: types that store their values as they are share one space."""
    return name, None if type.natural else type


class Values:
    """Finds Values by reference, and keeps those that are waited for."""

    def __init__(self, plan: Plan, tables: Tables, cache: Cache, warn: Callable[[str], None]):
        self.plan, self.tables, self.cache, self.warn = plan, tables, cache, warn
        self.given: dict[Reference, Any] = {}
        self.odd: dict[tuple[int, Index], TypeOf] = {}  # where a value is of another type than its slot says
        self.held: dict[Reference, list[Any]] = {}  # [leases, type, the Prepared or _ON_DISK, versions of its tensors]
        self.tensors: dict[Reference, Any] = {}  # copies of tensors that were given, for nodes
        self.holds: dict[tuple[int, Index], list[Reference]] = {}
        self.left: dict[tuple[int, Index], int] = {}
        self.stamps: dict[Path, Any] = {named.value: named.stamp for type, _, _, named in plan.located
                                        if type is FILE and getattr(named, "stamp", None) is not None}

    def begin(self) -> None:
        """Fill the slots that were given."""
        for given in self.plan.givens:
            try:
                name = self.tables.digests[given.slot] = given_digest(given)
            except Exception as error:  # the type's own code
                raise GraphError(f"a {given.type.name} that was given cannot be named: {described(error)}") from error
            self.give(given.type, name, given.value)

    def give(self, type: PortType, name: bytes, value: Any) -> None:
        if name.__class__ is ListDigest and isinstance(value, (list, tuple)):
            for item_name, item in zip(name.items, value):
                self.give(type, item_name, item)
        elif value is not None:
            key = reference(type, name)
            self.given[key] = value
            if type.exact is None and is_tensor(value):
                self.tensors[key] = None

    # -- finding

    def type_at(self, slot: int, index: Index) -> TypeOf:
        """The type of what a slot brings."""
        return self.odd.get((slot, index)) or self.plan.types[slot] if self.odd else self.plan.types[slot]

    def live(self, type: TypeOf, name: bytes) -> Any:
        """The Value of a reference, or the list of Values. Raises KeyError where it is gone."""
        if name.__class__ is ListDigest:
            items = name.items
            if type.__class__ is tuple:
                return [self.live(one, item) for one, item in zip(type, items)]
            return [self.live(type, item) for item in items]
        if name == NONE:
            return None
        key = reference(type, name)
        if key in self.given:
            return fresh(self.as_given(key))
        held = self.held.get(key)
        if held is not None and held[2] is not _ON_DISK:
            return fresh(self.as_held(key, held))
        return self.cache.value(type, name)

    def as_given(self, key: Reference) -> Any:
        """A value that was given; of a tensor a copy, and another where a node has changed that in place."""
        value = self.given[key]
        if key not in self.tensors:
            return value
        copy = self.tensors[key]
        if copy is None or copy._version:
            if copy is not None:
                self.warn(say("value.changed"))
            copy = self.tensors[key] = value.detach().clone()
        return copy

    def as_held(self, key: Reference, held: list[Any]) -> Any:
        """A Value that this run holds. Raises KeyError where a node has changed it in place."""
        prepared = held[2]
        if held[3] != versions(prepared.tensors):
            self.warn(say("value.changed"))
            held[2] = _ON_DISK
            raise KeyError(key[0])
        return prepared.value

    def at(self, slot: int, index: Index, name: bytes) -> Any:
        """The Value that an instance of a slot brings."""
        return self.live(self.type_at(slot, index), name)

    def lost(self, type: TypeOf, name: bytes) -> list[Reference]:
        """Which Values of a reference, or of a list of them, are in no tier."""
        if name.__class__ is ListDigest:
            items = name.items
            if type.__class__ is not tuple:
                if type.natural:
                    plain = self.cache.memory.plain
                    items = tuple(item for item in items if item not in plain)
                return [key for item in items for key in self.lost(type, item)]
            return [key for one, item in zip(type, items) for key in self.lost(one, item)]
        if name == NONE:
            return []
        key = reference(type, name)
        if key in self.given or key in self.held and self.held[key][2] is not _ON_DISK:
            return []
        return [] if self.cache.has(name) else [key]

    def handed_out(self, type: TypeOf, name: bytes, read: Any = None) -> Any:
        """The Value of a reference as a copy of its own, for a caller who may change it. Raises KeyError."""
        if name.__class__ is ListDigest:
            items = name.items
            types = type if type.__class__ is tuple else (type,) * len(items)
            return [self.handed_out(one, item, read) for one, item in zip(types, items)]
        if name == NONE:
            return None
        key = reference(type, name)
        held = self.held.get(key)
        if key in self.given or held is not None and held[2] is not _ON_DISK:
            value = self.as_given(key) if key in self.given or held is None else self.as_held(key, held)
            return own_copy(type, value)
        return (read or self.cache.copy)(type, name)

    # -- leases

    def hold(self, slot: int, index: Index, type: PortType, prepared: Prepared, stored: bool, forced: bool) -> None:
        """Lease a Value that was just made to whoever reads a slot. forced: until the run is over."""
        if prepared.is_small and not forced:
            return  # memory drops nothing small while a run is on
        key = reference(type, prepared.digest)
        entry = self.held.setdefault(key, [0, type, _ON_DISK, []])
        if not entry[0] and stored:
            self.cache.pin(prepared.digest)
        if not stored:
            entry[2], entry[3] = prepared, versions(prepared.tensors)
        entry[0] += 1
        self.holds.setdefault((slot, index), []).append(key)
        if forced:
            self.left[slot, index] = -1

    def pass_on(self, slot: int, index: Index, name: bytes) -> None:
        """Lease what a step passes on to whoever reads its slot."""
        if not self.held:
            return
        type = self.type_at(slot, index)
        for key in references(type, name):
            entry = self.held.get(key)
            if entry is not None:
                entry[0] += 1
                self.holds.setdefault((slot, index), []).append(key)

    def done(self, step: Step, index: Index) -> None:
        """A step needs what it read no more; what nobody else waits for goes."""
        counts, ends = self.plan.keepers
        for slot in ends.get(step.index, ()):
            own = self.plan.slot_axes.get(slot, ())
            place = (slot, index if own else ())
            if place not in self.holds:
                continue
            left = self.left.get(place)
            left = (counts[slot] if left is None else left) - 1
            self.left[place] = left
            if left == 0 and slot not in self.kept_slots:
                self.let_go(place)

    @cached_property
    def kept_slots(self) -> set[int]:
        """The slots of outputs."""
        return {out.slot for out in self.plan.outputs.values()}

    def let_go(self, place: tuple[int, Index]) -> None:
        for key in self.holds.pop(place, ()):
            entry = self.held[key]
            entry[0] -= 1
            if not entry[0]:
                del self.held[key]
                if entry[2] is _ON_DISK:
                    self.cache.unpin(key[0])

    def settle(self) -> None:
        """At the end of a run: keep what its outputs are made of, and nothing else."""
        for place in list(self.holds):
            if place[0] not in self.kept_slots:
                self.let_go(place)

    def keep_outputs(self) -> None:
        """Hold what outputs are made of, where that is small: memory is about to drop what it can."""
        plain, given, types = self.cache.memory.plain, self.given, self.plan.types
        for slot in self.kept_slots:
            name = self.tables.digests[slot]
            if name.__class__ is dict:  # of items that are kept though their list has gaps
                for index, item in name.items():
                    self.keep_small(self.type_at(slot, index), item)
            elif name.__class__ is bytes and types[slot].natural:  # by far the most
                if name in plain:
                    given[name, None] = plain[name]
            elif name is not None:
                self.keep_small(self.type_at(slot, ()), name)

    def keep_small(self, type: TypeOf, name: bytes) -> None:
        """Small Values of outputs stay with the Result, since memory may drop them once the run is over."""
        plain = self.cache.memory.plain
        for key in references(type, name):
            stored = key[0] if key[1] is None else (key[1], key[0])
            if key not in self.held and stored in plain:
                self.given[key] = plain[stored]

    def close(self) -> None:
        """The Result has gone."""
        for place in list(self.holds):
            self.let_go(place)

    # -- what names something outside

    def placed(self, type: PortType, value: Any, locate: Any) -> tuple[bytes, str]:
        """The digest under which a file or a model that a node gave flows on, and what is wrong with it, if anything."""
        named = locate(type, _unnamed(value) if isinstance(value, Recipe) else value, Path())
        if named.problem:
            return b"", named.problem
        name = digest(named.content if named.content is not None else type.flatten(named.value))
        found = _named_as(value, named.value) if isinstance(value, Recipe) else named.value
        self.given[reference(type, name)] = found
        if type is FILE and named.stamp is not None:
            self.stamps[named.value] = named.stamp
        return name, ""

    def place_of(self, type: PortType, name: bytes) -> Any:
        """The file or model whose place was remembered under a name. Raises KeyError."""
        plain = self.cache.value(PLACES[type is FILE], name)
        return Path(plain) if type is FILE else Recipe.of(plain)


def _unnamed(recipe: Recipe) -> Recipe:
    """A recipe to be looked at again where it lies, and its patches likewise."""
    patches = tuple([_unnamed(patch) for patch in recipe.patches])
    if not recipe.folder:
        return recipe._replace(patches=patches)
    return recipe._replace(source=recipe.folder, fingerprint=b"", patches=patches)


def _named_as(recipe: Recipe, found: Recipe) -> Recipe:
    """What was found of a recipe, by the names that its user knows."""
    return found._replace(source=recipe.source, patches=tuple(map(_named_as, recipe.patches, found.patches)))


def references(type: TypeOf, name: bytes) -> list[Reference]:
    """The Values that a reference, or a list of them, stands for."""
    if name.__class__ is not ListDigest:
        return [reference(type, name)]
    items = name.items
    types = type if type.__class__ is tuple else (type,) * len(items)
    return [key for one, item in zip(types, items) for key in references(one, item)]


def fresh(value: Any) -> Any:
    """A value that a node may change without anyone else noticing, where Python lets it be changed in place."""
    return deepcopy(value) if value.__class__ in (list, dict, set, bytearray) else value


def own_copy(type: PortType, value: Any) -> Any:
    """A value of which nobody else has any part."""
    if type.located:
        return value
    prepared = prepare(type, value)
    return restored(type, prepared.code, [duplicate(tensor) for tensor in prepared.tensors])


_ON_DISK = object()
