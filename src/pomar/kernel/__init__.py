"""Ids, money, period, clock and the error tree. Imports nothing of ours."""
