"""What can go wrong in the service. No text of these holds a secret or content of a repository.

ServiceError
├── SettingsError       the service cannot start as it is set up
├── NotAllowed          who asks may not do this
├── NotThere            there is no such thing, or it is another tenant's
├── Conflict            the thing is in a state in which this cannot be done
├── Invalid             what was given has no meaning
└── JobError
    ├── Later           try again, not before some seconds
    └── Hopeless        trying again cannot help
"""


class ServiceError(Exception):
    """Base of all; its text is for people."""


class SettingsError(ServiceError):
    """The service cannot start as it is set up; the text says what to change."""


class NotAllowed(ServiceError):
    """Who asks may not do this."""


class NotThere(ServiceError):
    """There is no such thing, or it belongs to another tenant: the answer is the same."""


class Conflict(ServiceError):
    """The thing is in a state in which this cannot be done."""


class Invalid(ServiceError):
    """What was given has no meaning; `field` names what, where there is a name."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class JobError(ServiceError):
    """A job that could not be done. Its text is stored: names and numbers only."""


class Later(JobError):
    """Try again, not before `seconds`. Does not count as an attempt when `waited` is true.

    `waited` is for what is nobody's fault and ends by itself, such as a rate limit.
    """

    def __init__(self, text: str, seconds: float, *, waited: bool = False) -> None:
        super().__init__(text)
        self.seconds = seconds
        self.waited = waited


class Hopeless(JobError):
    """Trying again cannot help: the repository is gone, the token may not read it."""
