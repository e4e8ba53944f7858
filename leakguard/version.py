"""The version, as reports and `--version` say it; asking the installed package for it is slow."""

__version__ = "0.1.0"
