"""One run, watched: its events become updates, and pictures are made of what its nodes give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nodegraph import RunResult
from nodegraph.editing import Checked, Plan, events as ev

from ..words.speak import t
from . import updates as up
from .jobs import Job
from .outbox import Outbox
from .pictures import Allowance, Pictures, named
from .products import Product, Products
from .staleness import codes_of
from .thumbnails import Thumbnail, preview_picture

THUMBNAIL_SHARE = 0.25  # of a run's time may go into thumbnails while it lasts; the others are made after it


class Watch:
    """Turns the events of one run into updates. Called in the worker, by the engine.

    serve: does what was asked for meanwhile.
    """

    def __init__(self, job: Job, outbox: Outbox, products: Products, pictures: Pictures, serve: Callable[[], None]):
        self.job, self.outbox, self.products, self.pictures, self.serve = job, outbox, products, pictures, serve
        self.plan: Plan  # what `planned` brings
        self.origin: Plan  # the plan as one of the whole graph, even where a part of it runs
        self.passed_on: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.allowance = Allowance(THUMBNAIL_SHARE)

    def planned(self, checked: Checked, plan: Plan) -> None:
        """Learn what the names in the events stand for."""
        self.plan = plan
        self.origin = replace(plan, graph=self.job.graph)
        self.passed_on = passed_on(checked)
        self.codes = codes_of(checked)

    def __call__(self, event: ev.Event) -> None:
        update = self.update(event)
        if update is not None:
            self.outbox.put(update)
        if type(event) is ev.Finished or type(event) is ev.Cached:
            self.picture(event.node, event.outputs)
        self.serve()
        while self.pictures.waiting and self.allowance.left():
            with self.allowance:
                self.pictures.make_one()

    def update(self, event: ev.Event) -> up.Update | None:
        """What an event amounts to for the window."""
        job = self.job.number
        match event:
            case ev.Planned():
                return up.Planned(job, self.job.label, event.nodes, dict(self.plan.seeds), self.job.graph,
                                  self.job.given, self.codes)
            case ev.Started():
                return up.Started(job, event.node)
            case ev.Progress():
                return up.Progress(job, event.node, event.done, event.total, event.text, self.preview(event))
            case ev.Loading():
                return up.Loading(job, event.node, event.source)
            case ev.Loaded():
                return up.Loaded(job, event.node, event.source, event.seconds)
            case ev.Finished():
                return up.Finished(job, event.node, event.seconds, event.ran, event.remembered)
            case ev.Cached():
                return up.Cached(job, event.node)
            case ev.Failed():
                error = event.error
                return up.Failed(job, event.node, error.message, error.report(), error.where)
            case ev.Skipped():
                return up.Skipped(job, event.node, event.because, event.stopped)
            case ev.Warned():
                return up.Warned(job, str(event))
        return None  # Done is told once the outputs are known

    def preview(self, event: ev.Progress) -> Thumbnail | None:
        if event.preview is None:
            return None
        try:
            return preview_picture(event.preview)
        except Exception as error:  # a pack's picture that is none must not end the run
            self.pictures.warn_once((self.job.number, event.node),
                                    t("run.no_preview", node=event.node, why=named(error)))
            return None

    def picture(self, node: str, digests: tuple[bytes, ...]) -> None:
        """Have pictures made of what a node gave, and of the ports of graphs around it that pass it on."""
        if self.job.aside:
            return
        for (port, type), digest in zip(self.plan.output_types(node), digests):
            places = [(node, port)]
            for place in places:
                places += self.passed_on.get(place, ())
                self.pictures.want(self.job.number, *place, type, digest)
                self.products.ports[".".join(place)] = Product(type, digest, self.origin)

    def done(self, result: RunResult) -> up.Done:
        """The update that ends the job, with a picture of each output."""
        made = {name: Product(result.type(name), digest, self.origin) for name, digest in result.digests.items()}
        self.products.keep(self.job.number, made)
        outputs = {name: up.Output(type, digest, self.pictures.of(self.job.number, name, type, digest))
                   for name, (type, digest, _) in made.items()}
        return self.job.done(result.seconds, result.cancelled, outputs, len(result.errors),
                             dict(self.plan.seeds))


def passed_on(checked: Checked, prefix: str = "") -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For ports of nodes inside graphs that stand as nodes: the ports by which those graphs pass them on."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, node in checked.nodes.items():
        if node.graph is None:
            continue
        for output, ref in node.graph.graph.outputs.items():
            inner = node.graph.nodes.get(ref.name)
            if inner is not None and inner.outputs:
                place = f"{prefix}{name}/{ref.name}", ref.port or next(iter(inner.outputs))
                found.setdefault(place, []).append((prefix + name, output))
        for place, outer in passed_on(node.graph, f"{prefix}{name}/").items():
            found.setdefault(place, []).extend(outer)
    return found
