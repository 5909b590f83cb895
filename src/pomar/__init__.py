"""Pomar: the customer base, the installed base, and the bridge between them."""
