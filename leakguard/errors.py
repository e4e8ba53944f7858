"""The one exception tree. What goes wrong with a single blob is a Skip instead (see model.py).

LeakguardError
├── UsageError      what was asked for cannot be done: path, revision, option
├── ConfigError     a settings file is wrong
├── RuleError       a rule file is wrong
└── SourceError     the whole source cannot be read: not a repository, git failed
"""


class LeakguardError(Exception):
    """Base of all. Its text is one sentence for the user: what failed, on what, what to do."""


class UsageError(LeakguardError):
    """The path, revision or option that was given does not exist or does not fit."""


class ConfigError(LeakguardError):
    """A settings file cannot be read or says something that has no meaning."""


class RuleError(LeakguardError):
    """A rule file cannot be used. The text names file, rule and reason."""


class SourceError(LeakguardError):
    """Nothing of a source can be read."""
