"""Hooks of git: what they are given, what they say, how they are installed and proved to work.

What a commit or a push needs is imported by `hook.py` alone, and is light; the rest is for the
command line.
"""
