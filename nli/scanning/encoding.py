"""Bytes to text: UTF-8 first, then what the bytes say of themselves, then a guess that is owned up to."""

from __future__ import annotations

import codecs
import re

from nli.errors import InputError, MissingExtraError

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAGE_CHARSET = re.compile(rb"""<(?:meta\s[^>]*?charset|\?xml\s[^>]*?encoding)\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_PAGE_HEAD = 4096
_PROBE = 2**16
_BINARY = {
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a zip archive, as Word and OpenDocument files are",
    b"\xd0\xcf\x11\xe0": "an old Word or Excel file",
    b"{\\rtf": "an RTF file",
    b"\x1f\x8b": "gzipped",
}
_HIGH = bytes(range(128, 256))
_ASCII_PER_HIGH = 10  # from which a text is readable whatever its few other characters are
# Control characters that text does not have; tab, line feed, form feed, carriage return and escape may stand in it.
_CONTROL = bytes(sorted(set(range(32)) - {9, 10, 11, 12, 13, 27}))


def decode(data: bytes, name: str, *, page: bool = False) -> tuple[str, str | None]:
    """Decode a whole text.

    Args:
        data: The bytes.
        name: How messages call where they come from.
        page: Whether it is HTML, which may declare its encoding.

    Returns:
        The text, without a byte order mark and with each line end as one line feed; and a sentence on the
        encoding, if it was guessed or broken.

    Raises:
        InputError: If it is not text, or its encoding is past guessing.
        MissingExtraError: If the encoding must be guessed and charset-normalizer is not installed.
    """
    text, note = _decode(data, name, page=page)
    if "\0" in text:
        raise InputError(f"{name} is not text (it holds NUL bytes): give the text that it stands for.")
    return text.replace("\r\n", "\n").replace("\r", "\n"), note


def _decode(data: bytes, name: str, *, page: bool) -> tuple[str, str | None]:
    for start, what in _BINARY.items():
        if data.startswith(start):
            raise InputError(f"{name} is {what}, not plain text: save its text as UTF-8 and name that file.")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data.removeprefix(mark).decode(encoding, "replace")
            broken = text.count("\ufffd")
            return text, _broken(encoding.upper(), broken) if broken else None
    if unmarked := _utf16_by_zeros(data[:_PROBE]):
        return data.decode(unmarked, "replace"), f"It has no byte order mark and was taken for {unmarked.upper()}."
    controls = len(data) - len(data.translate(None, _CONTROL))
    if controls * 100 > len(data):
        raise InputError(f"{name} is not text (it holds binary data): give the text that it stands for.")
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        return _not_utf8(data, name, page=page)


def _broken(encoding: str, count: int) -> str:
    return f"It is {encoding} with broken characters ({count:,}), which stand as \ufffd."


def _utf16_by_zeros(head: bytes) -> str | None:
    """Recognise UTF-16 of a Latin script by the zeros in every other byte; None if it is none."""
    half = len(head) // 2
    even, odd = head[0 : 2 * half : 2].count(0), head[1 : 2 * half : 2].count(0)
    if half and odd > 0.7 * half and not even:
        return "utf-16-le"
    return "utf-16-be" if half and even > 0.7 * half and not odd else None


def _not_utf8(data: bytes, name: str, *, page: bool) -> tuple[str, str | None]:
    """Decode bytes that are not valid UTF-8: mend a few broken ones, believe a page's declaration, or guess."""
    mended = data.decode("utf-8", "replace")
    broken = mended.count("\ufffd")
    # In another encoding hardly a byte beyond ASCII is by chance part of a valid UTF-8 character.
    if 2 * broken <= sum(character > "\x7f" for character in mended):
        return mended, _broken("UTF-8", broken)
    declared = _PAGE_CHARSET.search(data[:_PAGE_HEAD]) if page else None
    encoding = _known(declared.group(1).decode("ascii")) if declared else None
    if encoding is not None:
        return data.decode(encoding, "replace"), None
    encoding = _guess(data)
    if encoding is None:
        raise InputError(f"The encoding of {name} cannot be told: convert it to UTF-8.")
    return data.decode(encoding, "replace"), f"It is not UTF-8 and does not say what; it was read as {encoding}."


def _known(label: str) -> str | None:
    """Return the codec for a declared encoding; browsers read Latin-1 as Windows-1252, and UTF-8 it is not."""
    try:
        encoding = codecs.lookup(label).name
        b"a".decode(encoding, "replace")  # some codecs are for other things than text
    except (LookupError, UnicodeError):
        return None
    if encoding in {"iso8859-1", "ascii"}:
        return "cp1252"
    return None if encoding.startswith("utf") else encoding


def _guess(data: bytes) -> str | None:
    """Guess an encoding from the bytes, with Windows-1252 before others that read the same; None if none fits."""
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        raise MissingExtraError("Guessing an encoding other than UTF-8", "scan") from None
    best = from_bytes(_around_first_high_byte(data)).best()
    if best is None:
        high = len(data) - len(data.translate(None, _HIGH))
        return "cp1252" if high * _ASCII_PER_HIGH < len(data) else None
    return "cp1252" if "cp1252" in best.could_be_from_charset else _known(best.encoding)


def _around_first_high_byte(data: bytes) -> bytes:
    """Return a stretch to guess from that is not all ASCII."""
    first = re.search(rb"[\x80-\xff]", data)
    start = max(0, first.start() - _PROBE // 2) if first else 0
    return data[start : start + _PROBE]
