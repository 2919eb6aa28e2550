"""Picture files and colour profiles of kinds that Pillow does not write, put together byte by byte."""

import struct
import zlib

import numpy as np

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
        packed = values if type == UNDEFINED else struct.pack(f"{order}{len(values)}{'H' if type == SHORT else 'I'}", *values)
        directory += struct.pack(order + "HHI", tag, type, len(values))
        if len(packed) > 4:
            directory += struct.pack(order + "I", room + len(tail))
            tail += packed + b"\0" * (len(packed) % 2)
        else:
            directory += packed.ljust(4, b"\0")
    tail += b"\0" * (len(tail) % 2)
    out += directory + struct.pack(order + "I", 0 if last else room + len(tail)) + tail


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


def grey_profile(gamma):
    return profile(b"GRAY", {b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(_fixed, D50)), b"kTRC": _curve(gamma)})


def cmyk_profile(*inks):
    """A CMYK profile by a table of the 16 full inks; inks: the Lab (0..255 each) of some, by their number CMYK in bits."""
    table = np.zeros((16, 3), np.uint8)
    table[:] = (0, 128, 128)
    for number, lab in inks:
        table[number] = lab
    identity = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + b"".join(_fixed(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)) \
        + identity * 4 + table.tobytes() + identity * 3
    return profile(b"CMYK", {b"A2B0": lut, b"A2B1": lut, b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(_fixed, D50))}, pcs=b"Lab ")


def _fixed(value):
    return struct.pack(">i", round(value * 65536))


def _curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
