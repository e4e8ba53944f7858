"""What the line around a value, the line before and the path say."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from leakguard.generic.values import Facts

_SEPARATORS: Final = {
    "s_compare": r"[=!]==?|\.equals|\beq\b|\bis\b|\bin\b|!=|\bnot\b",
    "s_arrow": r"=>|->",
    "s_equals": r"(?<![=!<>])=(?![=>])",
    "s_colon": r":(?!=)",
    "s_call": r"\($|\(\s*[\"'`]|\(",
    "s_comma": r",",
    "s_element": r">",
    "s_table": r"\|",
    "s_words": r"[A-Za-z]{2}",
    "s_default": r"(?i)get\w*env|getenv|default|fallback|\bor\b|\|\||\?\?",
    "s_newline": r"^\s*$",
    "s_quoted": r"[\"'`]$",
    "s_quoted_name": r"^\\*[\"'`]",
}
_SEPARATOR_KINDS: Final = {name: re.compile(text) for name, text in _SEPARATORS.items()}

_BEFORE: Final = {
    "l_comment": r"^\s*(?:#|//|/?\*|--|;|<!--|rem\b|\"\"\"|'''|>>>)",
    "l_assert": r"(?i)\b(?:assert\w*|expect\w*|should\w*|verify|ensure|refute|eq|equal\w*)\b",
    "l_function": r"\b(?:def|func|function|fn|sub|public|private|protected|lambda)\b.*\(",
    "l_declaration": r"\b(?:const|let|var|final|static|val|string|String|define|public|private)\b",
    "l_environment": r"(?:^|\s)(?:export|set|setx|ENV|ARG|-e|--env)\s|^\s*-?\s*\"?[A-Z][A-Z0-9_]+\"?\s?[=:]",
    "l_statement": r"(?i)\b(?:if|elif|while|return|case|when|assert|raise|throw|print|log\w*|echo)\b",
    "l_user": r"(?i)(?:user(?:[_-]?name)?|login|uid|email|e-mail|account|usr|identifier|benutzer)\w*[\"']?\s*[=:(,]",
    "l_host": r"(?i)(?:host|server|url|endpoint|address|port|database|db_?name|dsn|jdbc|://)",
    "l_hash": r"(?i)sha-?\d|md5|checksum|integrity|digest|commit|revision|fingerprint|thumbprint|etag",
    "l_schema": r"(?i)\"type\"|\"description\"|\"properties\"|column|varchar|schema|swagger|openapi",
    "l_shell": r"^\s*(?:\$|>|#|sudo|docker|curl|wget|mysql|kubectl|- docker)\s",
    "l_query": r"[?&][\w-]+=",
    "l_item": r"^\s*-\s",
    "l_new": r"\bnew\b",
}
_BEFORE_KINDS: Final = {name: re.compile(text) for name, text in _BEFORE.items()}
_USER: Final = _BEFORE_KINDS["l_user"]
_HOST: Final = re.compile(r"(?i)(?:host|server|url|port|database|db_?name|jdbc)[\w-]*[\"']?\s*[=:]")
_CALL: Final = re.compile(r"^\s?[(\[{]|^\.\w|^::|^->")
_JOIN: Final = re.compile(r"^[\"'`]?\s*(?:[+.%]\s*[\w\"'$]|\.format|\bof\b)")

_ROLES: Final = {
    "f_code": r"\.(?:py|pyi|js|jsx|ts|tsx|mjs|cjs|java|go|rb|php|cs|c|h|cc|cpp|hpp|kt|kts|scala|swift|rs|m|mm|ex"
    r"|exs|erl|lua|pl|pm|groovy|dart|r|jl|clj|hs|vue|svelte|vb|fs|ipynb)$",
    "f_script": r"\.(?:sh|bash|zsh|fish|ps1|psm1|bat|cmd|mk|sql)$|(?:^|/)(?:Dockerfile|Makefile)[^/]*$",
    "f_config": r"\.(?:ya?ml|toml|ini|cfg|conf|config|properties|env|tf|tfvars|hcl|rsp|plist|j2|cnf|rc|htaccess)$"
    r"|(?:^|/)\.env[^/]*$|(?:^|/)\.[a-z]+rc$",
    "f_yaml": r"\.ya?ml$",
    "f_env": r"\.(?:env|properties|ini|cnf|rsp|tfvars)$|(?:^|/)\.env",
    "f_json": r"\.(?:json|jsonl|har|ipynb|snap)$",
    "f_markup": r"\.(?:xml|html?|xhtml|xaml|pug|svg|jsp|erb|ejs|hbs|vue|css|scss)$",
    "f_docs": r"\.(?:md|mdx|rst|txt|adoc|asciidoc|tex|textile|cast|log)$|(?:^|/)(?:README|CHANGELOG)",
    "f_python": r"\.pyi?$",
    "f_javascript": r"\.(?:[mc]?[jt]sx?|vue)$",
    "f_typed": r"\.(?:java|cs|go|kt|scala|c|cpp|h|rs|swift|groovy)$",
    "f_test": r"(?i)(?:^|[/_.-])(?:tests?|specs?|mocks?|fixtures?|testdata|__tests__|stubs?|replay\w*|cassettes?)(?:[/_.-]|$)|Tests?\.\w+$",
    "f_example": r"(?i)example|sample|demo|template|tutorial|quickstart|\.dist$|\.tpl$",
    "f_locale": r"(?i)(?:^|/)(?:locales?|i18n|l10n|lang(?:uages?)?|translations?|messages|nls)(?:[/_.]|$)|\.(?:po|pot|arb|strings|resx)$|[/_][a-z]{2}[_-][A-Z]{2}\.\w+$",
    "f_lock": r"(?i)(?:^|/)(?:[\w-]*lock\.(?:json|yaml|toml)|[\w.-]+\.lock|go\.sum|npm-shrinkwrap\.json|RECORD|.*integrity.*)$",
    "f_built": r"(?i)\.min\.\w+$|\.bundle\.|\.map$|(?:^|/)(?:dist|build|vendor|node_modules|third_?party|bower_components|generated|umd|esm|cjs|lib|site-packages)/|_pb2\.py$|\.g\.\w+$",
    "f_docs_folder": r"(?i)(?:^|/)(?:docs?|documentation|wiki|guides?)/",
    "f_none": r"(?:^|/)[^./]+$",
}
_FILE_KINDS: Final = {name: re.compile(text) for name, text in _ROLES.items()}


def line_facts(separator: str, before: str, after: str, previous: str) -> Facts:
    """The evidence in the line around a value and the line before it."""
    facts = {k: float(bool(found.search(separator))) for k, found in _SEPARATOR_KINDS.items()}
    facts |= {k: float(bool(found.search(before))) for k, found in _BEFORE_KINDS.items()}
    return facts | {
        "l_user_near": float(bool(_USER.search(previous) or _USER.search(after))),
        "l_host_near": float(bool(_HOST.search(previous) or _HOST.search(after))),
        "l_long": float(len(before) + len(after) > 300),
        "l_indent": min(len(before) - len(before.lstrip()), 24),
        "l_goes_on": float(bool(_CALL.match(after))),
        "l_joined": float(bool(_JOIN.match(after))),
        "l_ends": float(not after.strip("\"'`,;)}] \r\\")),
        "l_same_above": float(_shape(before) == _shape(previous[: len(before)]) != ""),
        "s_length": len(separator),
    }


def _shape(text: str) -> str:
    return re.sub(r"\w+", "w", text.strip())


FOLDER_FACTS: Final = frozenset(
    ("f_docs", "f_test", "f_example", "f_locale", "f_lock", "f_built", "f_docs_folder")
)
"""Those that any folder may bring about, whatever the file in it is called."""

_ENDINGS: Final = (
    " .x .py .pyi .java .go .groovy .js .mjs .ts .vue .sh .sql .mk .yaml .yml .toml .ini .cfg .env"
    " .properties .tfvars .plist .htaccess .rc .json .ipynb .snap .xml .html .jsp .erb .scss"
).split(" ")


def names_of_files() -> Iterator[str]:
    """One path for each way in which the facts of a file's own name can go together."""
    for folder in ("", ".env/"):
        for beginning in ("a", ".env", ".arc", "Dockerfile", "Makefile"):
            for ending in _ENDINGS:
                yield f"{folder}{beginning}{ending}"


@lru_cache(1024)
def file_facts(path: str) -> Facts:
    """The evidence in a path."""
    return {name: float(bool(pattern.search(path))) for name, pattern in _FILE_KINDS.items()}
