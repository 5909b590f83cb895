"""The fact tables, the lake that holds them, imports, quarantine and undo."""
