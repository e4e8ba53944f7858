"""E-mail: plain text and simple HTML, handed to the server of LEAKGUARD_SMTP_URL (RFC 5321).

smtplib rather than an asynchronous library: messages are sent by jobs, and those run in threads.
The server may have a private address whatever the settings say: no tenant names it, and relays are
within a company's network. Addresses that are never asked are not asked here either.
"""

import html
import re
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from leakguard_service.errors import Hopeless, Invalid, Later
from leakguard_service.forges import address as guard
from leakguard_service.notify.model import Fact, Message, Post, Sent
from leakguard_service.notify.text import line
from leakguard_service.settings import Settings

_SECONDS: Final = 10.0
"""For each answer of the server: all of them together stay below limits.NOTIFY_SENDING_SECONDS."""


_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
"""A dot-atom and a host (RFC 5321): neither quotes, nor comments, nor lists."""


@dataclass(frozen=True, slots=True)
class Server:
    """What LEAKGUARD_SMTP_URL says."""

    host: str
    port: int
    tls: bool
    """From the first byte on; else STARTTLS when the server offers it."""
    user: str
    password: str = field(repr=False)
    sender: str


def server(settings: Settings) -> Server:
    """The mail server. Raises Hopeless when there is none, or its URL cannot be read."""
    given = settings.smtp_url.get_secret_value()
    if not given:
        raise Hopeless("there is no mail server: set LEAKGUARD_SMTP_URL")
    try:
        url = urlsplit(given)
        port = url.port or (465 if url.scheme == "smtps" else 587)
    except ValueError:
        raise Hopeless("LEAKGUARD_SMTP_URL is no URL") from None
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise Hopeless("LEAKGUARD_SMTP_URL begins with smtp:// or smtps:// and names a host")
    user = unquote(url.username or "")
    named = parse_qs(url.query).get("from", [user if "@" in user else f"leakguard@{url.hostname}"])
    sender = address(named[0], "LEAKGUARD_SMTP_URL's from")
    return Server(
        url.hostname, port, url.scheme == "smtps", user, unquote(url.password or ""), sender
    )


def address(text: str, name: str) -> str:
    """An e-mail address of the usual form, safe in a header. Raises Hopeless."""
    if not _ADDRESS.fullmatch(text.strip()):
        raise Hopeless(f"{name} is no e-mail address")
    return text.strip()


def domain(text: str) -> str:
    """The domain of an address in lower case; empty when it is no address."""
    return text.rpartition("@")[2].lower() if _ADDRESS.fullmatch(text) else ""


def send(post: Post) -> Sent:
    """Sends one mail to all addresses of the channel. Raises Later and Hopeless."""
    chosen = server(post.service.settings)
    recipients = post.recipients or tuple(post.config["to"])
    refused = hand_over(chosen, compose(post.message, chosen.sender, recipients))
    if not refused:
        return Sent()
    return Sent(trouble=f"the mail server refused {len(refused)} of {len(recipients)} addresses")


def check(settings: Settings) -> None:
    """Says hello to the mail server and signs in, but sends nothing. Raises Later, Hopeless."""
    hand_over(server(settings), None)


def compose(message: Message, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """The mail: text and HTML. Mails of one finding are one conversation.

    Headers: RFC 5322; Auto-Submitted: RFC 3834; List-Id: RFC 2919.
    """
    mail = EmailMessage(policy=SMTP)
    host = domain(sender)
    mail["From"] = Address("leakguard", addr_spec=sender)
    mail["To"] = [Address(addr_spec=one) for one in recipients]
    mail["Subject"] = line(f"[leakguard] {message.title}", 200)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.id}@{host}>"
    if message.thread:
        mail["References"] = f"<{message.thread}@{host}>"
    mail["List-Id"] = f"leakguard <leakguard.{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(as_text(message))
    mail.add_alternative(as_html(message), subtype="html")
    return mail


def as_text(message: Message) -> str:
    """The mail's plain part."""
    wide = max((len(fact.label) for fact in message.facts), default=0) + 1
    parts = [message.title, ""]
    parts += [f"{fact.label + ':':<{wide}} {fact.value}" for fact in message.facts]
    if message.advice:
        parts += ["", f"What to do: {message.advice}"]
    if message.link:
        parts += ["", message.link]
    return "\n".join([*parts, "", "-- ", "Sent by leakguard. The secret itself is never sent.", ""])


def as_html(message: Message) -> str:
    """The mail's HTML part: no pictures, no styles from elsewhere, no scripts."""
    parts = ["<!doctype html>", '<html lang="en"><body style="font-family: sans-serif">']
    parts.append(f"<h2>{html.escape(message.title)}</h2>")
    if message.facts:
        parts += ["<table>", *(_row(fact) for fact in message.facts), "</table>"]
    if message.advice:
        parts.append(f"<p><b>What to do:</b> {html.escape(message.advice)}</p>")
    if message.link:
        parts.append(f'<p><a href="{html.escape(message.link)}">Open it in leakguard</a></p>')
    parts.append("<p><small>Sent by leakguard. The secret itself is never sent.</small></p>")
    return "\n".join([*parts, "</body></html>", ""])


def _row(fact: Fact) -> str:
    value = html.escape(fact.value)
    shown = f"<code>{value}</code>" if fact.code else value
    cell = '<th align="left" valign="top" style="padding-right: 1em">'
    return f"<tr>{cell}{html.escape(fact.label)}</th><td>{shown}</td></tr>"


def hand_over(chosen: Server, mail: EmailMessage | None) -> dict[str, tuple[int, bytes]]:
    """Gives a mail to the server; returns the addresses it refused, with its answers.

    Raises Later and Hopeless; their texts name the host and the number of the answer only.
    """
    try:
        with _Client(chosen) as client:
            _greet(client, chosen)
            return client.send_message(mail) if mail is not None else {}
    except Invalid as error:
        raise Hopeless(f"the mail server's address: {error}") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(chosen, min(code for code, _ in error.recipients.values())) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(chosen, error.smtp_code) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Hopeless(f"the mail server {chosen.host} cannot do what is needed") from error
    except ssl.SSLCertVerificationError as error:
        raise Hopeless(f"the certificate of the mail server {chosen.host} is not valid") from error
    except (smtplib.SMTPException, OSError) as error:
        raise Later(f"the mail server {chosen.host} does not answer", 60) from error


def _greet(client: smtplib.SMTP, chosen: Server) -> None:
    client.ehlo()
    if not chosen.tls and client.has_extn("starttls"):
        client.starttls(context=ssl.create_default_context())
        client.ehlo()
    if chosen.user:
        if not isinstance(client.sock, ssl.SSLSocket):
            raise Hopeless(
                f"the mail server {chosen.host} offers no TLS: the password is not sent in clear"
            )
        client.login(chosen.user, chosen.password)


def _refused(chosen: Server, code: int) -> Later | Hopeless:
    text = f"the mail server {chosen.host} refused the message: {code}"
    return Later(text, 60) if 400 <= code < 500 else Hopeless(text)  # RFC 5321, 4.2.1


class _Client(smtplib.SMTP):
    """Connects to addresses that were checked, whatever the name says a moment later.

    `_get_socket` is what smtplib's own SMTP_SSL replaces as well.
    """

    def __init__(self, chosen: Server) -> None:
        self._chosen = chosen
        super().__init__(chosen.host, chosen.port, timeout=_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found = guard.addresses(host, port, private=True, resolve=guard.resolved)
        plain = _connected(found, port, timeout)
        if not self._chosen.tls:
            return plain
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _connected(found: Sequence[str], port: int, timeout: float) -> socket.socket:
    """To the first of at most three addresses that answers."""
    last = OSError("no address")
    for one in found[:3]:
        try:
            return socket.create_connection((one, port), timeout)
        except OSError as error:
            last = error
    raise last


def check_addresses(values: Sequence[str]) -> None:
    """Raises Invalid when one of them is no address."""
    for value in values:
        try:
            address(value, f"“{line(value, 60)}”")
        except Hopeless as error:
            raise Invalid(str(error), "to") from error
