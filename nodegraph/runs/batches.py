"""Requests of batch nodes: they wait until all that can be served together are known, wherever these stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plan import Index, Step
from .call import Job
from .remaking import GONE
from .tables import FLYING, WAITING

if TYPE_CHECKING:
    from .requests import Requests


class Batches:
    """Gathers the requests of batch nodes, by what they have in common."""

    def __init__(self, requests: Requests):
        self.requests, self.run, self.tables = requests, requests.run, requests.run.tables
        self.groups: dict[Any, list[tuple[Step, Index, bytes]]] = {}

    def queue(self, step: Step, index: Index, key: bytes, names: list[Any]) -> None:
        """Let a request wait until those that can be served together with it are known."""
        nodetype = step.nodetype
        others = tuple([name for port, name in zip(step.ports, names) if port != nodetype.batch])
        group = (nodetype, step.base, others)
        waiting = self.groups.setdefault(group, [])
        waiting.append((step, index, key))
        self.tables.set_status(step, index, FLYING)
        if nodetype.remember:
            self.requests.in_flight[key] = []
        if len(waiting) == nodetype.batch_size:
            self.serve(group)

    def flush(self) -> bool:
        """Serve the batches that nothing which is on can add to. Whether there was one."""
        groups = [group for group, asks in self.groups.items() if not self.may_grow(asks)]
        for group in groups:
            self.serve(group)
        return bool(groups)

    def may_grow(self, asks: list[tuple[Step, Index, bytes]]) -> bool:
        batched = {step.index for step, _, _ in asks}
        return any(batched & self.run.downstream(index) for index in self.run.flying_steps)

    def item(self, step: Step, index: Index, port: str) -> Any:
        """What one instance brings to the batch, where nothing else of its arguments has to be looked at; or GONE."""
        if step.guards:
            return GONE
        place = step.ports.index(port)
        slot, view = step.slots[place], step.views[place] if step.views else None
        type = self.run.values.type_at(slot, self.tables.place(slot, index, view))
        try:
            return self.run.values.live(type, self.tables.digest(slot, index, view))
        except KeyError:
            return GONE

    def serve(self, group: Any) -> None:
        """Make one call for all that wait in a group."""
        places, keys, items, first = [], [], [], None
        port = group[0].batch
        for step, index, key in sorted(self.groups.pop(group), key=lambda ask: (ask[0].index, ask[1])):
            self.tables.set_status(step, index, WAITING)
            item = self.item(step, index, port) if first is not None else GONE
            if item is GONE:
                arguments = self.requests.arguments(step, index)
                if arguments is None:
                    self.requests.release(key)
                    continue
                first, item = first or arguments, arguments[port]
            places.append((step, index))
            keys.append(key)
            items.append(item)
        if first is not None:
            name = places[0][0].name
            self.requests.dispatch(Job(tuple(places), tuple(keys), {**first, port: items}, name))
