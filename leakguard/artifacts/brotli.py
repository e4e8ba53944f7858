"""Brotli (RFC 7932): a stream without a sign of its own, so only a file's name tells of it."""

from leakguard.artifacts.streams import brotli_members as members

__all__ = ["members"]
