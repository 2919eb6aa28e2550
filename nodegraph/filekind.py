"""What kind of file some bytes are, told by how they begin and not by a name."""

from __future__ import annotations

import re
from typing import NamedTuple


class FileKind(NamedTuple):
    """A kind of file. name: with its article ("a JPEG picture").

    family: "picture", "sound", "music", "video", "archive", "document", "page", "pointer", "model" or "program".
    """

    name: str
    family: str

    @property
    def is_text(self) -> bool:
        """Whether such a file is letters from end to end, so that it may well be read as a text."""
        return self in _TEXTS


HEAD = 4096  # bytes of a file's beginning that are enough

_PICTURE, _SOUND, _MUSIC, _VIDEO, _ARCHIVE, _DOCUMENT, _MODEL, _PROGRAM = (
    "picture", "sound", "music", "video", "archive", "document", "model", "program")
SVG, HTML = FileKind("an SVG drawing", _PICTURE), FileKind("an HTML page", "page")
MUSICXML, RTF = FileKind("a MusicXML score", _MUSIC), FileKind("an RTF document", _DOCUMENT)
LFS = FileKind("a pointer of Git LFS", "pointer")
_TEXTS = (SVG, HTML, MUSICXML, RTF)

_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\xd8\xff", "a JPEG picture", _PICTURE), (b"\x89PNG\r\n\x1a\n", "a PNG picture", _PICTURE),
    (b"GIF87a", "a GIF picture", _PICTURE), (b"GIF89a", "a GIF picture", _PICTURE),
    (b"II*\0", "a TIFF picture", _PICTURE), (b"MM\0*", "a TIFF picture", _PICTURE),
    (b"II+\0", "a BigTIFF picture", _PICTURE), (b"MM\0+", "a BigTIFF picture", _PICTURE),
    (b"8BPS\0\2", "a large Photoshop picture (PSB)", _PICTURE),
    (b"8BPS", "a Photoshop picture", _PICTURE), (b"qoif", "a QOI picture", _PICTURE),
    (b"DDS |", "a DDS picture", _PICTURE), (b"\0\0\1\0", "an icon", _PICTURE),
    (b"v/1\1", "an OpenEXR picture", _PICTURE), (b"#?RADIANCE", "a Radiance HDR picture", _PICTURE),
    (b"#?RGBE", "a Radiance HDR picture", _PICTURE), (b"\0\0\2\0", "a cursor", _PICTURE),
    (b"icns", "an Apple icon", _PICTURE), (b"SIMPLE  =", "a FITS picture", _PICTURE),
    (b"\x01\xda", "an SGI picture", _PICTURE), (b"\x59\xa6\x6a\x95", "a Sun raster picture", _PICTURE),
    (b"\xff\x0a", "a JPEG XL picture", _PICTURE), (b"\0\0\0\x0cJXL ", "a JPEG XL picture", _PICTURE),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", _PICTURE), (b"\xffO\xffQ", "a JPEG 2000 picture", _PICTURE),
    (b"gimp xcf", "a GIMP picture", _PICTURE), (b"CSFCHUNK", "a Clip Studio picture", _PICTURE),
    (b"\xc5\xd0\xd3\xc6", "an EPS drawing with a preview", _PICTURE), (b"\xd7\xcd\xc6\x9a", "a WMF drawing", _PICTURE),
    (b"II\xbc\1", "a JPEG XR picture", _PICTURE), (b"BPG\xfb", "a BPG picture", _PICTURE),
    (b"FLIF", "a FLIF picture", _PICTURE), (b"\xabKTX ", "a KTX texture", _PICTURE),
    (b"FUJIFILMCCD-RAW", "a Fujifilm raw picture", _PICTURE), (b"IIRO", "an Olympus raw picture", _PICTURE),
    (b"IIRS", "an Olympus raw picture", _PICTURE), (b"MMOR", "an Olympus raw picture", _PICTURE),
    (b"IIU\0", "a Panasonic raw picture", _PICTURE), (b"FOVb", "a Sigma raw picture", _PICTURE),
    (b"\0MRM", "a Minolta raw picture", _PICTURE),
    (b"BLENDER", "a Blender scene", _DOCUMENT), (b"\x89HDF\r\n\x1a\n", "an HDF5 file of data", _DOCUMENT),
    (b"GRIB", "a GRIB file of data", _DOCUMENT), (b"BUFR", "a BUFR file of data", _DOCUMENT),
    (b"fLaC", "a FLAC sound", _SOUND), (b"ID3", "an MP3 sound", _SOUND), (b".snd", "an AU sound", _SOUND),
    (b"caff", "a CAF sound", _SOUND), (b"riff\x2e\x91\xcf\x11", "a W64 sound", _SOUND),
    (b"RF64", "an RF64 sound", _SOUND), (b"BW64", "a BW64 sound", _SOUND),
    (b"wvpk", "a WavPack sound", _SOUND), (b"TTA1", "a TTA sound", _SOUND), (b"MAC ", "a Monkey's Audio sound", _SOUND),
    (b"#!AMR", "an AMR sound", _SOUND), (b"DSD ", "a DSD sound", _SOUND), (b"\x7f\xfe\x80\x01", "a DTS sound", _SOUND),
    (b"\x0bw", "an AC-3 sound", _SOUND), (b"Creative Voice File", "a VOC sound", _SOUND),
    (b"NIST_1A", "a NIST SPHERE sound", _SOUND),
    (b"0&\xb2u\x8ef\xcf\x11", "a Windows Media file (WMA or WMV)", _SOUND),
    (b"MThd", "a MIDI file", _MUSIC),
    (b"FLV\1", "an FLV video", _VIDEO), (b"\0\0\1\xba", "an MPEG video", _VIDEO),
    (b"\0\0\1\xb3", "an MPEG video", _VIDEO),
    (b"\x1f\x8b", "a gzip archive", _ARCHIVE), (b"7z\xbc\xaf'\x1c", "a 7z archive", _ARCHIVE),
    (b"Rar!\x1a\7", "a RAR archive", _ARCHIVE), (b"\xfd7zXZ\0", "an xz archive", _ARCHIVE),
    (b"(\xb5/\xfd", "a Zstandard archive", _ARCHIVE), (b"BZh", "a bzip2 archive", _ARCHIVE),
    (b"%PDF-", "a PDF document", _DOCUMENT), (b"%!PS", "a PostScript document", _DOCUMENT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (doc, xls or ppt)", _DOCUMENT),
    (b"SQLite format 3\0", "an SQLite database", _DOCUMENT),
    (b"GGUF", "a GGUF model", _MODEL), (b"\x93NUMPY", "a NumPy array", _MODEL),
    (b"\x7fELF", "a program", _PROGRAM), (b"MZ\x90\0", "a program", _PROGRAM),
    (b"\0\1\0\0\0", "a font", _DOCUMENT), (b"OTTO\0", "a font", _DOCUMENT), (b"wOF", "a font", _DOCUMENT),
)
# Before those: marks that stand at an offset, in files that begin as others do.
_MARKS = ((b"II*\0", 8, b"CR\2", "a Canon raw picture", _PICTURE), (b"\1\0\0\0", 40, b" EMF", "an EMF drawing", _PICTURE),
          (b"", 128, b"DICM", "a DICOM picture", _PICTURE))
_RIFF = {b"WAVE": ("a WAV sound", _SOUND), b"WEBP": ("a WebP picture", _PICTURE), b"AVI ": ("an AVI video", _VIDEO),
         b"RMID": ("a MIDI file", _MUSIC)}
_OGG = ((b"\1vorbis", "an Ogg Vorbis sound", _SOUND), (b"OpusHead", "an Opus sound", _SOUND),
        (b"Speex   ", "a Speex sound", _SOUND), (b"\x7fFLAC", "a FLAC sound inside Ogg", _SOUND),
        (b"\x80theora", "a Theora video", _VIDEO))
_BRANDS = {b"avif": ("an AVIF picture", _PICTURE), b"avis": ("an AVIF picture", _PICTURE),
           **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1"),
                           ("a HEIC picture", _PICTURE)),
           **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), ("an M4A sound (AAC or ALAC)", _SOUND)),
           b"qt  ": ("a QuickTime video", _VIDEO), b"crx ": ("a Canon raw picture", _PICTURE)}
_INSIDE = ((b"word/", "a Word document (docx)"), (b"xl/", "an Excel sheet (xlsx)"),
           (b"ppt/", "a PowerPoint file (pptx)"),
           (b"opendocument.text", "an OpenDocument text (odt)"), (b"opendocument", "an OpenDocument file"),
           (b"epub+zip", "an EPUB book"))


def file_kind(data: bytes) -> FileKind | None:
    """What kind of file begins with these bytes; None for a plain text, and for what is not known here.

    The first `HEAD` bytes of the file are enough.
    """
    for beginning, offset, mark, name, family in _MARKS:
        if data.startswith(beginning) and data.startswith(mark, offset):
            return FileKind(name, family)
    for beginning, name, family in _BEGINNINGS:
        if data.startswith(beginning):
            return FileKind(name, family)
    return _container(data) or _stream(data) or _text(data[:HEAD])


def _container(data: bytes) -> FileKind | None:
    """Kinds that hold others, told by what is inside."""
    if data[:4] in (b"RIFF", b"RIFX"):
        name, family = _RIFF.get(data[8:12], ("a RIFF file", _SOUND))
        return FileKind(name, family)
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return FileKind("an AIFF sound", _SOUND)
    if data[:4] == b"OggS":
        return next((FileKind(name, family) for mark, name, family in _OGG if mark in data[:128]),
                    FileKind("an Ogg file", _SOUND))
    if data[4:8] == b"ftyp":
        others = data[16:int.from_bytes(data[:4], "big")]  # what else it may be read as: AVIF is of the family of HEIF
        own = b"avif" if b"avif" in others or b"avis" in others else data[8:12]
        return FileKind(*_BRANDS.get(own, ("an MP4 video", _VIDEO)))
    if data[:4] == b"\x1aE\xdf\xa3":
        return FileKind("a WebM video" if b"webm" in data[:64] else "a Matroska video", _VIDEO)
    if data[:4] == b"PK\3\4":
        return _zip(data)
    return FileKind("a tar archive", _ARCHIVE) if data[257:262] == b"ustar" else None


def _zip(data: bytes) -> FileKind:
    inside = next((FileKind(name, _DOCUMENT) for mark, name in _INSIDE if mark in data), None)
    if inside is None and b"/data.pkl" in data[:HEAD]:
        return FileKind("a PyTorch model (a pickle)", _MODEL)
    return inside or FileKind("a ZIP archive", _ARCHIVE)


def _stream(data: bytes) -> FileKind | None:
    """Kinds that begin with a few bits, or with a number."""
    if len(data) > 3 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return FileKind("an AAC sound", _SOUND)
    if len(data) > 3 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x18 != 0x08 and data[1] & 0x06 \
            and data[1] != 0xFE and data[2] & 0xF0 not in (0, 0xF0) and data[2] & 0x0C != 0x0C:  # FF FE begins UTF-16
        return FileKind("an MP3 sound", _SOUND)
    if data[:2] == b"BM" and data[6:10] == b"\0\0\0\0":
        return FileKind("a BMP picture", _PICTURE)
    if len(data) > 9 and data[8:10] == b'{"' and int.from_bytes(data[:8], "little") < 1 << 28:
        return FileKind("a safetensors model", _MODEL)
    return FileKind("a pickle", _MODEL) if data[:1] == b"\x80" and data[1:2] in b"\2\3\4\5" and data[1:2] else None


def _text(data: bytes) -> FileKind | None:
    """Kinds that are written in letters."""
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"version https://git-lfs"):
        return LFS
    if text.startswith(b"{\\rtf"):
        return RTF
    head = re.sub(rb"(<\?xml.*?\?>|<!--.*?-->)\s*", b"", text, flags=re.DOTALL).lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return HTML
    if head.startswith((b"<svg", b"<!doctype svg")):
        return SVG
    return MUSICXML if head.startswith((b"<score-partwise", b"<score-timewise", b"<!doctype score-")) else None
