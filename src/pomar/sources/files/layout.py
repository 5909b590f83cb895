"""How a file is written: format, encoding, delimiter and headers, found from its bytes."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from pomar.kernel.errors import BadInput
from pomar.sources.files.talks import signs

SAMPLE = 256 * 1024
BLOCK = 4 * 1024 * 1024
LONGEST_LINE = 2_000_000
DELIMITERS = (",", ";", "\t", "|")
HEAD = 100
"""How many rows tell where the header is, and what divides its cells."""

_BY_SUFFIX = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".tab": "csv", ".xlsx": "excel", ".xlsm": "excel",
    ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
}  # fmt: skip
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Layout:
    """What must be known to read a file's cells. `header_lines` are physical lines of the header, `above` the
    rows before it that are no headers, such as a title,
    `notes` what a person should know about how it was read."""

    format: str
    encoding: str = "utf-8"
    delimiter: str = ","
    headers: tuple[str, ...] = ()
    header_lines: int = 1
    sheet: str | None = None
    above: int = 0
    notes: tuple[str, ...] = ()


def find_format(path: Path) -> str:
    """csv, excel, parquet, jsonl or what `signs` know, by the first bytes where they are telling, else by
    the name.

    Raises BadInput for what is no file, an empty file, and formats that are not read.
    """
    where = str(path)
    if path.is_dir():
        raise BadInput(where, _("This is a folder."), _("Name the files in it, such as folder/*.csv."))
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise BadInput(
            where, _("The file cannot be opened: {error}.").format(error=error.strerror), _("Check the path.")
        ) from error
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise BadInput(where, _("The file is empty."), _("Export it again with its header row."))
    suffix = path.suffix.lower()
    if head.startswith(b"PAR1") or suffix in {".parquet", ".pq"}:
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "excel"
    if head.startswith(b"\xd0\xcf\x11\xe0") or suffix == ".xls":
        raise BadInput(where, _("This is an old Excel file (.xls)."), _("Save it as .xlsx or CSV, and import that."))
    if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"%PDF")):
        raise BadInput(
            where, _("This is not a table of rows."), _("Unpack it, or export it as CSV, Excel, Parquet or JSON lines.")
        )
    if told := signs.find(head, suffix):
        return told
    return _BY_SUFFIX.get(suffix) or ("jsonl" if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{"} else "csv")


def check_encoding(path: Path, given: str) -> str:
    """The codec of an encoding a person named. Raises BadInput where the file's bytes contradict it."""
    where = f"{path}, encoding"
    try:
        codec = codecs.lookup(given).name
    except LookupError as error:
        raise BadInput(
            where, _("{given} is no encoding.").format(given=given), _("Use utf-8, cp1252, latin-1 or utf-16.")
        ) from error
    found = find_encoding(path)
    single_byte = codec in {"cp1252", "iso8859-1", "iso8859-15", "latin-1"}
    wrong = found == "utf-16" if single_byte or codec.startswith("utf-8") else False
    wrong = wrong or (single_byte and found != codec and found.startswith("utf-8") and _has_high_bytes(path))
    if wrong or not _decodes(path, codec):
        raise BadInput(
            where,
            _("The file is not written in {given}.").format(given=given),
            _("It reads as {found}: use that, or leave the encoding out.").format(found=found),
        )
    return "utf-8-sig" if found == "utf-8-sig" and codec.startswith("utf-8") else codec


def find_encoding(path: Path) -> str:
    """utf-8-sig, utf-8, utf-16, utf-16-le, utf-16-be, cp1252 or latin-1, from all bytes of the file.

    A file with a few bad bytes among valid multi-byte letters stays UTF-8: those rows are bad, not all.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if pattern := _zero_pattern(head):
        return pattern
    good = bad = 0
    undefined = False
    for text, block in _decoded(path):
        kept = len(text.encode())
        bad += len(block) - kept
        good += 0 if text.isascii() else kept - len(text)
        undefined = undefined or (len(block) > kept and any(byte in block for byte in b"\x81\x8d\x8f\x90\x9d"))
    if bad <= good:
        return "utf-8"
    return "latin-1" if undefined else "cp1252"


def _zero_pattern(head: bytes) -> str | None:
    """UTF-16 without a mark: Latin letters leave a zero in every other byte."""
    half = max(len(head) // 2, 1)
    if head[1::2].count(0) > 0.4 * half and head[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.4 * half and head[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _decoded(path: Path) -> Iterator[tuple[str, bytes]]:
    """Blocks of the file with their UTF-8 text, bad bytes dropped; no letter is cut in two."""
    with path.open("rb") as file:
        rest = b""
        while block := file.read(BLOCK):
            block = rest + block
            cut = _letter_end(block)
            rest, block = block[cut:], block[:cut]
            yield block.decode("utf-8", errors="ignore"), block
        if rest:
            yield rest.decode("utf-8", errors="ignore"), rest


def _letter_end(block: bytes) -> int:
    """Where to cut so that a multi-byte letter at the end is not split."""
    for back in range(1, min(4, len(block) + 1)):
        byte = block[-back]
        if byte >= 0xC0:
            return len(block) - back
        if byte < 0x80:
            break
    return len(block)


def _has_high_bytes(path: Path) -> bool:
    return any(not block.isascii() for _text, block in _decoded(path))


def _decodes(path: Path, codec: str) -> bool:
    try:
        with path.open(encoding=codec) as file:
            while file.read(BLOCK):
                pass
    except UnicodeError:
        return codec.startswith("utf-8") and find_encoding(path).startswith("utf-8")
    return True


def sample(path: Path, encoding: str) -> str:
    """The first complete lines of a text file."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        text = file.read(SAMPLE)
        whole = not file.read(1)
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return text if whole or "\n" not in text else text[: text.rindex("\n") + 1]


_SAYS_DELIMITER = re.compile(r'^"?sep=(.)"?\n')
"""What some spreadsheets write above the headers."""


def find_delimiter(text: str) -> str:
    """The delimiter under which most rows of the sample have as many cells as the header, which is the first
    row unless nothing splits that."""
    if said := _SAYS_DELIMITER.match(text):
        return said[1]
    samples = {one: [row for row in islice(_rows(text, one), HEAD) if row] for one in DELIMITERS}
    likely = max(DELIMITERS, key=lambda one: _fit(samples[one]))
    if _fit(samples[likely]) > _NO_FIT:
        return likely
    above = {one: titles(rows) for one, rows in samples.items()}
    return max(DELIMITERS, key=lambda one: (_fit(samples[one][above[one] :]), -above[one]))


_NO_FIT = (0.0, 0)


def _fit(rows: list[list[str]]) -> tuple[float, int]:
    if not rows or len(rows[0]) < 2:
        return _NO_FIT
    same = sum(len(row) == len(rows[0]) for row in rows)
    return round(same / len(rows), 1), len(rows[0])


def titles(rows: Sequence[Sequence[str | None]]) -> int:
    """How many of the first rows stand above the header: blank, or one cell where most rows have three or more."""
    width = max(Counter(map(len, filter(None, rows))).items(), key=lambda one: (one[1], one[0]), default=(0, 0))[0]
    for place, row in enumerate(rows):
        filled = sum(bool(cell and cell.strip()) for cell in row)
        if filled > 1:
            return place if width > 2 and 2 * filled > width else 0
    return 0


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def find_csv(path: Path, encoding: str | None = None, delimiter: str | None = None) -> Layout:
    """Encoding, delimiter and headers of a delimited file. Raises BadInput where a given one cannot be right."""
    codec = check_encoding(path, encoding) if encoding else find_encoding(path)
    text = sample(path, codec)
    likely = find_delimiter(text)
    chosen = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter) if delimiter else likely
    if len(chosen) != 1 or chosen in '"\r\n':
        raise BadInput(
            f"{path}, delimiter",
            _("{delimiter} is not one character.").format(delimiter=repr(chosen)),
            _("Use one of: comma, semicolon, tab, vertical bar."),
        )
    _refuse_wrong_delimiter(path, text, chosen, likely)
    headers, lines, above = header(text, chosen)
    return Layout("csv", codec, chosen, headers, lines, above=above)


def peek(head: bytes) -> tuple[str, ...]:
    """The headers of a delimited file by its first bytes; none where it is no such file."""
    if head.startswith((b"PAR1", b"PK\x03\x04", b"{", b"[")) or not head.strip():
        return ()
    mark = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    for codec in (mark or _zero_pattern(head) or "utf-8", "cp1252"):
        with suppress(UnicodeDecodeError):
            text = codecs.getincrementaldecoder(codec)().decode(head)
            return header(text, find_delimiter(text))[0]
    return ()


def _refuse_wrong_delimiter(path: Path, text: str, chosen: str, likely: str) -> None:
    cells, expected = len(header(text, chosen)[0]), len(header(text, likely)[0])
    if cells == 1 and expected > 1:
        raise BadInput(
            _("{path}, line 1").format(path=path),
            _("The delimiter {given} splits nothing.").format(given=repr(chosen)),
            _("The file seems to use {likely}, which gives {count} columns.").format(
                likely=repr(likely), count=expected
            ),
        )


def header(text: str, delimiter: str) -> tuple[tuple[str, ...], int, int]:
    """The headers, each made unique; how many physical lines they and the titles and blank lines before take;
    how many rows of titles there are."""
    above = 1 if _SAYS_DELIMITER.match(text) else 0
    reader = csv.reader(io.StringIO(_SAYS_DELIMITER.sub("", text)), delimiter=delimiter)
    filled = ((row, reader.line_num) for row in reader if any(cell.strip() for cell in row))
    rows: list[tuple[list[str], int]] = []
    with suppress(csv.Error):
        rows.extend(islice(filled, HEAD))
    place = titles([row for row, _line in rows])
    names, line = rows[place] if rows else ([], max(reader.line_num, 1))
    return unique(names), line + above, place


def unique(names: list[str]) -> tuple[str, ...]:
    """Trimmed headers; an empty one becomes `column 3`, a second `name` becomes `name 2`."""
    result: list[str] = []
    for place, name in enumerate(names, 1):
        plain = " ".join(name.replace("\ufeff", "").replace("\0", "").split()) or f"column {place}"
        number, chosen = 1, plain
        while chosen in result:
            number += 1
            chosen = f"{plain} {number}"
        result.append(chosen)
    return tuple(result)
