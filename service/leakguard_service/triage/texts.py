"""Texts that people enter, as every database can hold them."""

from leakguard_service.errors import Invalid


def clean(text: str) -> str:
    """NUL and halves of surrogate pairs, which no database takes, become escapes."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\0")


def line(text: str, field: str, most: int, *, empty: bool = False) -> str:
    """One line without blanks around it. Raises Invalid with the field."""
    found = text.strip()
    if not found and not empty:
        raise Invalid(f"{field} is missing", field)
    if len(found) > most:
        raise Invalid(f"{field} has at most {most} characters", field)
    if not found.isprintable():
        raise Invalid(f"{field} holds characters that cannot be shown", field)
    return found
