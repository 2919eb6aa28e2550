"""Moving pictures made on the spot, and films written with PyAV as cameras and editors write them."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from nodegraph_nodes.media.films.footage import stills
from nodegraph_nodes.media.image import from_array


def drawn(number, width=64, height=48, alpha=False):
    """One frame: stripes, and a bright square that goes from left to right, a column each frame."""
    array = np.zeros((height, width, 3), np.uint8)
    array[:, : width // 2], array[:, width // 2:] = (200, 30, 30), (30, 60, 200)
    array[8:16, number % (width - 8):number % (width - 8) + 8] = (250, 240, 60)
    return np.dstack([array, np.where(array[..., 0] == 250, 255, 100).astype(np.uint8)]) if alpha else array


def place(array):
    """Where in a frame the square begins: which frame it is."""
    return int(np.flatnonzero((array[12, :, 0] > 180) & (array[12, :, 1] > 150))[0])


class Frames:
    """So many frames that can be told apart, each drawn when it is asked for."""

    def __init__(self, count, **size):
        self.count, self.size = count, size

    def __getitem__(self, number):
        if number >= self.count:
            raise IndexError(number)
        return drawn(number, **self.size)


@pytest.fixture
def arrays():
    """arrays(count): frames that can be told apart."""
    return lambda count, **size: list(Frames(count, **size))


@pytest.fixture
def images(arrays):
    """The same as Images."""
    return lambda count, **size: [from_array(array) for array in arrays(count, **size)]


@pytest.fixture
def video(arrays):
    """video(count): a Video of such frames."""
    return lambda count=12, fps=Fraction(12), alpha=False, **size: stills(
        arrays(count, alpha=alpha, **size), fps, alpha)


@pytest.fixture
def tone():
    """tone(seconds): float32 samples of 440 Hz, two channels."""
    def samples(seconds, hertz=440, rate=44100):
        wave = 0.5 * torch.sin(torch.arange(round(seconds * rate)) * (2 * torch.pi * hertz / rate))
        return wave.expand(2, -1).contiguous()
    return samples


@pytest.fixture
def filmed(tmp_path):
    """filmed(name, frames): a film written with PyAV itself; how is up to the test."""
    import av

    def write(name, frames, *, codec="libx264", pix_fmt="yuv420p", times=None, fps=24, options=None, rotation=None,
              sounds=0, change=None, container=None):
        path = tmp_path / name
        with av.open(str(path), "w", options=container or {}) as out:
            stream = out.add_stream(codec, rate=fps, options={"crf": "10"} if options is None else options)
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt = pix_fmt
            if rotation is not None:
                stream.set_display_rotation(rotation)
            tracks = [out.add_stream("aac", rate=44100) for _ in range(sounds)]
            if change is not None:
                change(stream)
            for number, array in enumerate(frames):
                frame = av.VideoFrame.from_ndarray(array, "rgb24").reformat(format=pix_fmt)
                frame.pts, frame.time_base = (times[number] if times else number), Fraction(1, fps)
                if change is not None:
                    change(frame)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
            for track in tracks:
                piece = av.AudioFrame.from_ndarray(np.zeros((2, 44100), np.float32), "fltp", "stereo")
                piece.sample_rate, piece.pts = 44100, 0
                out.mux(track.encode(piece))
                out.mux(track.encode())
        return path
    return write
