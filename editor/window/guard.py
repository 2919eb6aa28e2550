"""Whatever a frame or a callback raises is shown, with the document kept safe, and the next frame comes."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..words.speak import t

if TYPE_CHECKING:
    from ..session import Session


class Guard:
    """Calls the parts of a window so that none of them takes it down."""

    def __init__(self, session: Session):
        self.session = session
        self._failed: dict[int, int] = {}  # panels that raised, and the revision at which they did

    def _guarded(self, function: Callable[..., Any], *args: Any) -> None:
        try:
            function(*args)
        except Exception as error:  # a window that dies takes the work with it
            self._trouble(error)

    def _guarded_panel(self, panel: Any, function: Callable[[], Any]) -> None:
        """A panel that raised is left alone until something changes."""
        if self._failed.get(id(panel)) == self.session.revision:
            return
        try:
            function()
            self._failed.pop(id(panel), None)
        except Exception as error:  # as above
            self._trouble(error)
            self._failed[id(panel)] = self.session.revision

    def _trouble(self, error: Exception) -> None:
        """Show what went wrong in the editor itself, and keep a copy of the document."""
        report = "".join(traceback.format_exception(error))
        session = self.session
        if session.folder is not None:
            session.attempt(session.document.autosave, session.files.recovery_folder)
        if session.dialog is None or session.dialog.kind != "error":
            first = next((line for line in str(error).splitlines() if line.strip()), "")
            session.ask("error", title=t("error.unexpected", why=f"{type(error).__name__}: {first}"), text=report)
