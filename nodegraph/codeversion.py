"""The version of a node that declares none: a digest of its code, and of what that uses of its own module."""

from __future__ import annotations

import inspect
import os
import re
import types
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any

from .digest import digest, encode

_SCALARS = {types.NoneType, bool, int, float, bytes}
_SHOWN = {complex, range, slice, types.EllipsisType}  # whose repr says all
# Objects of other classes count in full where they are built on these, or come from these modules.
_BASES = (int, float, str, bytes, tuple, list, dict, set, frozenset, Enum)
_VALUES = {"builtins", "collections", "datetime", "decimal", "fractions", "functools", "numpy", "operator", "types"}


def code_version(function: Callable[..., Any]) -> str:
    """A version that changes when the function's code does, or what that uses of its module; all processes agree."""
    own = getattr(inspect.unwrap(function), "__globals__", {})
    return "code-" + digest(_Reach(own).of(function)).hex()[:12]


class _Reach:
    """What code uses of its own module, by the names in it and so on, as plain data.

    What comes from another module counts by its name, from within the same pack by its place there. What the module
    itself is called, its folder and its line numbers do not count, nor the order in which a set is gone through.
    """

    def __init__(self, own: dict[str, Any], met: dict[int, tuple[int, Any]] | None = None):
        self.own, self.module = own, own.get("__name__") or ""
        self.top = self.module.partition(".")[0]
        self.folder = os.path.dirname(own.get("__file__") or "")
        self.met = dict(met or {})  # id -> number and thing, which is kept so that no other gets its id
        self.waiting: list[Any] = []

    def of(self, thing: Any) -> list[Any]:
        """A thing, and all that it leads to."""
        told = [self.plain(thing)]
        while self.waiting:  # no recursion: code may lead on and on, and in circles
            told.append(self.insides(self.waiting.pop()))
        return told

    def plain(self, thing: Any) -> Any:
        """A constant in full; of what may lead back to itself, a number, under which it is told of later."""
        kind = type(thing)
        if kind in _SCALARS:
            return thing
        if kind is str:
            return thing.removeprefix(self.folder)
        if kind is tuple:
            return ["tuple", *map(self.plain, thing)]
        if kind is set or kind is frozenset:
            return ["set", *sorted(encode(_Reach(self.own, self.met).of(item)) for item in thing)]
        if kind is types.CodeType:
            return self.code(thing)
        if kind in _SHOWN:
            return ["shown", repr(thing)]
        if kind is re.Pattern:
            return ["pattern", thing.pattern, thing.flags]
        if issubclass(kind, PurePath):
            return ["path", self.plain(str(thing))]
        if issubclass(kind, types.ModuleType) or issubclass(kind, type) and not self.owns(thing):
            return self.name(thing)
        if kind is types.BuiltinFunctionType:  # len, or "abc".upper
            return ["builtin", self.plain(thing.__self__), thing.__name__]
        known = self.met.get(id(thing))
        if known is None:
            known = self.met[id(thing)] = len(self.met), thing
            self.waiting.append(thing)
        return ["met", known[0]]

    def code(self, code: types.CodeType) -> list[Any]:
        names = [n for n in code.co_names if n in self.own and not _dunder(n)]
        return ["code", code.co_code, code.co_exceptiontable, code.co_argcount, code.co_kwonlyargcount,
                list(code.co_varnames), list(code.co_names), [self.plain(c) for c in code.co_consts],
                [[name, self.plain(self.own[name])] for name in names]]

    def insides(self, thing: Any) -> list[Any]:
        """What there is to say of a thing that has a number."""
        kind = type(thing)
        if kind is types.FunctionType:
            inner = [getattr(thing, "__wrapped__", None), *_enclosed(thing)]
            if not self.owns(thing):  # a decorator from elsewhere may hold a function from here
                inner = [i for i in inner if hasattr(i, "__module__") and self.owns(i)]
                return [self.name(thing), *map(self.plain, inner)]
            return ["function", *map(self.plain, (thing.__code__, thing.__defaults__, thing.__kwdefaults__, *inner))]
        if kind is types.MethodType:
            return ["method", self.plain(thing.__self__), self.plain(thing.__func__)]
        if issubclass(kind, type):
            methods = (types.FunctionType, staticmethod, classmethod, property)
            inner = [(n, i) for n, i in sorted(vars(thing).items()) if not _dunder(n) or isinstance(i, methods)]
            return ["class", thing.__qualname__, self.plain((thing.__bases__, kind)), *map(self.plain, inner)]
        if kind is list:
            return ["list", *map(self.plain, thing)]
        if kind is dict or kind is types.MappingProxyType:
            return ["dict", *[self.plain(part) for pair in thing.items() for part in pair]]
        if kind is property:
            return ["property", self.plain((thing.fget, thing.fset, thing.fdel))]
        if kind in (staticmethod, classmethod) or "__wrapped__" in getattr(thing, "__dict__", ()):  # lru_cache
            return ["wrapped", self.name(kind), self.plain(thing.__wrapped__)]
        try:
            return ["array", encode(thing)]
        except TypeError:
            return ["a", self.name(kind), *self.parts(thing, kind)]

    def parts(self, thing: Any, kind: type) -> list[Any]:
        """What an object is made of, where it is a constant or its class is from here; else nothing."""
        if not (issubclass(kind, _BASES) or is_dataclass(kind) or kind.__module__ in _VALUES or self.owns(kind)):
            return []
        try:
            made = thing.__reduce_ex__(4)
            return [self.plain(list(part) if isinstance(part, Iterator) else part)
                    for part in (made if isinstance(made, tuple) else [made])]
        except Exception:  # a lock, a generator: nobody can say what is in it
            return []

    def owns(self, thing: Any) -> bool:
        """Whether a function or a class was written in this module."""
        if isinstance(thing, types.FunctionType):
            return thing.__globals__ is self.own
        return bool(thing.__module__ == self.module)

    def name(self, thing: Any) -> list[str]:
        """What a function, class or module from elsewhere is called."""
        if isinstance(thing, types.FunctionType):
            module, own = thing.__globals__.get("__name__"), thing.__code__.co_qualname
        elif isinstance(thing, types.ModuleType):
            module, own = thing.__name__, ""
        else:
            module, own = thing.__module__, thing.__qualname__
        top, dot, rest = str(module).partition(".")
        return ["from", dot + rest if top == self.top else str(module), own]


def _dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _enclosed(function: types.FunctionType) -> Iterator[Any]:
    """What a function's closure holds; a cell may still be empty."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            yield None
