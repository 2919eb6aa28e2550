"""The commands of the editor by name, and what says whether one would do anything now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from ..session import Session

F = TypeVar("F", bound=Callable[..., Any])


class Command(NamedTuple):
    """What a command does, and whether it would do anything now. on_canvas: whether it is done to what the canvas shows.

    Those are not done while the form stands in its place, and their keys without Ctrl or Alt count only while the pointer
    is over it, as in Blender.
    """

    function: Callable[..., Any]
    can: Callable[[Session], bool]
    on_canvas: bool


COMMANDS: dict[str, Command] = {}

_OF_CANVAS = ("edit.", "node.", "palette.", "view.frame_", "view.zoom_", "view.snap", "view.minimap", "view.compact",
              "run.to_selected")
_ANYWHERE = ("edit.undo", "edit.redo", "node.leave")  # those of them that are done in the form too


def always(session: Session) -> bool:
    """Whatever there is."""
    return True


def command(name: str, can: Callable[[Session], bool] = always) -> Callable[[F], F]:
    """Keeps a function as the command of that name. can: whether it would do anything now."""
    def keep(function: F) -> F:
        COMMANDS[name] = Command(function, can, name.startswith(_OF_CANVAS) and name not in _ANYWHERE)
        return function
    return keep


def of_kind(*kinds: str) -> Callable[[Session], bool]:
    """Whether something of these kinds, or anything, is selected."""
    return lambda session: any(item.kind in kinds or not kinds for item in session.selection)


def several(count: int) -> Callable[[Session], bool]:
    """Whether so many things at the least are selected."""
    return lambda session: len(session.selection) >= count
