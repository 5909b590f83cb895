"""What it means: one file per metric family, each metric a declared object."""
