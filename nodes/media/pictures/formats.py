"""What a file is, told by its first bytes and never by its name, and what to do with one that is no picture."""

from __future__ import annotations

import re
from typing import NamedTuple

from nodegraph import file_kind

HEAD = 4096  # bytes that are enough to tell


class Foreign(NamedTuple):
    """A kind of file that is not read: its name, and what the user can do."""

    name: str
    advice: str


_EXPORT = "export it as PNG, TIFF or JPEG from the program that made it"
_VECTOR = "draw it at the size that you need and save that as PNG"
_RAW = "develop it in a camera raw program and save it as TIFF, PNG or JPEG"
_DATA = "make a picture of it with the program that made it"
_VIDEO = "read it with media.read_video, or take its frames out as PNG"
_MODEL = "give it to a node that takes a model"
_SOUND = "read it with media.read_audio"

CAMERA_RAW = Foreign("a camera's raw file (DNG, NEF, ARW), of which only a small preview could be read", _RAW)
HEIF = Foreign("a HEIC/HEIF photo, as phones take them",
               "install pi-heif (pip install pi-heif; the extra `heif` brings it), or save it as JPEG or PNG")

# What `nodegraph.file_kind` tells apart, in the words of whoever wanted a picture: those that are not read, ...
_FOREIGN = {name: Foreign(words, advice) for name, words, advice in (
    ("a PostScript document", "EPS or PostScript, a vector format", _VECTOR),
    ("an EPS drawing with a preview", "EPS with a preview, a vector format", _VECTOR),
    ("a PDF document", "PDF", _VECTOR),
    ("a WMF drawing", "WMF, a vector format", _VECTOR),
    ("an EMF drawing", "EMF, a vector format", _VECTOR),
    ("an SVG drawing", "SVG, a vector format", _VECTOR),
    ("a GIMP picture", "GIMP's own file (XCF)", _EXPORT),
    ("a large Photoshop picture (PSB)", "a large Photoshop file (PSB)", _EXPORT),
    ("a Clip Studio picture", "Clip Studio's own file", _EXPORT),
    ("a Blender scene", "Blender's own file", _EXPORT),
    ("an OpenEXR picture", "OpenEXR", "convert it to PNG, or to a TIFF of one channel of 32-bit floats"),
    ("a Radiance HDR picture", "Radiance HDR", "convert it to PNG or TIFF"),
    ("a JPEG XL picture", "JPEG XL", "convert it to PNG (djxl photo.jxl photo.png)"),
    ("a JPEG XR picture", "JPEG XR", "convert it to PNG or TIFF"),
    ("a BPG picture", "BPG", "convert it to PNG"),
    ("a FLIF picture", "FLIF", "convert it to PNG"),
    ("a KTX texture", "KTX, a texture", "convert it to PNG"),
    ("a Canon raw picture", "a Canon raw file (CR2, CR3)", _RAW),
    ("a Fujifilm raw picture", "a Fujifilm raw file (RAF)", _RAW),
    ("an Olympus raw picture", "an Olympus raw file (ORF)", _RAW),
    ("a Panasonic raw picture", "a Panasonic raw file (RW2)", _RAW),
    ("a Sigma raw picture", "a Sigma raw file (X3F)", _RAW),
    ("a Minolta raw picture", "a Minolta raw file (MRW)", _RAW),
    ("a DICOM picture", "DICOM, a medical picture", "convert it to PNG or TIFF"),
    ("an HDF5 file of data", "HDF5, a file of data", _DATA),
    ("a GRIB file of data", "GRIB, a file of data", _DATA),
    ("a BUFR file of data", "BUFR, a file of data", _DATA),
    ("a NumPy array", "a NumPy array", "save it as PNG or TIFF"),
    ("a ZIP archive", "a ZIP archive (Krita's, OpenRaster's and office files are such)", f"unpack it, or {_EXPORT}"),
    ("a gzip archive", "packed with gzip", "unpack it (gunzip)"),
    ("a Zstandard archive", "packed with Zstandard", "unpack it"),
    ("an old Office document (doc, xls or ppt)", "an OLE file (old office files, FlashPix)", _EXPORT),
    ("a pointer of Git LFS", "a pointer of Git LFS and not the picture itself", "fetch the picture with `git lfs pull`"),
    ("an HTML page", "a web page (HTML), perhaps one that tells of an error", "download the picture itself"),
)}
_ADVICE = {"video": _VIDEO, "sound": _SOUND, "music": "read it with media.read_score", "archive": "unpack it",
           "model": _MODEL, "document": _EXPORT}

# ... and those that are, by the names of their formats.
_READABLE = {
    "a PNG picture": "PNG", "a JPEG picture": "JPEG", "a GIF picture": "GIF", "a WebP picture": "WebP",
    "a TIFF picture": "TIFF", "a BigTIFF picture": "BigTIFF",
    "a BMP picture": "BMP", "a Photoshop picture": "PSD", "a JPEG 2000 picture": "JPEG 2000", "a DDS picture": "DDS",
    "a QOI picture": "QOI", "an icon": "ICO", "a cursor": "CUR", "an Apple icon": "ICNS", "a FITS picture": "FITS",
    "an SGI picture": "SGI", "a Sun raster picture": "Sun raster", "an AVIF picture": "AVIF", "a HEIC picture": "HEIC/HEIF",
}


def is_heif(head: bytes) -> bool:
    """Whether a file begins as HEIC or HEIF does; AVIF, which is of the same family, is not meant."""
    return readable(head) == "HEIC/HEIF"


def foreign(head: bytes) -> Foreign | None:
    """What a file is by its first bytes, if it is nothing that is read as a picture; None if it may be one."""
    if not head:
        return Foreign("an empty file", "get it again")
    kind = file_kind(head)
    if kind is None:
        return _markup(head)
    if kind.name in _FOREIGN:
        return _FOREIGN[kind.name]
    return None if kind.family == "picture" else Foreign(kind.name, _ADVICE.get(kind.family, "give a picture"))


def readable(head: bytes) -> str:
    """The name of the picture format that a file begins as; "" for none of the usual ones."""
    if re.match(rb"P[1-7fF]\s", head):
        return "PNM"
    kind = file_kind(head)
    return _READABLE.get(kind.name, "") if kind is not None else ""


def _markup(head: bytes) -> Foreign | None:
    """Drawings and other XML that do not begin with what they are."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<") and b"<svg" in start:
        return _FOREIGN["an SVG drawing"]
    return Foreign("XML", "give a picture") if start.startswith(b"<?xml") else None


def looks_like_text(head: bytes) -> bool:
    """Whether the first bytes are words: UTF-8 without control characters."""
    text = head.decode("utf-8", "ignore")
    return len(text.encode()) > 0.99 * len(head) and not re.search(r"[\x00-\x08\x0e-\x1f]", text)


def bits(head: bytes) -> int:
    """How many bits a channel has in an AVIF, or in a JPEG 2000 in colour, by its first bytes; 8 for other files."""
    box = head.find(b"av1C") if head[4:8] == b"ftyp" else -1
    if box >= 0:
        flags = head[box + 6:box + 7]
        return 8 if not flags or not flags[0] & 0x40 else 12 if flags[0] & 0x20 else 10
    stream = head.find(b"\xff\x4f\xff\x51") if readable(head) == "JPEG 2000" else -1
    size = head[stream + 40:stream + 43]  # the number of channels, and the bits less one of the first
    return (size[2] & 0x7f) + 1 if stream >= 0 and len(size) == 3 and size[:2] > b"\0\2" else 8


def transfer(head: bytes) -> int:
    """The transfer characteristics (ITU-T H.273) that a PNG's cICP chunk or an AVIF's colour box names; 0 for none."""
    chunk, box = head.find(b"cICP"), head.find(b"colrnclx")
    if head.startswith(b"\x89PNG") and chunk >= 0:
        return int.from_bytes(head[chunk + 5:chunk + 6], "big")
    return int.from_bytes(head[box + 10:box + 12], "big") if head[4:8] == b"ftyp" and box >= 0 else 0
