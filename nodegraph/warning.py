"""What a node, a loader or a writer has to tell that is no error: what it dropped, changed or could not honour.

Whoever calls foreign code collects what it tells: a run its nodes and their models, an export the writers of types.
"""

from __future__ import annotations

import warnings
from contextvars import ContextVar, Token
from typing import NamedTuple


class Remark(NamedTuple):
    """One sentence, and the item of a batch that it is about; None where it is about all of them."""

    sentence: str
    item: int | None = None


_collecting: ContextVar[list[Remark] | None] = ContextVar("nodegraph.warnings", default=None)


def warn(sentence: str, item: int | None = None) -> None:
    """Tell that something was dropped, changed or could not be honoured, and go on.

    In a run it becomes a `Warned` event of the node that runs, and is remembered with what that node gave. Where
    nobody collects warnings, such as in a script, it is Python's own.

    sentence: what was found, what became of it, and what to do for another result. item: where a batch node tells of
    one of the items that it was handed, the index of that item.
    """
    remarks = _collecting.get()
    if remarks is None:
        warnings.warn(sentence, stacklevel=2)
    elif Remark(sentence, item) not in remarks:
        remarks.append(Remark(sentence, item))


class collected:
    """A `with` that collects in a list what is told within it, in this thread or task."""

    def __init__(self, remarks: list[Remark] | None = None):
        self.remarks: list[Remark] = [] if remarks is None else remarks

    def __enter__(self) -> list[Remark]:
        self.token: Token[list[Remark] | None] = _collecting.set(self.remarks)
        return self.remarks

    def __exit__(self, *_: object) -> None:
        _collecting.reset(self.token)
