"""The node that carries out all edits of a video once, for those that are asked for frames again and again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from nodegraph import SILENT, Context, Range, node

from ..media.films.film import save_mp4
from ..media.films.probe import film
from ..media.types import Video


@node("video.render", version=1, costly=True)
def render(video: Video, quality: Annotated[int, Range(1, 100)] = 90, ctx: Context = SILENT) -> Video:
    """Carry out all that was done to a video, and keep the result as a film (H.264, AAC), a frame at a time.

    Edits cost nothing until frames are asked for, and then each time. After this they are done, once and remembered;
    pixels are no longer quite the same, and transparency becomes white.

    quality: from small to good.
    """
    import numpy as np
    import torch

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rendered.mp4"
        save_mp4(video, path, quality, report=lambda done: ctx.report(done, video.form.frames))
        return film(torch.from_numpy(np.fromfile(path, np.uint8)), "the rendered video")
