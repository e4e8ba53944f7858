"""Facts told in words: what speaks for and against a value, strongest first."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from leakguard.generic.values import Facts

SHOWN: Final = 3
"""Reasons to each side that a finding carries."""
_LEAST_SHARE: Final = 0.1
"""Log-odds below which a group of facts is no reason."""


class Reason(NamedTuple):
    """What a group of facts says, and what it adds to the log-odds."""

    text: str
    share: float


_NAMES: Final = {
    "n_password": "a password",
    "n_pass": "a password",
    "n_phrase": "a pass phrase",
    "n_secret": "a secret",
    "n_token": "a token",
    "n_strong_key": "a secret key",
    "n_key": "a key",
    "n_auth": "a login",
    "n_credential": "a credential",
    "n_otp": "a one-time password",
    "n_cookie": "a session",
    "n_signature": "a signature",
}
_PLACES: Final = {
    "w_quoted": "it is quoted",
    "w_plain": "it stands without quotes",
    "w_flag": "it is an option of a command",
    "w_command": "it is an argument of a command that takes a password",
    "w_user_flag": "it follows a user name in a command",
    "w_sql": "it is in an SQL statement",
    "w_element": "it is the text of an element",
    "w_sentence": "a sentence gives it",
    "w_bearer": "it is in an Authorization header",
    "w_basic": "it is in an Authorization header",
    "w_otp": "it is handed to a maker of one-time passwords",
    "w_url": "it is the password in an address",
}
_FORMS: Final = {
    "template": "a template",
    "reference": "a reference",
    "call": "a call",
    "path": "a path",
    "address": "an address",
    "email": "an e-mail address",
    "file": "a file name",
    "date": "a date",
    "uuid": "a UUID",
    "number": "a number",
    "version": "a version",
    "constant": "a constant",
    "digest": "a named hash",
    "pattern": "a pattern",
    "masked": "a masked value",
    "kebab": "words-with-hyphens",
    "snake": "an identifier",
    "constant_name": "the name of a constant",
    "camel": "an identifier",
    "dotted": "a dotted name",
    "joined": "a pair",
    "percent": "percent-encoded text",
    "escape": "text with escapes",
    "ellipsis_end": "the beginning of a text",
    "bytes": "bytes",
    "algorithm": "the name of an algorithm",
    "spaces": "several words",
}
_SEPARATORS: Final = {
    "s_compare": "a comparison",
    "s_call": "a call",
    "s_default": "a default value",
    "s_arrow": "an arrow",
    "s_element": "an element",
    "s_equals": "an assignment",
    "s_colon": "a mapping",
    "s_comma": "a list",
}
_LINES: Final = {
    "l_comment": "the line is a comment",
    "l_assert": "the line is a test's assertion",
    "l_function": "the line declares a function",
    "l_declaration": "the line declares a variable",
    "l_environment": "the line sets a variable of the environment",
    "l_statement": "the line is a statement",
    "l_hash": "the line is about a hash",
    "l_schema": "the line is part of a schema",
    "l_shell": "the line is a command",
    "l_query": "it is in the query of an address",
    "l_item": "the line is an item of a list",
    "l_long": "the line is very long",
    "l_goes_on": "an expression goes on behind it",
    "l_joined": "it is put together with more",
    "l_same_above": "the line above looks the same",
}
_FILES: Final = {
    "f_test": "a test",
    "f_example": "an example",
    "f_locale": "a translation",
    "f_lock": "a lock file",
    "f_built": "a built file",
    "f_docs": "a document",
    "f_docs_folder": "a folder of documents",
    "f_env": "a file of settings",
    "f_config": "a file of settings",
    "f_script": "a script",
    "f_json": "JSON",
    "f_markup": "markup",
    "f_code": "source code",
}


def _present(table: Mapping[str, str], facts: Facts, otherwise: str) -> str:
    return next((text for key, text in table.items() if facts.get(key)), otherwise)


def _letters(facts: Facts) -> str:
    if facts.get("weak"):
        return "it is a common weak password"
    return f"known words cover {facts.get('known', 0):.0%} of its letters"


def _alphabet(facts: Facts) -> str:
    kinds, bits = facts.get("kinds", 0), facts.get("entropy", 0)
    return f"it mixes {kinds:.0f} kinds of characters, {bits:.1f} bits each"


def _user(facts: Facts) -> str:
    near = facts.get("l_user") or facts.get("l_user_near")
    return "a user name is near it" if near else "no user name is near it"


def _host(facts: Facts) -> str:
    near = facts.get("l_host") or facts.get("l_host_near")
    return "a host is near it" if near else "no host is near it"


def _flag(key: str, yes: str, no: str) -> Callable[[Facts], str]:
    return lambda facts: yes if facts.get(key) else no


_WORDS: Final[Mapping[str, Callable[[Facts], str]]] = {
    "letters": _letters,
    "length": lambda facts: f"it has {facts.get('length', 0):.0f} characters",
    "alphabet": _alphabet,
    "foreign": _flag("foreign", "it has letters beyond a-z", "its letters are a-z"),
    "walk": lambda facts: f"{facts.get('walk', 0):.0%} of it follow one another on the keyboard",
    "placeholder": _flag("placeholder", "it looks like a placeholder", "it is no placeholder"),
    "test_word": _flag("test_word", "it says test or demo", "it does not say test or demo"),
    "own_words": _flag("resembles_name", "it repeats its own name", "it does not repeat its name"),
    "credential_word": _flag(
        "credential_word", "it says password, key or user", "it does not say password or key"
    ),
    "form": lambda facts: f"it has the form of {_present(_FORMS, facts, 'nothing else')}",
    "name": lambda facts: f"its name says {_present(_NAMES, facts, 'nothing')}",
    "about": _flag("n_about", "its name is about something else", "its name is about the value"),
    "separator": lambda facts: f"it stands in {_present(_SEPARATORS, facts, 'plain text')}",
    "place": lambda facts: _present(_PLACES, facts, "it stands alone"),
    "user": _user,
    "host": _host,
    "line": lambda facts: _present(_LINES, facts, "nothing else is on the line"),
    "file": lambda facts: f"the file is {_present(_FILES, facts, 'of no known kind')}",
}

_GROUPS: Final = {
    "letters": "known surprise longest unknown_letters",
    "length": "length hash_length key_length",
    "alphabet": "entropy digits upper_share lower_share other_share kinds switches distinct special"
    " strong_mix lower upper title hex base64 base32 padded word_digits",
    "own_words": "resembles_name",
    "about": "n_about_behind n_about_ahead n_false_key n_public n_digest n_author n_behind n_words"
    " n_bare n_setter n_dotted n_capitals n_none",
    "user": "l_user l_user_near",
    "host": "l_host l_host_near",
    "form": " ".join(_FORMS),
}
_GROUP_OF: Final = {fact: group for group, facts in _GROUPS.items() for fact in facts.split()}
_BY_LETTER: Final = {"n": "name", "s": "separator", "w": "place", "l": "line", "f": "file"}


def group_of(fact: str) -> str:
    """The group that a fact is told in."""
    if fact in _GROUP_OF:
        return _GROUP_OF[fact]
    return _BY_LETTER[fact[0]] if fact[1] == "_" else fact


def told(facts: Facts, shares: Mapping[str, float]) -> list[Reason]:
    """All reasons, strongest first, whichever way they point."""
    sums: dict[str, float] = {}
    for fact, share in shares.items():
        group = group_of(fact)
        sums[group] = sums.get(group, 0.0) + share
    about = float(
        any(
            facts.get(key)
            for key in (
                "n_about_behind",
                "n_about_ahead",
                "n_false_key",
                "n_public",
                "n_digest",
                "n_author",
            )
        )
    )
    known = dict(facts) | {"n_about": about}
    reasons = [Reason(_WORDS[group](known), share) for group, share in sums.items()]
    return sorted(reasons, key=lambda reason: (-abs(reason.share), reason.text))


def strongest(reasons: list[Reason]) -> tuple[str, ...]:
    """The three strongest for and the three strongest against, each with its sign before it."""
    worth = [reason for reason in reasons if abs(reason.share) >= _LEAST_SHARE]
    chosen = [f"+ {reason.text}" for reason in worth if reason.share > 0][:SHOWN]
    return (*chosen, *[f"- {reason.text}" for reason in worth if reason.share < 0][:SHOWN])
