"""How programs in each language and settings files read a value from their environment.

One row a language, by the file's name: see `LANGUAGES`.
"""

import ast
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

PYTHON_IMPORT: Final = "import os"
"""What `with_import` writes into a file itself."""

SLASHES: Final = (b"//", b"*", b"/*")
HASH: Final = (b"#",)


@dataclass(frozen=True, slots=True)
class Language:
    """How a name of the environment is written in a language. `{name}` stands for the name."""

    files: tuple[str, ...]
    """Globs of paths in lower case; the first row that matches counts."""
    whole: str = ""
    """In place of a whole string literal, its quotes included; empty where there is none."""
    plus: str = ""
    """What joins two strings; empty where a part of a literal cannot be replaced."""
    inline: str = ""
    """Inside of a text that the program or its shell expands."""
    expands: str = ""
    """Quotes in which `inline` is expanded; a space stands for no quotes at all."""
    quotes: str = "\"'"
    prefixes: str = ""
    """Letters that may stand before a literal: `b"..."`."""
    comments: tuple[bytes, ...] = HASH
    """What a line of comment begins with: nothing is expanded there."""
    needs: str = ""
    """What has to be in the file besides, for a sentence."""


LANGUAGES: Final[Sequence[Language]] = (
    Language(
        ("*.py", "*.pyi", "*.pyw"),
        'os.environ["{name}"]',
        plus=" + ",
        prefixes="rRuU",
        needs=PYTHON_IMPORT,
    ),
    Language(
        ("*.js", "*.jsx", "*.mjs", "*.cjs", "*.ts", "*.tsx", "*.vue", "*.svelte"),
        "process.env.{name}",
        plus=" + ",
        inline="${{process.env.{name}}}",
        expands="`",
        quotes="\"'`",
        comments=SLASHES,
    ),
    Language(
        ("*.go",),
        'os.Getenv("{name}")',
        plus=" + ",
        quotes='"`',
        comments=SLASHES,
        needs='import "os"',
    ),
    Language(
        ("*.java", "*.kt", "*.kts", "*.scala", "*.groovy", "*.gradle"),
        'System.getenv("{name}")',
        plus=" + ",
        quotes='"',
        comments=SLASHES,
    ),
    Language(
        ("*.cs",),
        'Environment.GetEnvironmentVariable("{name}")',
        plus=" + ",
        quotes='"',
        comments=SLASHES,
        needs="using System;",
    ),
    Language(
        ("*.rb", "*.rake", "rakefile", "gemfile", "*/rakefile", "*/gemfile"),
        'ENV.fetch("{name}")',
        plus=" + ",
    ),
    Language(("*.php",), 'getenv("{name}")', plus=" . ", comments=(*SLASHES, b"#")),
    Language(("*.pl", "*.pm"), "$ENV{{{name}}}", plus=" . "),
    Language(
        ("*.rs",),
        '&std::env::var("{name}").expect("{name} is not set")',
        quotes='"',
        comments=SLASHES,
    ),
    Language(
        ("*.swift",),
        'ProcessInfo.processInfo.environment["{name}"]!',
        plus=" + ",
        quotes='"',
        comments=SLASHES,
        needs="import Foundation",
    ),
    Language(
        ("*.dart",),
        'Platform.environment["{name}"]!',
        plus=" + ",
        comments=SLASHES,
        needs="import 'dart:io';",
    ),
    Language(("*.lua",), 'os.getenv("{name}")', plus=" .. ", comments=(b"--",)),
    Language(("*.ex", "*.exs"), 'System.fetch_env!("{name}")', plus=" <> ", quotes='"'),
    Language(("*.r",), 'Sys.getenv("{name}")'),
    Language(
        ("*.c", "*.h", "*.cc", "*.cpp", "*.cxx", "*.hpp", "*.m", "*.mm"),
        'getenv("{name}")',
        quotes='"',
        comments=SLASHES,
        needs="#include <stdlib.h>",
    ),
    Language(
        ("*.tf",),
        "var.{lower}",
        inline="${{var.{lower}}}",
        expands='"',
        quotes='"',
        comments=(*SLASHES, b"#"),
        needs='variable "{lower}" {{ sensitive = true }}, which TF_VAR_{lower} sets',
    ),
    Language(
        ("*.ps1", "*.psm1"), "$env:{name}", plus=" + ", inline="$($env:{name})", expands='"'
    ),
    Language(
        (
            "*.sh", "*.bash", "*.zsh", "*.ksh", ".bashrc", "*/.bashrc", ".zshrc", "*/.zshrc",
            ".profile", "*/.profile", ".envrc", "*/.envrc", "dockerfile", "*/dockerfile",
            "dockerfile.*", "*/dockerfile.*", "*.dockerfile",
        ),
        inline="${{{name}}}",
        expands='" ',
    ),
    Language(
        (".github/workflows/*", "*/.github/workflows/*"),
        inline="${{{{ secrets.{name} }}}}",
        expands="\"' ",
        needs="the secret {name} in the settings of the repository",
    ),
    Language((".gitlab-ci.yml", "*/.gitlab-ci.yml"), inline="${name}", expands="\"' "),
    Language(
        ("docker-compose*.y*ml", "*/docker-compose*.y*ml", "compose*.y*ml", "*/compose*.y*ml"),
        inline="${{{name}}}",
        expands="\"' ",
    ),
    Language(
        ("*.properties", "application*.y*ml", "*/application*.y*ml", ".npmrc", "*/.npmrc"),
        inline="${{{name}}}",
        expands="\"' ",
    ),
    Language(("makefile", "*/makefile", "*.mk"), inline="$({name})", expands="\"' "),
)  # fmt: skip
"""Languages and settings whose programs expand a name by themselves. All others get a placeholder:
a JSON or a .env file has no way to say where a value is."""

PLACEHOLDER: Final = "REDACTED_{name}"

NONE: Final = Language((), comments=(*HASH, *SLASHES, b"--", b";"))
"""A file in which nothing is expanded."""


def language_of(path: str) -> Language:
    """The row for a path; `NONE` when there is none."""
    name = path.replace("\\", "/").lower().removeprefix("./")
    return next(
        (row for row in LANGUAGES if any(fnmatchcase(name, glob) for glob in row.files)), NONE
    )


def written(template: str, name: str) -> bytes:
    """A name of the environment, as a template of a row has it."""
    return template.format(name=name, lower=name.lower()).encode()


def with_import(data: bytes) -> bytes:
    """Python with `import os` before its first statement; as it is when it has one or is broken."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes that Python does not know
            body = ast.parse(data).body
    except (SyntaxError, ValueError):
        return data
    if any(_binds_os(node) for node in body):
        return data
    rest = [node for node in body if not _comes_first(node)]
    line = rest[0].lineno if rest else 1
    if rest and isinstance(rest[0], ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        line = min((item.lineno for item in rest[0].decorator_list), default=line)
    lines = data.splitlines(keepends=True)
    ending = b"\r\n" if b"\r\n" in data else b"\n"
    return b"".join((*lines[: line - 1], PYTHON_IMPORT.encode(), ending, *lines[line - 1 :]))


def _comes_first(node: ast.stmt) -> bool:
    """A docstring, or `from __future__ import ...`."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _binds_os(node: ast.stmt) -> bool:
    """Whether `os` is a name behind this statement: `import os`, `import re, os.path`."""
    names = node.names if isinstance(node, ast.Import) else []
    return any(name.name.partition(".")[0] == "os" and not name.asname for name in names)
