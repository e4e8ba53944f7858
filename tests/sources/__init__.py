"""Tests of leakguard.sources."""
