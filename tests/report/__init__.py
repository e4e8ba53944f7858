"""Tests of leakguard.report."""
