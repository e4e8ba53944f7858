"""Rules that were written for other tools: their files in, rules of our own form out.

`reading.py` tells the formats apart. Nothing here ships a pattern of another tool.
"""
