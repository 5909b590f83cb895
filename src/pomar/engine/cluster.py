"""Apache Spark: the engine for when one machine is not enough.

Driver and executors must see `POMAR_HOME` under the same path: kept tables and written folders lie there.
"""

from __future__ import annotations

import os
import shutil
import socket
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from pomar.engine.base import Engine, partitions
from pomar.engine.scratch import fresh
from pomar.kernel.errors import BadInput

_open: list[SparkEngine] = []


class SparkEngine(Engine):
    """Spark behind Ibis. One process has one Spark session: the last engine closed ends it."""

    kind = "spark"

    def __init__(self, url: str) -> None:
        self.session = _session(url)
        self.backend = ibis.pyspark.from_connection(self.session)
        self._views: list[str] = []
        self._folders: list[Path] = []
        _open.append(self)

    def parquet(self, files: Sequence[str], schema: pa.Schema) -> ibis.Table:
        from pyspark.sql.pandas.types import from_arrow_schema

        struct = from_arrow_schema(schema, prefer_timestamp_ntz=True)
        if not files:
            return self._view(self.session.createDataFrame([], struct), ibis.Schema.from_pyarrow(schema))
        reader = self.session.read.schema(struct)
        if inner := partitions(files, schema):
            reader = reader.option("basePath", files[0].partition(f"/{inner[0]}=")[0])
        return self._view(reader.parquet(*files), ibis.Schema.from_pyarrow(schema))

    def table(self, rows: pa.Table) -> ibis.Table:
        folder = self._scratch("rows")
        folder.mkdir()
        pq.write_table(rows, folder / "rows.parquet", coerce_timestamps="us")
        return self.parquet([str(folder / "rows.parquet")], rows.schema)

    def arrow(self, expr: ibis.Table) -> pa.Table:
        frame = self._frame(expr)
        with warnings.catch_warnings():  # PySpark leaves its socket to the garbage collector
            warnings.simplefilter("ignore", ResourceWarning)
            return frame.toArrow().cast(expr.schema().to_pyarrow())

    def keep(self, expr: ibis.Table) -> ibis.Table:
        folder = self._scratch("kept")
        frame = self._frame(expr)
        frame.write.parquet(str(folder))
        return self._view(self.session.read.schema(frame.schema).parquet(str(folder)), expr.schema())

    def _write(self, expr: ibis.Table, folder: Path) -> int:
        self._frame(expr).write.parquet(str(folder))
        return int(self.session.read.parquet(str(folder)).count())

    def close(self) -> None:
        if self not in _open:
            return
        _open.remove(self)
        for view in self._views:
            self.session.catalog.dropTempView(view)
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        if not _open:
            self.session.stop()

    def _frame(self, expr: ibis.Table) -> Any:
        """The data frame of an expression, cast to its promised types."""
        self.backend._run_pre_execute_hooks(expr)
        frame = self.session.sql(self.backend.compile(expr))
        promised = _spark_types(expr.schema())
        casts = [frame[f"`{name}`"].cast(kind).alias(name) for name, kind in promised.items()]
        return frame.select(*casts)

    def _view(self, frame: Any, schema: ibis.Schema) -> ibis.Table:
        name = f"pomar_{uuid4().hex[:12]}"
        frame.createOrReplaceTempView(name)
        self._views.append(name)
        return self.bound(name, schema)

    def _scratch(self, kind: str) -> Path:
        self._folders.append(fresh(kind))
        return self._folders[-1]


def _spark_types(schema: ibis.Schema) -> dict[str, Any]:
    from ibis.backends.pyspark.datatypes import PySparkType
    from pyspark.sql.types import TimestampNTZType

    def spark_type(kind: Any) -> Any:
        naive = kind.is_timestamp() and kind.timezone is None
        return TimestampNTZType() if naive else PySparkType.from_ibis(kind)

    return {name: spark_type(kind) for name, kind in schema.items()}


def _session(url: str) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise BadInput("POMAR_ENGINE", "Spark is not installed.", "Install pomar[spark].") from None
    _check_java()
    _check_master(url)
    builder = SparkSession.builder.appName("pomar").master(url)
    for key, value in _settings(url).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _settings(url: str) -> dict[str, str]:
    """TIMESTAMP_MICROS because INT96 loses the zone; adaptive execution merges the shuffle's small parts."""
    chosen = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
        "spark.sql.shuffle.partitions": os.environ.get("POMAR_SPARK_PARTITIONS", "16"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if _is_loopback(url):
        chosen |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return chosen


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "localhost"}


def _check_java() -> None:
    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        raise BadInput("POMAR_ENGINE", "Spark needs Java 17.", "Install a Java runtime, or set JAVA_HOME.")


def _check_master(url: str) -> None:
    """Spark itself would try for a minute before it gives up."""
    masters = url.removeprefix("spark://").split(",")
    if not any(_answers(f"//{master}") for master in masters):
        raise BadInput("POMAR_ENGINE", f"No Spark master answers at {url}.", "Start it, or say duckdb.")


def _answers(master: str) -> bool:
    parts = urlsplit(master)
    try:
        with socket.create_connection((parts.hostname, parts.port or 7077), timeout=5):
            return True
    except OSError:
        return False
