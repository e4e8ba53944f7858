"""Tests of leakguard.sources.git."""
