"""The node that grows a GAN of one's own pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal

from nodegraph import SILENT, Context, File, InputError, Range, Recipe, Seed, node, warn

from ..common.pixels import resampled
from ..media.image import load, to_array
from .models import GanModel

_FEW, _FEWEST = 50, 4  # pictures: fewer are learned by heart; fewer are none
_HELD_OUT = 0.1  # of the pictures, and 32 at most
_WIDTHS = {"small": 32, "medium": 64, "large": 128}
_BATCH = 16
_TELL_SECONDS, _SAVE_SECONDS = 4.0, 30.0


@node("gan.train", version=1, costly=True)
def train(pictures: list[File], minutes: Annotated[float, Range(0.01, 100_000)] = 15.0,
          size: Literal["16", "32", "64", "128", "256"] = "32", network: Literal["small", "medium", "large"] = "medium",
          mirror: bool = True, augment: bool = True, kinds: list[str] | None = None, shown: Annotated[int, Range(0, 10**9)] = 0,
          folder: str = "", seed: Seed = 0, ctx: Context = SILENT) -> GanModel:
    """Grow a GAN of your own pictures: a generator that draws more of their kind, for all the nodes of this pack.

    Two networks play a game (Goodfellow et al., 2014). The generator G makes a picture of noise z, and the discriminator
    D says how likely a picture is a true one x: min over G, max over D of E[log D(x)] + E[log(1 - D(G(z)))]. Where D can
    tell no more, G draws what the pictures are like. G is a StyleGAN2; it maximises log D(G(z)) instead, which teaches
    more while D is winning; D is held back by the penalty R1, and, where pictures are few, shown altered ones, as many
    as it needs not to learn them by heart (Karras et al., 2020).

    A hundred pictures of one sort, square and alike in their framing, are worth a look after fifteen minutes of two
    cores; good ones take a graphics card and hours. A tenth of the pictures is held out: `distance` says how far drawn
    ones are from these, beside the distance of those that were learned from. A training that is stopped or killed goes on
    where it was; more minutes go on from fewer.

    pictures: a folder or a pattern; of each the square in its middle counts.
    minutes: of training, over all its runs.
    size: of what is drawn, in pixels; each step takes four times as long.
    network: small is quick and rough; large wants a graphics card.
    mirror: whether pictures may be mirrored left and right too; not for letters.
    augment: whether D may be shown altered pictures, so that few suffice.
    kinds: the kind of each picture, one for each, which gan.sample can then be asked for.
    shown: how many pictures D sees at most, should that come before the minutes are over; 0 for no limit.
    folder: where the training is kept; left out, in a folder of the cache.
    seed: where the dice begin.
    """
    import torch

    from ..common.training import Budget, place_of, trained
    from .adversary import Game, Rules
    from .augmentation import augmented

    _judge(pictures, kinds)
    held = torch.stack([_square(path, int(size)) for path in pictures])
    names = sorted(set(kinds or ()))
    labels = torch.tensor([names.index(kind) for kind in kinds]) if kinds else None
    shape = shape_of(int(size), network, len(names))
    subject = _subject(held, labels, shape, mirror, augment)
    place = place_of(folder, "gan", subject, seed)
    material = Material(held, labels, len(names), mirror, seed, ctx.device)
    game = Game(shape, Rules(batch=_BATCH, memory=2_000, r1=15 * (int(size) / 32) ** 2), material, ctx.device,
                augmented if augment else None)
    budget = Budget(max(1, shown // _BATCH) if shown else 10**9, minutes * 60)

    def tell(progress: Any) -> None:
        words = f"{progress.step * _BATCH} pictures, D {progress.told['critic']:.2f}, G {progress.told['generator']:.2f}"
        ctx.report(round(100 * progress.fraction), 100, words, _preview(game.average) if ctx.previews else None)

    try:
        progress = trained(game, budget, place, subject, tell, seed, _TELL_SECONDS, _SAVE_SECONDS)
    except (ValueError, FloatingPointError) as error:
        raise InputError(f"{error}") from error
    return Recipe("GanModel", str(_stored(game, material, names, progress, place)))


class Material:
    """Pictures to learn from, and those that are held out: uint8 (n, 3, side, side)."""

    def __init__(self, pictures: Any, labels: Any, kinds: int, mirror: bool, seed: int, device: str) -> None:
        import torch

        order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))
        count = min(32, max(1, round(len(pictures) * _HELD_OUT)))
        self.out, self.learned = (pictures[part].to(device) for part in (order[:count], order[count:]))
        self.labels = None if labels is None else labels[order[count:]].to(device)
        self.by_kind = None if self.labels is None else self.labels.argsort(stable=True)
        self.kinds, self.mirror = kinds, mirror

    def __call__(self, step: int, n: int) -> tuple[Any, Any]:
        """n pictures in -1..1, and their kinds, one-hot."""
        import torch

        which = torch.randint(len(self.learned), (n,), device=self.learned.device)
        if self.labels is not None:
            which = self._alike(which)
        pictures = signed(self.learned[which])
        if self.mirror:
            flipped = torch.rand(n, device=pictures.device) < 0.5
            pictures = torch.where(flipped[:, None, None, None], pictures.flip(3), pictures)
        if self.labels is None:
            return pictures, None
        return pictures, torch.nn.functional.one_hot(self.labels[which], self.kinds).float()

    def _alike(self, which: Any) -> Any:
        """As many pictures, of kinds that are the same in each group whose deviation is taken together."""
        import torch

        from .networks import grouped

        counts = torch.bincount(self.labels, minlength=self.kinds)
        kinds = grouped(self.labels[which], len(which))
        nth = (torch.rand(len(which), device=which.device) * counts[kinds]).long()
        return self.by_kind[(counts.cumsum(0) - counts)[kinds] + nth]


def signed(pictures: Any) -> Any:
    """Bytes as numbers in -1..1."""
    return pictures.float() / 127.5 - 1


def shape_of(side: int, network: str, kinds: int) -> Any:
    """The shape of networks for pictures of a side: as wide as their name says at first, then ever narrower."""
    from .networks import Shape

    most = _WIDTHS[network]
    sides = [4 << k for k in range(side.bit_length() - 2)]
    widths = tuple(max(8, min(most, most * 3 // 4 if one == 16 else most * 16 // one)) for one in sides)
    return Shape(side, kinds, widths, widths[-2::-1], most, most)


def _judge(pictures: Sequence[Path], kinds: Sequence[str] | None) -> None:
    if len(pictures) < _FEWEST:
        raise InputError(f"pictures has {len(pictures)} files; a GAN learns from {_FEWEST} at least, and better from hundreds")
    if kinds is not None and len(kinds) != len(pictures):
        raise InputError(f"kinds has {len(kinds)} words, and pictures has {len(pictures)} files; give one for each")
    if len(pictures) < _FEW:
        warn(f"a GAN of {len(pictures)} pictures draws little else than these; give it a hundred or more")


def _square(path: Path, side: int) -> Any:
    """The square in the middle of a picture, uint8 (3, side, side); what is transparent becomes white."""
    import torch

    image = load(path)
    if image.shape[0] == 4:
        image = image[:3] * image[3:] + 1 - image[3:]
    high, wide = image.shape[1:]
    least = min(high, wide)
    left, top = (wide - least) / 2, (high - least) / 2
    small = resampled(image, side, side, "lanczos", (left, top, left + least, top + least))
    return (small.clamp(0, 1) * 255).round().to(torch.uint8)


def _subject(pictures: Any, labels: Any, shape: Any, mirror: bool, augment: bool) -> str:
    """What a training is of, in a line: the content of its pictures, and what cannot change in the middle of it."""
    digest = blake2b(pictures.numpy().tobytes() + (b"" if labels is None else labels.numpy().tobytes()), digest_size=8)
    settings = "".join(f", {word}" for word, on in (("mirrored", mirror), ("augmented", augment)) if on)
    return (f"GAN of {len(pictures)} pictures ({digest.hexdigest()}) at {shape.side} pixels, {shape.labels} kinds, "
            f"widths {shape.widths}{settings}")


def _preview(generator: Any) -> Any:
    """Sixteen pictures, uint8."""
    import torch

    from .networks import sampled

    drawn = sampled(generator, 16, seed=0) / 2 + 0.5
    rows = [torch.cat(list(drawn[k:k + 4]), 2) for k in range(0, 16, 4)]
    return to_array(torch.cat(rows, 1).clamp(0, 1))


def _stored(game: Any, material: Material, names: Sequence[str], progress: Any, place: Path) -> Path:
    """The folder with the finished generator; of each length of training another, since a graph may remember them all."""
    from safetensors.torch import save_file

    from .measure import sliced_distance
    from .networks import sampled, stored

    drawn = sampled(game.average, 4 * len(material.out), seed=1)
    learned = signed(material.learned[:4 * len(material.out)])
    out = signed(material.out)
    figures = {"steps": progress.step, "pictures": progress.step * game.rules.batch, "seconds": round(progress.seconds, 1),
               "distance": round(sliced_distance(out, drawn), 4), "distance_learned": round(sliced_distance(out, learned), 4),
               "augmentation": round(float(game.strength), 3)}
    made = place / f"model-{progress.step}"
    made.mkdir(parents=True, exist_ok=True)
    save_file(dict(stored(game.average)), made / "model.safetensors")
    config = {"labels": list(names), "truncation": "label" if names else "all", "training": figures}
    (made / "config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return made
