"""The one line of time: what a node shows and lets hear from when to when, or what it would show of the graph's outputs.

A node has such a line where an input has another beside it, of the same name with `_at`, that takes stretches of time:
`pictures` and `pictures_at`. What is dragged on it is written there, so that it is text, and a step to undo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from nodegraph import Graph, PackError, PortType, Ref
from nodegraph.editing import TEXT, Port, fits, refs

from ..document import edits
from ..document.items import Item
from ..document.ports import flow_of, outputs_of, port_of
from ..document.spans import SPAN, Span, read_all, spread
from ..runs.hearing import is_sound
from ..runs.thumbnails import Thumbnail

if TYPE_CHECKING:
    from ..session import Session

AT = "_at"  # what the name of an input that says when has at its end
FILM = "mix.film"  # the type of the node that is offered where a graph has none
FAR = 5  # links that are gone up to find the notes that a sound is of


class Piece(NamedTuple):
    """Something on a track. seen: what a run made of it; source: the node and the port that gave it, if one did."""

    span: Span
    words: str
    seen: Thumbnail | None = None
    source: tuple[str, str] | None = None


class Track(NamedTuple):
    """What one input shows. kind: "pictures", "lines" or "sound". own: how long each piece lasts by itself, or 0.

    listed: whether its times are a list. said: how many of them the file has.
    """

    port: str
    kind: str
    pieces: tuple[Piece, ...]
    own: tuple[float, ...]
    listed: bool
    said: int

    @property
    def spans(self) -> list[Span]:
        """When each piece is there."""
        return [piece.span for piece in self.pieces]

    def with_spans(self, spans: list[Span]) -> Track:
        """The same pieces at other times."""
        return self._replace(pieces=tuple(piece._replace(span=span)
                                          for piece, span in zip(self.pieces, spans, strict=True)))


@dataclass(frozen=True)
class Timeline:
    """All tracks of one node. graph: the document, or, where `offered`, what it would be with such a node.

    seconds: when the last piece ends. bars: when the bars of the music begin.
    """

    graph: Graph
    node: str
    tracks: tuple[Track, ...]
    offered: bool = False
    bars: tuple[float, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """When the last piece ends."""
        return max((piece.span.end for track in self.tracks for piece in track.pieces), default=0.0)

    @property
    def heard(self) -> Piece | None:
        """The piece of sound, where it can be heard: a run has made it."""
        return next((piece for track in self.tracks if track.kind == "sound" for piece in track.pieces
                     if piece.source is not None and piece.seen is not None), None)

    def at(self, second: float) -> tuple[Piece | None, list[Piece]]:
        """What is seen at a time: the picture that lies above the others, and the lines."""
        there = [(track.kind, piece) for track in self.tracks for piece in track.pieces
                 if piece.span.begin <= second < piece.span.end]
        return next((piece for kind, piece in reversed(there) if kind == "pictures"), None), \
            [piece for kind, piece in there if kind == "lines"]

    def edges(self, but: tuple[int, int] = (-1, -1)) -> list[float]:
        """All times that a drag snaps to: bars, and edges of every piece but one."""
        return [0.0, *self.bars, *(edge for row, track in enumerate(self.tracks) for number, piece in enumerate(track.pieces)
                                   if (row, number) != but for edge in piece.span)]

    def with_track(self, row: int, spans: list[Span]) -> Timeline:
        """The same with one track's pieces at other times."""
        tracks = list(self.tracks)
        tracks[row] = tracks[row].with_spans(spans)
        return replace(self, tracks=tuple(tracks))

    def written(self, row: int, spans: list[Span]) -> Graph:
        """The graph in which one track's times are these."""
        track = self.tracks[row]
        texts = [span.written for span in spans]
        return edits.set_value(self.graph, self.node, track.port + AT, texts if track.listed else texts[0])

    def cleared(self, row: int) -> Graph:
        """The graph in which a track's times are left out, so that they are shared evenly again."""
        return edits.clear_value(self.graph, self.node, self.tracks[row].port + AT)


def timeline(session: Session, wanted: str = "") -> Timeline | None:
    """The line of the node that is wanted, else of one that is selected, else of the first that has one; where none has,
    the one that the outputs of the graph would have. None where there is nothing to show."""
    graph, checked = session.graph, session.checked
    timed = {}
    for name in graph.nodes:
        known = checked.nodes.get(name)
        if known is not None and known.nodetype is not None and (ports := timed_ports(known.nodetype.inputs)):
            timed[name] = ports
    chosen = next((item.name for item in session.selected("node") if item.name in timed), "")
    name = chosen or (wanted if wanted in timed else next(iter(timed), ""))
    if name:
        return _line(session, graph, name, timed[name], False, tuple(timed))
    return _offered(session)


def timed_ports(inputs: Mapping[str, Port]) -> list[tuple[Port, Port]]:
    """The inputs that are shown on a line of time, each with the one that says when."""
    return [(port, inputs[name + AT]) for name, port in inputs.items()
            if name + AT in inputs and inputs[name + AT].type.name == SPAN]


def _offered(session: Session) -> Timeline | None:
    """The line of a film of the graph's outputs, as it would be."""
    graph, checked = session.graph, session.checked
    try:
        nodetype = session.catalogue.nodetype(FILM)
    except PackError:  # its pack is broken now, which the packs page tells
        return None
    if nodetype is None:
        return None
    ports, given = timed_ports(nodetype.inputs), dict[str, Any]()
    for ref in graph.outputs.values():
        flow = flow_of(checked, ref)
        for port, _ in ports if flow is not None else ():
            if fits(flow.type, port.type) and (port.many or flow.depth == 0) and (port.many or port.name not in given):
                if port.many:
                    given.setdefault(port.name, []).append(ref._replace(spread=flow.depth > 0))
                else:
                    given[port.name] = ref
                break
    if not given:
        return None
    right = max((box[0] + box[2] for box in session.boxes().values()), default=0.0)
    top = min((box[1] for box in session.boxes().values()), default=0.0)
    made, item = edits.add_node(graph, FILM, (right + 80, top), given)
    made, _ = edits.add_output(made, Ref(item.name), (right + 420, top), "film")
    return _line(session, made, item.name, ports, True, ())


def _line(session: Session, graph: Graph, name: str, ports: list[tuple[Port, Port]], offered: bool, others: tuple[str, ...]
          ) -> Timeline:
    given = graph.nodes[name].inputs
    things = {port.name: list(_things(session, port, given.get(port.name))) for port, _ in ports}
    said = {port.name: read_all(given.get(at.name)) for port, at in ports}
    until = _until(ports, things, said)
    tracks, bars = [], tuple[float, ...]()
    for port, at in ports:
        pieces, kind = things[port.name], _kind(port.type)
        if not pieces:
            continue
        own = tuple(piece.seen.seconds if piece.seen is not None and kind != "lines" else 0.0 for piece in pieces)
        spans = spread(said[port.name], own if kind != "sound" else [own[0] or until], until)
        if kind == "sound":
            spans = [_heard(span, own[0]) for span in spans[:1]]
            bars = tuple(spans[0].begin + bar for bar in (pieces[0].seen.bars if pieces[0].seen is not None else ()))
        tracks.append(Track(port.name, kind, tuple(piece._replace(span=span) for piece, span in zip(pieces, spans)), own,
                            at.many, len(said[port.name])))
    return Timeline(graph, name, tuple(tracks), offered, bars, others)


def _heard(span: Span, own: float) -> Span:
    """When a sound is heard: no longer than it lasts."""
    return Span(span.begin, min(span.end, span.begin + own)) if own else span


def _until(ports: list[tuple[Port, Port]], things: Mapping[str, list[Piece]], said: Mapping[str, list[Span]]) -> float:
    """When what is known of ends: what the file says, and what lasts by itself."""
    ends = [0.0]
    for port, _ in ports:
        pieces, spans = things[port.name], said[port.name]
        own = [piece.seen.seconds if piece.seen is not None and _kind(port.type) != "lines" else 0.0 for piece in pieces]
        if _kind(port.type) == "sound" and pieces:
            ends += [_heard(spans[0], own[0]).end if spans else own[0]]
        else:
            ends += [span.end for span in spans[:len(pieces)]]
            if any(own):
                ends += [span.end for span in spread(spans, own, 0.0)]
    return max(ends)


def _kind(type: PortType) -> str:
    return "lines" if type is TEXT else "sound" if is_sound(type) else "pictures"


def _things(session: Session, port: Port, value: Any) -> Iterator[Piece]:
    """What an input is given, piece by piece."""
    several = isinstance(value, (list, tuple)) and type(value) is not Ref  # which is a tuple itself
    for one in value if several else [] if value is None else [value]:
        source, seen = _seen(session, one)
        words = one.name if type(one) is Ref else str(one)
        if port.type is TEXT and not port.many:
            text = seen.text if seen is not None else "" if type(one) is Ref else str(one)
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            for line in lines or ([words] if type(one) is Ref else []):
                yield Piece(Span(0, 0), line, seen, source)
        elif is_sound(port.type):
            yield Piece(Span(0, 0), words, _with_notes(session, one, seen), source)
        elif seen is not None and seen.things > 1:
            for number in range(seen.things):
                yield Piece(Span(0, 0), f"{words} {number + 1}", seen, source)
        else:
            yield Piece(Span(0, 0), words, seen, source)


def _seen(session: Session, value: Any) -> tuple[tuple[str, str] | None, Thumbnail | None]:
    """Where a link comes from, and what a run made there."""
    graph, checked = session.graph, session.checked
    if type(value) is not Ref:
        return None, None
    if value.name in graph.inputs:
        default = graph.inputs[value.name].default
        return None, Thumbnail("text", None, default) if isinstance(default, str) else None
    port = port_of(value, outputs_of(checked, value.name)) if value.name in graph.nodes else ""
    state = session.states.get(value.name)
    return (value.name, port), state.thumbnails.get(port) if state is not None else None


def _with_notes(session: Session, value: Any, seen: Thumbnail | None) -> Thumbnail | None:
    """A sound, as the notes that it was made of where those are known; they lie on time as the sound does."""
    if seen is None or type(value) is not Ref:
        return seen
    row = [value.name]
    for _ in range(FAR):
        for name in row:
            state = session.states.get(name)
            notes = next((shown for shown in state.thumbnails.values() if shown.bars), None) if state is not None else None
            if notes is not None and notes.picture is not None:
                return seen._replace(picture=notes.picture, kind=notes.kind, bars=notes.bars)
        row = [ref.name for name in row if name in session.graph.nodes
               for given in session.graph.nodes[name].inputs.values() for ref in refs(given)]
    return seen


def select_node(session: Session, line: Timeline) -> None:
    """Show the node of a line on the canvas."""
    if not line.offered:
        session.jump(Item("node", line.node))
