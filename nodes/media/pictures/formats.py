"""What a file is, told by its first bytes and never by its name, and what to do with one that is no picture."""

from __future__ import annotations

import re
from typing import NamedTuple

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

# offset, bytes, what it is
_MAGICS: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"%!PS", "EPS or PostScript, a vector format", _VECTOR),
    (0, b"\xc5\xd0\xd3\xc6", "EPS with a preview, a vector format", _VECTOR),
    (0, b"%PDF", "PDF", _VECTOR),
    (0, b"\xd7\xcd\xc6\x9a", "WMF, a vector format", _VECTOR),
    (40, b" EMF", "EMF, a vector format", _VECTOR),
    (0, b"gimp xcf", "GIMP's own file (XCF)", _EXPORT),
    (0, b"8BPS\x00\x02", "a large Photoshop file (PSB)", _EXPORT),
    (0, b"CSFCHUNK", "Clip Studio's own file", _EXPORT),
    (0, b"BLENDER", "Blender's own file", _EXPORT),
    (0, b"\x76\x2f\x31\x01", "OpenEXR", "convert it to PNG, or to a TIFF of one channel of 32-bit floats"),
    (0, b"#?RADIANCE", "Radiance HDR", "convert it to PNG or TIFF"),
    (0, b"#?RGBE", "Radiance HDR", "convert it to PNG or TIFF"),
    (0, b"\xff\x0a", "JPEG XL", "convert it to PNG (djxl photo.jxl photo.png)"),
    (0, b"\x00\x00\x00\x0cJXL ", "JPEG XL", "convert it to PNG (djxl photo.jxl photo.png)"),
    (0, b"II\xbc\x01", "JPEG XR", "convert it to PNG or TIFF"),
    (0, b"BPG\xfb", "BPG", "convert it to PNG"),
    (0, b"FLIF", "FLIF", "convert it to PNG"),
    (0, b"\xabKTX ", "KTX, a texture", "convert it to PNG"),
    (8, b"CR\x02", "a Canon raw file (CR2)", _RAW),
    (4, b"ftypcrx", "a Canon raw file (CR3)", _RAW),
    (0, b"FUJIFILMCCD-RAW", "a Fujifilm raw file (RAF)", _RAW),
    (0, b"IIRO", "an Olympus raw file (ORF)", _RAW),
    (0, b"IIRS", "an Olympus raw file (ORF)", _RAW),
    (0, b"MMOR", "an Olympus raw file (ORF)", _RAW),
    (0, b"IIU\x00", "a Panasonic raw file (RW2)", _RAW),
    (0, b"FOVb", "a Sigma raw file (X3F)", _RAW),
    (0, b"\x00MRM", "a Minolta raw file (MRW)", _RAW),
    (128, b"DICM", "DICOM, a medical picture", "convert it to PNG or TIFF"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5, a file of data", _DATA),
    (0, b"GRIB", "GRIB, a file of data", _DATA),
    (0, b"BUFR", "BUFR, a file of data", _DATA),
    (0, b"\x93NUMPY", "a NumPy array", "save it as PNG or TIFF"),
    (4, b"ftypqt", "a QuickTime video", _VIDEO),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM video", _VIDEO),
    (0, b"\x00\x00\x01\xba", "an MPEG video", _VIDEO),
    (0, b"\x00\x00\x01\xb3", "an MPEG video", _VIDEO),
    (8, b"AVI ", "an AVI video", _VIDEO),
    (8, b"WAVE", "a WAV sound", _SOUND),
    (0, b"fLaC", "a FLAC sound", _SOUND),
    (0, b"OggS", "an Ogg sound or video", _SOUND),
    (0, b"ID3", "an MP3 sound", _SOUND),
    (0, b"MThd", "a MIDI file", "read it with media.read_score"),
    (0, b"PK\x03\x04", "a ZIP archive (Krita's, OpenRaster's and office files are such)", f"unpack it, or {_EXPORT}"),
    (0, b"\x1f\x8b", "packed with gzip", "unpack it (gunzip)"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (0, b"Rar!", "a RAR archive", "unpack it"),
    (0, b"\x28\xb5\x2f\xfd", "packed with Zstandard", "unpack it"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE file (old office files, FlashPix)", _EXPORT),
    (0, b"GGUF", "a language model's weights (GGUF)", _MODEL),
    (0, b"SQLite format 3", "a SQLite database", _EXPORT),
    (0, b"\x7fELF", "a program", "give a picture"),
    (0, b"MZ", "a program for Windows", "give a picture"),
)

_VIDEO_BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"3gp4",
                 b"3gp5")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif")

_READABLE: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "PNG"), (0, b"\xff\xd8\xff", "JPEG"), (0, b"GIF8", "GIF"), (8, b"WEBP", "WebP"),
    (0, b"II*\x00", "TIFF"), (0, b"MM\x00*", "TIFF"), (0, b"II+\x00", "BigTIFF"), (0, b"MM\x00+", "BigTIFF"),
    (0, b"BM", "BMP"), (0, b"8BPS", "PSD"), (0, b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"DDS ", "DDS"), (0, b"qoif", "QOI"), (0, b"\x00\x00\x01\x00", "ICO"), (0, b"\x00\x00\x02\x00", "CUR"),
    (0, b"icns", "ICNS"), (0, b"SIMPLE  =", "FITS"), (0, b"\x01\xda", "SGI"), (0, b"\x59\xa6\x6a\x95", "Sun raster"),
    (4, b"ftypavif", "AVIF"), (4, b"ftypavis", "AVIF"),
)


def is_heif(head: bytes) -> bool:
    """Whether a file begins as HEIC or HEIF does; AVIF, which is of the same family, is not meant."""
    brands = head[8:12] + head[16:int.from_bytes(head[:4], "big") if head[4:8] == b"ftyp" else 0]
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS and b"avif" not in brands and b"avis" not in brands


def foreign(head: bytes) -> Foreign | None:
    """What a file is by its first bytes, if it is nothing that is read as a picture; None if it may be one."""
    if not head:
        return Foreign("an empty file", "get it again")
    if head[4:8] == b"ftyp" and head[8:12] in _VIDEO_BRANDS:
        return Foreign("an MP4 video", _VIDEO)
    for offset, magic, name, advice in _MAGICS:
        if head[offset:offset + len(magic)] == magic:
            return Foreign(name, advice)
    return _text(head)


def readable(head: bytes) -> str:
    """The name of the picture format that a file begins as; "" for none of the usual ones."""
    if is_heif(head):
        return "HEIC/HEIF"
    if re.match(rb"P[1-7fF]\s", head):
        return "PNM"
    return next((name for offset, magic, name in _READABLE if head[offset:offset + len(magic)] == magic), "")


def _text(head: bytes) -> Foreign | None:
    """The kinds of text that are taken for pictures; of Pillow's formats some are text too (XPM, PPM)."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"version https://git-lfs"):
        return Foreign("a pointer of Git LFS and not the picture itself", "fetch the picture with `git lfs pull`")
    if re.match(rb"<!doctype html|<html", start):
        return Foreign("a web page (HTML), perhaps one that tells of an error", "download the picture itself")
    if start.startswith(b"<") and b"<svg" in start:
        return Foreign("SVG, a vector format", _VECTOR)
    if start.startswith(b"<?xml"):
        return Foreign("XML", "give a picture")
    return None


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
