"""A small identity provider: discovery, keys, and codes for tokens, with RS256; and its lies."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "leakguard-web", "words-of-the-client"


@dataclass
class Provider:
    """What the provider says, to be changed by tests."""

    issuer: str
    claims: dict[str, Any] = field(default_factory=dict)
    """Added to the id token, or in place of what is right."""
    foreign_key: bool = False
    """Whether the token is signed by a key that the provider does not publish."""
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """What each code was asked for with."""
    exchanged: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def agree(self, where: str) -> str:
        """What the browser is sent back with, after somebody agreed at this address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def token(self, asked: dict[str, str]) -> str:
        """The id token."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "subject-1", "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "email": "mara@corp.example", "email_verified": True,
            "name": "Mara",
        } | self.claims  # fmt: skip
        if self.algorithm != "RS256":
            return jwt.encode(claims, SECRET * 2, self.algorithm, {"kid": "one"})
        key = self.other if self.foreign_key else self.key
        return jwt.encode(claims, key, "RS256", {"kid": "one"})

    def document(self, path: str) -> dict[str, Any] | None:
        """What is published at a path."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        if path == "/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return {"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]}
        return None

    def exchange(self, given: dict[str, str]) -> dict[str, Any] | None:
        """Tokens for a code, once, for who has the verifier and the secret."""
        self.exchanged.append(given)
        asked = self.codes.pop(given.get("code", ""), None)
        if asked is None or given.get("client_secret") != SECRET:
            return None
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or given["redirect_uri"] != asked["redirect_uri"]:
            return None
        return {"access_token": "words", "token_type": "Bearer", "id_token": self.token(asked)}


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that listens on 127.0.0.1."""
    provider = Provider("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(provider.document(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(provider.exchange(given))

        def _say(self, document: dict[str, Any] | None) -> None:
            body = json.dumps(document or {"error": "invalid_grant"}).encode()
            self.send_response(200 if document else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
