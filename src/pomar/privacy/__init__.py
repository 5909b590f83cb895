"""The eraser registry: every table with a customer column registers how a person leaves it."""
