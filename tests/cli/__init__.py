"""Tests of leakguard.cli."""
