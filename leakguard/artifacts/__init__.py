"""Opens files that hold other files, and says what an app build is and who signed it.

Content decides what a file is, never its name. Each format has a module of pure functions over
bytes; kinds.py lists them. Nothing is written to disk and nothing is executed.
"""
