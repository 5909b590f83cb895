"""CSV, Excel, Parquet and JSON lines, mapped to facts."""
