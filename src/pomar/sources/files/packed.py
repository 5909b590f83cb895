"""Files packed with gzip, unpacked beside for as long as they are read."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.utils.translation import gettext as _

from pomar.kernel.errors import BadInput
from pomar.sources.files.layout import BLOCK, find_format


def is_packed(path: Path) -> bool:
    """Whether its first bytes are those of gzip."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"
    return False


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or what is packed in it under the name it had; what is wrong is said of the packed one.

    Raises BadInput for a damaged file, and for one that would fill the disk.
    """
    if not is_packed(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / (path.name.removesuffix(".gz") or "file")
        try:
            _unpack(path, plain, shutil.disk_usage(folder).free // 2)
            _refuse_compressed_twice(plain)
            yield plain
        except BadInput as error:
            raise BadInput(error.where.replace(str(plain), str(path)), error.what, error.fix) from error


def _unpack(path: Path, plain: Path, most: int) -> None:
    size = 0
    try:
        with gzip.open(path) as packed, plain.open("wb") as target:
            while block := packed.read(BLOCK):
                size += target.write(block)
                if size > most:
                    raise BadInput(
                        str(path),
                        _("Unpacked, the file takes more than half of the free disk space."),
                        _("Make room, or split it."),
                    )
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(
            str(path),
            _("The packed file is cut short or damaged."),
            _("Copy or export it again; nothing of it was loaded."),
        ) from error


def _refuse_compressed_twice(plain: Path) -> None:
    """Excel and Parquet are compressed by themselves."""
    if find_format(plain) in {"excel", "parquet"}:
        raise BadInput(
            str(plain),
            _("This is not a table of rows."),
            _("Unpack it, or export it as CSV, Excel, Parquet or JSON lines."),
        )
