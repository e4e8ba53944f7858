"""Telling people of findings."""
