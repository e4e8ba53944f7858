"""Leaks that are no secrets: customers' data, canaries in it, names that must not be written."""
