"""Where notifications go in tests: any web hook, and a mail server."""

import email.policy
import socketserver
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from tests.service.forges.server import Answer, Call, Server


class Receiver(Server):
    """Records what is posted (`posts`), and answers 200 `ok` (as Slack does), or what `on` says."""

    def __init__(self) -> None:
        self._answers: list[tuple[str, Answer]] = []
        super().__init__()

    @property
    def posts(self) -> list[Call]:
        return [call for call in self.calls if call.method in ("POST", "PUT", "PATCH")]

    def on(
        self, start: str, status: int = 200, body: Any = None, headers: Mapping[str, str] = {}
    ) -> None:
        """Answers requests whose path begins so; the newest rule that fits counts."""
        self._answers.insert(0, (start, Answer(status, body, headers)))

    def answer(self, call: Call) -> Answer:
        for start, answer in self._answers:
            if call.path.startswith(start):
                return answer
        return Answer(200, b"ok", {"Content-Type": "text/plain"})


@dataclass(frozen=True)
class Mail:
    """One message as it was handed over."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    raw: bytes


class MailServer:
    """Takes mail over SMTP (RFC 5321), plain, on 127.0.0.1. `refuse` maps recipients to answers.

    `login` holds what AUTH PLAIN gave, when somebody authenticated.
    """

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refuse: dict[str, str] = {}
        self.login = ""
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _Talk(outer, self).run()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> "MailServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Talk:
    def __init__(self, server: MailServer, handler: socketserver.StreamRequestHandler) -> None:
        self.server, self.handler = server, handler
        self.sender, self.recipients = "", list[str]()

    def run(self) -> None:
        self.say("220 fake ESMTP")
        while line := self.handler.rfile.readline():
            text = line.decode(errors="replace").strip()
            if text.upper().startswith("QUIT"):
                self.say("221 bye")
                return
            self.command(text)

    def say(self, text: str) -> None:
        self.handler.wfile.write(text.encode() + b"\r\n")

    def command(self, text: str) -> None:
        verb = text[:4].upper()
        if verb == "EHLO":
            self.say("250-fake\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN")
        elif verb == "AUTH":
            self.server.login = text.split()[-1]
            self.say("235 fine")
        elif verb == "MAIL":
            self.sender, self.recipients = _address(text), []
            self.say("250 fine")
        elif verb == "RCPT":
            self.recipient(_address(text))
        elif verb == "DATA":
            self.data()
        else:
            self.say("250 fine" if verb in ("HELO", "RSET", "NOOP") else "502 what?")

    def recipient(self, address: str) -> None:
        if address in self.server.refuse:
            self.say(self.server.refuse[address])
            return
        self.recipients.append(address)
        self.say("250 fine")

    def data(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.handler.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        raw = b"".join(lines)
        parsed = BytesParser(policy=email.policy.default).parsebytes(raw)
        assert isinstance(parsed, EmailMessage)
        self.server.mails.append(Mail(self.sender, tuple(self.recipients), parsed, raw))
        self.say("250 taken")


def _address(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]
