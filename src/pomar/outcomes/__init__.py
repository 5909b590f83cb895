"""Did it work: holdouts, lift, goals."""
