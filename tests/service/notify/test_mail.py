"""E-mail: texts, headers that nobody breaks out of, servers that refuse."""

import base64
import email.policy
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from leakguard_service.errors import Hopeless, Invalid, Later
from leakguard_service.notify import mail, outbox
from leakguard_service.notify.model import Fact
from leakguard_service.notify.text import line
from leakguard_service.nouns import Change
from leakguard_service.settings import Settings
from tests.service.forges.receivers import MailServer
from tests.service.notify.world import HOSTILE_MESSAGE, MESSAGE, World

Golden = Callable[[str, str], None]


def with_url(url: str) -> Settings:
    return Settings(smtp_url=SecretStr(url), _env_file=None)


def test_a_leak(golden: Golden) -> None:
    composed = mail.compose(MESSAGE, "leakguard@corp.example", ["ana@corp.example"])
    headers = "".join(f"{name}: {value}\n" for name, value in composed.items())
    kept = [one for one in headers.splitlines() if "boundary" not in one]
    golden("leak.mail.txt", "\n".join(kept) + "\n\n" + mail.as_text(MESSAGE))
    golden("leak.mail.html", mail.as_html(MESSAGE))


def test_hostile_names(golden: Golden) -> None:
    golden("hostile.mail.html", mail.as_html(HOSTILE_MESSAGE))


@given(st.text(max_size=300), st.text(max_size=300))
def test_nothing_breaks_out(title: str, value: str) -> None:
    facts = (Fact("Place", line(value), code=True), Fact("Author", line(value)))
    message = replace(MESSAGE, title=line(title), facts=facts, advice=line(value))
    raw = mail.compose(message, "leakguard@corp.example", ["ana@corp.example"]).as_bytes()
    read = BytesParser(policy=email.policy.default).parsebytes(raw)
    plain = mail.compose(MESSAGE, "leakguard@corp.example", ["ana@corp.example"])
    assert [name.lower() for name in read.keys()] == [  # noqa: SIM118 - not a dict
        name.lower()
        for name in plain.keys()  # noqa: SIM118
    ]
    assert "\n" not in read["subject"]
    harmless = replace(message, title="x", facts=(Fact("x", "x", code=True), Fact("x", "x")))
    assert mail.as_html(message).count("<") == mail.as_html(harmless).count("<")


def test_one_mail_to_all_addresses(mailing: World, mail_server: MailServer) -> None:
    mailing.channel("email", {"to": ["ana@corp.example", "sec@corp.example"]})
    (told,) = mailing.announce(mailing.finding())
    assert outbox.deliver(mailing.service, told) == "sent"
    (got,) = mail_server.mails
    assert got.sender == "leakguard@corp.example"
    assert got.recipients == ("ana@corp.example", "sec@corp.example")
    assert got.message["auto-submitted"] == "auto-generated"
    assert got.message["message-id"].endswith("@corp.example>")
    body = got.message.get_body(("plain",))
    assert body is not None
    assert f"https://leaks.corp.example/findings/{mailing.row(told).finding_id}" in str(
        body.get_content()
    )


def test_mails_of_a_finding_are_one_conversation(mailing: World, mail_server: MailServer) -> None:
    mailing.channel("email", {"to": ["ana@corp.example"]}, {"changes": ["created", "resolved"]})
    finding = mailing.finding()
    mailing.announce(finding)

    mailing.announce(finding, Change.RESOLVED)
    mailing.deliver()
    first, second = (got.message for got in mail_server.mails)
    assert first["references"] == second["references"]
    assert first["message-id"] != second["message-id"]


def test_the_committer(mailing: World, mail_server: MailServer) -> None:
    mailing.settle(committer_domains=["Corp.Example"])
    (told,) = mailing.announce(mailing.finding())
    assert outbox.deliver(mailing.service, told) == "sent"
    assert mail_server.mails[0].recipients == ("ana@corp.example",)

    (second,) = mailing.announce(mailing.finding(2))
    mailing.settle(committer_domains=[])
    with pytest.raises(Hopeless, match="nobody who may be written to"):
        outbox.deliver(mailing.service, second)
    assert len(mail_server.mails) == 1


def test_one_address_that_is_refused_is_said(mailing: World, mail_server: MailServer) -> None:
    mail_server.refuse["old@corp.example"] = "550 nobody"
    channel = mailing.channel("email", {"to": ["ana@corp.example", "old@corp.example"]})
    (told,) = mailing.announce(mailing.finding())
    assert outbox.deliver(mailing.service, told) == "sent"
    assert "refused 1 of 2 addresses" in mailing.row(told).error
    assert "refused 1 of 2 addresses" in mailing.channel_row(channel).error


@pytest.mark.parametrize(("answer", "raised"), [("550 no", Hopeless), ("451 later", Later)])
def test_all_addresses_refused(
    mailing: World, mail_server: MailServer, answer: str, raised: type[Exception]
) -> None:
    mail_server.refuse["ana@corp.example"] = answer
    mailing.channel("email", {"to": ["ana@corp.example"]})
    (told,) = mailing.announce(mailing.finding())
    with pytest.raises(raised, match=answer[:3]):
        outbox.deliver(mailing.service, told)


def test_a_server_that_is_not_there(mailing: World, mail_server: MailServer) -> None:
    mail_server.close()
    mailing.channel("email", {"to": ["ana@corp.example"]})
    (told,) = mailing.announce(mailing.finding())
    with pytest.raises(Later, match="does not answer"):
        outbox.deliver(mailing.service, told)


def test_a_password_is_not_sent_in_clear(mail_server: MailServer) -> None:
    url = mail_server.url.replace("//", "//ana%40corp.example:words@")
    with pytest.raises(Hopeless, match="not sent in clear"):
        mail.check(with_url(url))
    assert mail_server.login == ""


def test_no_metadata_service_is_asked() -> None:
    with pytest.raises(Hopeless, match="must not be asked"):
        mail.check(with_url("smtp://169.254.169.254:25"))


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "set LEAKGUARD_SMTP_URL"),
        ("http://x", "begins with smtp://"),
        ("smtp://", "begins with smtp://"),
        ("smtp://x:999999", "no URL"),
        ("smtp://x?from=a%0d%0aBcc:b@c", "no e-mail address"),
    ],
)
def test_servers_that_cannot_be_used(url: str, text: str) -> None:
    with pytest.raises(Hopeless, match=text):
        mail.server(with_url(url))


def test_what_a_url_means() -> None:
    server = mail.server(with_url("smtps://ana%40corp.example:pass%2Fword@mail.corp.example"))
    assert (server.host, server.port, server.tls) == ("mail.corp.example", 465, True)
    assert (server.user, server.password) == ("ana@corp.example", "pass/word")
    assert server.sender == "ana@corp.example"
    assert "pass/word" not in repr(server)
    assert mail.server(with_url("smtp://mail.corp.example")).sender == "leakguard@mail.corp.example"


@pytest.mark.parametrize(
    "address", ["", "ana", "ana@", "@b", "a@b\nBcc: c@d", "a@b, c@d", "Ana <a@b>", "a b@c", "é@b.c"]
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(Invalid) as wrong:
        mail.check_addresses([address])
    assert wrong.value.field == "to"


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for localhost that this process trusts; what a server shows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown, kept = tmp_path / "shown.pem", tmp_path / "kept.pem"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kept.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, kept)
    return context


def test_a_password_goes_over_tls(mail_server: MailServer, trusted: ssl.SSLContext) -> None:
    inner = mail_server._server
    inner.socket = trusted.wrap_socket(inner.socket, server_side=True)
    mail.check(with_url(f"smtps://ana:words@localhost:{mail_server.port}"))
    assert base64.b64decode(mail_server.login) == b"\0ana\0words"


def test_a_certificate_of_another_host(mail_server: MailServer, trusted: ssl.SSLContext) -> None:
    inner = mail_server._server
    inner.socket = trusted.wrap_socket(inner.socket, server_side=True)
    with pytest.raises(Hopeless, match="certificate"):
        mail.check(with_url(f"smtps://ana:words@127.0.0.1:{mail_server.port}"))
    assert mail_server.login == ""
