"""Find out what a file is before it is read: format, compression, encoding and fingerprint.

The whole file is read once, in pieces, so that the encoding is known for certain and a broken archive is
reported before anything is imported.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast

from msgspec import Struct

from .errors import FileUnreadable

_PIECE_BYTES: Final = 1 << 20
_SAMPLE_BYTES: Final = 4_096
_CONTROL_SHARE_MAX: Final = 0.05
_UTF8_LEADS: Final = bytes(range(0xC2, 0xF5))
_UNDEFINED_IN_CP1252: Final = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
# Control bytes that real exports use: tab, line ends, form feed, end of file, separators, ^A.
_TEXT_CONTROLS: Final = b"\x00\x01\t\n\x0b\x0c\r\x1a\x1c\x1d\x1e\x1f"
_CONTROLS: Final = bytes(b for b in range(32) if b not in _TEXT_CONTROLS)
_LINE_END: Final = re.compile(rb"[\r\n]")
_JSON_OBJECT: Final = re.compile(r"\{\s*[\"}]")
_JSON_ARRAY: Final = re.compile(r"\[\s*\{")
_BROKEN_CHARACTER: Final = re.compile("[\udc80-\udcff]")
_FOREIGN: Final = {
    b"PK\x03\x04": "an Excel workbook or a zip archive; save the sheet as CSV, or unpack the archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "compressed with xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
    b"%PDF": "a PDF; export the data as CSV",
    b"\xff\xfe\x00\x00": "text in UTF-32; save it as UTF-8",
}


class FileFacts(Struct, frozen=True):
    """What is known of a file. `encoding` is a Python codec name, empty for Parquet.

    `broken_characters`: bytes that the encoding cannot read; rows that hold them are rejected.
    """

    path: Path
    format: Literal["csv", "parquet", "jsonl"]
    gzipped: bool
    encoding: str
    broken_characters: int
    fingerprint: str
    bytes: int
    written_at: datetime


def inspect_file(path: Path, *, encoding: str | None = None) -> FileFacts:
    """Look at a file. `encoding` overrides what the bytes suggest.

    Raises FileUnreadable when it is missing, empty, of another kind, a damaged archive or not text.
    """
    try:
        if not path.is_file():
            raise FileUnreadable(f"There is no file {path}.")
        stat = path.stat()
        head = _head(path)
        if not stat.st_size or not head.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
            raise FileUnreadable(f"{path.name} is empty.")
        gzipped = _is_gzip(path)
        parquet = head.startswith(b"PAR1")
        _refuse_foreign(path, head, parquet and gzipped)
        name, broken = ("", 0) if parquet else _encoding(path, head, encoding)
        return FileFacts(
            path=path,
            format="parquet" if parquet else _text_format(path, head, name),
            gzipped=gzipped,
            encoding=name,
            broken_characters=broken,
            fingerprint=_fingerprint(path),
            bytes=stat.st_size,
            written_at=datetime.fromtimestamp(stat.st_mtime, UTC),
        )
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise FileUnreadable(
            f"{path.name} is a damaged or incomplete gzip archive; copy it again from where it comes from."
        ) from None
    except OSError as error:
        raise FileUnreadable(
            f"{path.name} cannot be read: {error.strerror or type(error).__name__}."
        ) from error


def open_bytes(file: BinaryIO, *, gzipped: bool) -> BinaryIO:
    """The bytes of an open file, unpacked where it is a gzip archive."""
    return cast(BinaryIO, gzip.open(file, "rb")) if gzipped else file


def open_text(file: BinaryIO, facts: FileFacts) -> io.TextIOWrapper:
    """The text of an open file; bytes that its encoding cannot read come as lone surrogates."""
    source = open_bytes(file, gzipped=facts.gzipped)
    return io.TextIOWrapper(source, encoding=facts.encoding, errors="surrogateescape", newline="")


def _text_format(path: Path, head: bytes, encoding: str) -> Literal["csv", "jsonl"]:
    """JSON lines begin with an object; everything else is taken for CSV."""
    start = head.decode(encoding, "replace").lstrip("\ufeff \r\n\t")
    if _JSON_ARRAY.match(start):
        raise FileUnreadable(
            f"{path.name} is one JSON array; write each of its objects on a line of its own (JSON lines)."
        )
    return "jsonl" if _JSON_OBJECT.match(start) else "csv"


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _head(path: Path) -> bytes:
    return next(_pieces(path, _SAMPLE_BYTES), b"")


def _refuse_foreign(path: Path, head: bytes, zipped_parquet: bool) -> None:
    if zipped_parquet:
        raise FileUnreadable(f"{path.name} is Parquet inside gzip; unpack it first.")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise FileUnreadable(f"{path.name} is {what}.")


def _fingerprint(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _pieces(path: Path, size: int = _PIECE_BYTES) -> Iterator[bytes]:
    with path.open("rb") as packed:
        file = open_bytes(packed, gzipped=_is_gzip(path))
        while piece := file.read(size):
            yield piece


def _encoding(path: Path, head: bytes, wanted: str | None) -> tuple[str, int]:
    """The codec and how many bytes it cannot read."""
    if wanted is not None:
        return _checked(path, wanted)
    wide = _utf16(head)
    if wide is not None:
        return _checked(path, wide)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > len(head) * _CONTROL_SHARE_MAX:
        raise FileUnreadable(f"{path.name} is neither text nor Parquet.")
    leads, broken, undefined = _count_utf8(path)
    # A few broken bytes in a file full of sound UTF-8 are damage; otherwise it is an older encoding.
    if broken == 0 or leads > broken * 10:
        return "utf-8-sig", broken
    return ("latin-1" if undefined else "cp1252"), 0


def _utf16(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark the header tells: its letters are plain ones, each beside a zero byte.
    header = _LINE_END.split(head, maxsplit=1)[0]
    pairs = len(header) // 2
    odd, even = header[1::2].count(0), header[0::2].count(0)
    if pairs >= 2 and odd > pairs * 0.7 and even < pairs * 0.1:
        return "utf-16-le"
    if pairs >= 2 and even > pairs * 0.7 and odd < pairs * 0.1:
        return "utf-16-be"
    return None


def _count_utf8(path: Path) -> tuple[int, int, bool]:
    """Sound multi-byte characters, broken bytes, and whether bytes occur that cp1252 does not define."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    leads = broken = 0
    undefined = False
    for piece in _pieces(path):
        if piece.isascii() and not decoder.getstate()[0]:
            continue
        found = len(_BROKEN_CHARACTER.findall(decoder.decode(piece)))
        broken += found
        leads += len(piece) - len(piece.translate(None, _UTF8_LEADS)) - found
        undefined = undefined or any(byte in piece for byte in _UNDEFINED_IN_CP1252)
    broken += len(_BROKEN_CHARACTER.findall(decoder.decode(b"", final=True)))
    return leads, broken, undefined


def _checked(path: Path, encoding: str) -> tuple[str, int]:
    """Read the whole file in a stated encoding. Raises FileUnreadable when it cannot be."""
    try:
        name = codecs.lookup(encoding).name
        decoder = codecs.getincrementaldecoder(name)("surrogateescape")
    except LookupError:
        raise FileUnreadable(f"There is no encoding named {encoding!r}.", field="encoding") from None
    name = "utf-8-sig" if name == "utf-8" else name
    try:
        broken = sum(len(_BROKEN_CHARACTER.findall(decoder.decode(piece))) for piece in _pieces(path))
        return name, broken + len(_BROKEN_CHARACTER.findall(decoder.decode(b"", final=True)))
    except UnicodeError:
        raise FileUnreadable(f"{path.name} is not text in {encoding}.", field="encoding") from None
