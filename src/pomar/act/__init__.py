"""Carrying intents out. Siblings here never import each other."""
