"""Judges values that have no form of their own by where they stand: evidence to a score."""
