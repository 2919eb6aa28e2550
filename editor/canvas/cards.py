"""What can be done with a result on the canvas: shown large, heard, copied, written to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..document.items import Item
from ..document.ports import flow_of, outputs_of, port_of
from ..runs.made import Made
from ..words.speak import t

if TYPE_CHECKING:
    from ..session import Session


def made_at(session: Session, item: Item, port: str = "") -> Made | None:
    """What an output of the graph shows, or a port of a node; None where nothing was made there yet."""
    graph, checked = session.graph, session.checked
    name = item.name
    if item.kind == "output":
        ref = graph.outputs[item.name]
        name, flow = ref.name, flow_of(checked, ref)
        port = port_of(ref, outputs_of(checked, name)) if name in graph.nodes else ""
    else:
        flow = outputs_of(checked, name).get(port) if name in graph.nodes else None
    state = session.states.get(name)
    shown = state.thumbnails.get(port) if state is not None else None
    if shown is None:
        return None
    title = item.name if item.kind == "output" else f"{name}.{port}"
    return Made(session.progress.number if port else -1, f"{name}.{port}", title, flow.type if flow is not None else None,
                shown)


def act(session: Session, name: str, item: Item, port: str = "") -> None:
    """Do what a button of a card says: "large", "play", "copy" or "save"."""
    made = made_at(session, item, port)
    if made is None:
        return
    if name == "large":
        session.ask("picture", made=made)
    elif name == "copy":
        session.clipboard.put(made.thumbnail.text)
        session.say(t("status.copied_text", name=made.title))
    elif name == "save":
        save(session, made)
    elif name == "play" and session.hear is not None:
        session.hear(made)


def seek(session: Session, item: Item, port: str, part: float) -> bool:
    """Play a result from a part, 0 to 1, of it on; whether it is one that can be heard."""
    made = made_at(session, item, port)
    if made is None or session.hear is None or made.thumbnail.kind not in ("wave", "roll"):
        return False
    session.hear(made, part)
    return True


def save(session: Session, made: Made, folder: str = "", words: bool = True) -> None:
    """Ask where to, and write the result there. words: whether a picture's graph has its texts; it is a PNG without."""
    if made.type is None:
        return
    form = session.graph.forms.get(made.output)  # what the graph says comes first
    names = ["png"] if not words else sorted(made.type.exports, key=lambda name: form is None or name != form.format)
    suffixes = tuple(f".{name}" for name in names)
    name = made.title.replace("/", "_").replace(".", "_")
    session.ask("export", lambda path: session.runner.export(made.job, made.output, path, words),
                name=f"{name}{suffixes[0]}", folder=folder, suffixes=suffixes)
