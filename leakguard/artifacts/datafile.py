"""Files whose being there is the leak of data: dumps, mail stores, exports of chats and passwords.

Each is known by how it begins; what stands at the front of the formats is cited at its row.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from leakguard.artifacts.content import Buffer
from leakguard.artifacts.model import Build
from leakguard.artifacts.tree import Tree


class _Form(NamedTuple):
    """A kind of file: how it begins, and what is in it."""

    kind: str
    begins: "re.Pattern[bytes]"
    why: str
    rows: bytes = b""
    """Without it in the file there is no data in it, only its structure."""


_SQL = "a dump of a database, with all that its tables hold"
_PASSWORDS = "an export of a password store, in clear text"
_CHAT = "an export of conversations"
_SQL_ROWS = rb"(?:INSERT INTO|\nCOPY )"

_FORMS: Sequence[_Form] = (
    # mysqldump and mariadb-dump.
    _Form("mysql dump", re.compile(rb"(?:/\*M!999999[^\n]*\n)?-- (?:MySQL|MariaDB) dump "), _SQL,
          rb"INSERT INTO"),
    # pg_dump, plain and custom format.
    _Form("postgres dump", re.compile(rb"--\n-- PostgreSQL database (?:cluster )?dump"), _SQL,
          _SQL_ROWS),
    _Form("postgres dump", re.compile(rb"PGDMP[\x01-\x02]"), _SQL),
    # `.dump` of the sqlite3 shell.
    _Form("sqlite dump", re.compile(rb"PRAGMA foreign_keys=OFF;\r?\nBEGIN TRANSACTION;"), _SQL,
          rb"INSERT INTO"),
    # RDB of Redis; archive of mongodump; Microsoft Tape Format, which SQL Server's backups have.
    _Form("redis dump", re.compile(rb"REDIS\d{4}[\xf0-\xff\0-\x0f]"), _SQL),
    _Form("mongodb dump", re.compile(rb"\x6d\xe2\x99\x81"), _SQL),
    _Form("sql server backup", re.compile(rb"TAPE\0\0.\0.\0", re.DOTALL), _SQL),
    # [MS-PST]; RFC 4155, but no patches of git, which begin as mail does.
    _Form("outlook store", re.compile(rb"!BDN.{4}SM", re.DOTALL), "a store of mail"),
    _Form("mail store", re.compile(
        rb"From (?![0-9a-f]{40} )\S+ [A-Z][a-z]{2} [A-Z][a-z]{2} [^\n]{10,30}\n(?:[^\n]+\n)*?"
        rb"(?:Received|Delivered-To|X-Gmail-Labels|X-GM-THRID):"), "a store of mail",
        rb"\n\nFrom "),
    # HTTP Archive 1.2: requests with cookies and headers.
    _Form("har", re.compile(rb'\{\s*"log"\s*:\s*\{\s*"(?:version|creator|pages)"'),
          "recorded requests, with cookies and answers"),
    # What people take out of chats.
    _Form("discord export", re.compile(rb'\{\s*"guild"\s*:\s*\{\s*"id"\s*:'), _CHAT),
    _Form("telegram export", re.compile(
        rb'\{\s*"(?:about"\s*:\s*"Here is the data you requested|name"\s*:\s*"[^"]*",\s*"type"\s*:'
        rb'\s*"(?:personal|private|public|saved)_)'), _CHAT),
    _Form("whatsapp export", re.compile(
        rb"(?:\xef\xbb\xbf)?(?:\xe2\x80\x8e)?\[?\d{1,2}[./]\d{1,2}[./]\d{2,4},? [^\n]{5,80}"
        rb"(?:end-to-end|Ende-zu-Ende)"), _CHAT),
    # Password stores in clear text: Chrome, Firefox, LastPass, Bitwarden, KeePass 1 and 2.
    _Form("password export", re.compile(
        rb'name,url,username,password|"url","username","password"|url,username,password,totp'
        rb"|folder,favorite,type,name,notes,fields,|"
        rb'"Account","Login Name","Password","Web Site"'), _PASSWORDS),
    _Form("password export", re.compile(rb'\{\s*"encrypted"\s*:\s*false\s*,\s*"folders"'),
          _PASSWORDS),
    _Form("password export", re.compile(rb"<\?xml[^>]*\?>\s*<KeePassFile>"), _PASSWORDS),
    # ISO/IEC 19794-2, -4, -5 and -6: fingers, faces, irises.
    _Form("biometric template", re.compile(rb"(?:FMR|FIR|FAC|IIR)\0(?: 20|0[1-3]0)\0"),
          "a person's finger, face or iris"),
)  # fmt: skip

SLACK = "slack export"
ONEPASSWORD = "password export"
_WHY_SLACK = "an export of a workspace's conversations"
KINDS = frozenset((*(form.kind for form in _FORMS), SLACK))
"""Names of kinds."""


def is_known(head: bytes) -> bool:
    """Whether a file begins as one of them does."""
    return _form(head) is not None


def describe(data: Buffer) -> Build | None:
    """What a file is; None for a dump that holds no rows."""
    form = _form(bytes(data[:4096]))
    if form is None or (form.rows and not re.search(form.rows, data)):
        return None
    return Build(kind=form.kind, internal=form.why, app=False)


def describe_tree(tree: Tree) -> list[Build]:
    """Exports that are archives: Slack's (users, channels, a file a day), 1Password's."""
    names = {name.rpartition("/")[2] for name in tree.names}
    if {"users.json", "channels.json"} <= names and any(map(_DAY.fullmatch, names)):
        return [Build(kind=SLACK, internal=_WHY_SLACK, app=False)]
    if {"export.data", "export.attributes"} <= names:
        return [Build(kind=ONEPASSWORD, internal=_PASSWORDS, app=False)]
    return []


_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")


def _form(head: bytes) -> _Form | None:
    return next((form for form in _FORMS if form.begins.match(head)), None)
