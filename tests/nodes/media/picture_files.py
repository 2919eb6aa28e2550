"""Pictures, and files and colour profiles of kinds that Pillow does not write, put together byte by byte."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

RAMP = np.linspace(0, 65535, 64).round().astype(np.uint16)[None].repeat(3, 0)  # grey (3, 64)
DEEP = np.stack([RAMP, RAMP[:, ::-1], 65535 - RAMP // 3], 2)  # RGB (3, 64, 3)
BLOCKS = np.array([[(255, 0, 0), (0, 255, 0), (0, 0, 255)], [(9, 9, 9), (99, 99, 99), (200, 100, 50)]], np.uint8)
HEIC = (Path(__file__).parent / "red_blue.heic").read_bytes()  # 24 x 16: red at the left, blue at the right
SHORT, LONG, UNDEFINED = 3, 4, 7


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(array, kind, before=b"", after=b"", depth=None):
    """A PNG of an array (height, width, samples) of uint8 or uint16; kind: 0 grey, 2 RGB, 3 palette, 4 LA, 6 RGBA.

    depth: the bits, where several samples share a byte; before, after: chunks before and after the pixels.
    """
    height, width = array.shape[:2]
    bits = depth or array.itemsize * 8
    if bits < 8:
        flat = np.unpackbits(array.reshape(height, width, 1).astype(np.uint8), axis=2)[..., -bits:].reshape(height, -1)
        rows = np.packbits(flat, axis=1)
    else:
        rows = array.astype(f">u{array.itemsize}").reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)) + before \
        + chunk(b"IDAT", zlib.compress(data)) + after + chunk(b"IEND", b"")


def animation(*frames, kind=6):
    """An animated PNG of frames: an array of the size of the first or less, x, y, disposal and blend of each."""
    control, data = [], []
    for n, (one, x, y, disposal, blend) in enumerate(frames):
        numbers = (max(0, 2 * n - 1), *one.shape[1::-1], x, y, n + 1, 10, disposal, blend)
        control.append(chunk(b"fcTL", struct.pack(">5I2H2B", *numbers)))
        rows = b"".join(b"\0" + row.astype(f">u{one.itemsize}").tobytes() for row in one)
        data.append(chunk(b"fdAT", struct.pack(">I", 2 * n) + zlib.compress(rows)))
    later = b"".join(control[n] + data[n] for n in range(1, len(frames)))
    return png(frames[0][0], kind, chunk(b"acTL", struct.pack(">II", len(frames), 0)) + control[0], later)


def tiff(*pages, order="<"):
    """A TIFF of pages, each an array (height, width[, samples]) or a pair of one and its tags (a dict by number).

    Deflate with the horizontal predictor is written for the tags {259: 8, 317: 2}, separate planes for {284: 2}.
    """
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8))
    for number, page in enumerate(pages):
        array, more = page if isinstance(page, tuple) else (page, {})
        _page(out, array if array.ndim == 3 else array[..., None], more, order, number == len(pages) - 1)
    return bytes(out)


def _page(out, array, more, order, last):
    height, width, samples = array.shape
    kind = {"u": 1, "i": 2, "f": 3}[array.dtype.kind]
    planes = [array[..., n:n + 1] for n in range(samples)] if more.get(284) == 2 else [array]
    strips = []
    for plane in planes:
        if more.get(317) == 2:
            plane = np.concatenate([plane[:, :1], plane[:, 1:] - plane[:, :-1]], axis=1)
        data = plane.astype(plane.dtype.newbyteorder(order)).tobytes()
        strips.append(zlib.compress(data) if more.get(259) == 8 else data)
    tags = {256: width, 257: height, 258: (array.itemsize * 8,) * samples, 259: 1, 262: 2 if samples > 2 else 1,
            277: samples, 278: height, 284: 1, 339: (kind,) * samples, **more}
    start = len(out)
    room = start + 2 + 12 * (len(tags) + 2) + 4
    tail, places = bytearray(), []
    for strip in strips:
        places.append(room + len(tail))
        tail += strip
    tags |= {273: tuple(places), 279: tuple(map(len, strips))}
    directory = struct.pack(order + "H", len(tags))
    for tag, value in sorted(tags.items()):
        values = value if isinstance(value, (tuple, bytes)) else (value,)
        type = UNDEFINED if isinstance(values, bytes) else LONG if tag in (273, 279, 256, 257, 278) else SHORT
        letter = "H" if type == SHORT else "I"
        packed = values if type == UNDEFINED else struct.pack(f"{order}{len(values)}{letter}", *values)
        directory += struct.pack(order + "HHI", tag, type, len(values))
        if len(packed) > 4:
            directory += struct.pack(order + "I", room + len(tail))
            tail += packed + b"\0" * (len(packed) % 2)
        else:
            directory += packed.ljust(4, b"\0")
    tail += b"\0" * (len(tail) % 2)
    out += directory + struct.pack(order + "I", 0 if last else room + len(tail)) + tail


def saved(picture, format, **settings):
    """The bytes that Pillow writes of a picture or an array."""
    stream = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(stream, format, **settings)
    return stream.getvalue()


def bitmap(array):
    """A BMP of 32 bits that names where its alpha is (BITMAPV4HEADER)."""
    height, width = array.shape[:2]
    masks = struct.pack("<4I", 0xff0000, 0xff00, 0xff, 0xff000000)
    header = struct.pack("<IiiHHIIiiII", 108, width, -height, 1, 32, 3, array.size, 0, 0, 0, 0) + masks
    start = struct.pack("<2sIHHI", b"BM", 122 + array.size, 0, 0, 122)
    return start + header.ljust(108, b"\0") + array[..., [2, 1, 0, 3]].tobytes()


def near(got, want, within=1 / 255):
    return np.shape(got) == np.shape(want) and np.abs(got - np.asarray(want, np.float64)).max() <= within


def grey(levels):
    """An RGB array in 0..1 of grey levels in 0..1."""
    return np.repeat(np.asarray(levels, np.float64)[..., None], 3, 2)


# Colour profiles (ICC.1:2001): as few tags as LittleCMS takes

D50 = (0.9642, 1.0, 0.8249)
SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))  # red, green, blue as XYZ at D50


def profile(space, tags, pcs=b"XYZ ", size=0):
    """An ICC profile; tags: data by signature; size: bytes to fill it up to."""
    body, table, place = b"", b"", 128 + 4 + 12 * (len(tags) + (size > 0))
    tags = {**tags, **({b"fill": b"data\0\0\0\0" + np.random.default_rng(1).bytes(size)} if size else {})}
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", place + len(body), len(data))
        body += data
    whole = struct.pack(">I", len(tags)) + table + body
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    head = struct.pack(">I4sI4s4s4s12s4s", 128 + len(whole), b"lcms", 0x02400000, kind, space, pcs, b"\0" * 12, b"acsp")
    head += b"\0" * 28 + b"".join(_fixed(value) for value in D50)
    return head.ljust(128, b"\0") + whole


def rgb_profile(red=SRGB[0], green=SRGB[1], blue=SRGB[2], gamma=2.2, size=0):
    colorants = {name: b"XYZ \0\0\0\0" + b"".join(map(_fixed, value)) for name, value in
                 ((b"rXYZ", red), (b"gXYZ", green), (b"bXYZ", blue), (b"wtpt", D50))}
    return profile(b"RGB ", colorants | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(gamma)), size=size)


def formula(kind, *values):
    """A parametric curve tag, to be given for a gamma."""
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + b"".join(map(_fixed, values))


def grey_profile(gamma):
    return profile(b"GRAY", {b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(_fixed, D50)), b"kTRC": _curve(gamma)})


def cmyk_profile(*inks):
    """A CMYK profile by a table of the 16 full inks; inks: the Lab (0..255) of some, by CMYK as bits."""
    table = np.zeros((16, 3), np.uint8)
    table[:] = (0, 128, 128)
    for number, lab in inks:
        table[number] = lab
    identity = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + b"".join(_fixed(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)) \
        + identity * 4 + table.tobytes() + identity * 3
    white = b"XYZ \0\0\0\0" + b"".join(map(_fixed, D50))
    return profile(b"CMYK", {b"A2B0": lut, b"A2B1": lut, b"wtpt": white}, pcs=b"Lab ")


def _fixed(value):
    return struct.pack(">i", round(value * 65536))


def _curve(gamma):
    """A curve tag: of an exponent, of a table, or the tag itself."""
    if isinstance(gamma, bytes):
        return gamma
    if isinstance(gamma, np.ndarray):
        return b"curv\0\0\0\0" + struct.pack(">I", len(gamma)) + (gamma * 65535).round().astype(">u2").tobytes()
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
