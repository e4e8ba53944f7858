"""The guarded client: what answers mean, and where it does not go."""

import logging
import socket
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from email.utils import formatdate
from pathlib import Path

import pytest

from leakguard_service import limits
from leakguard_service.errors import Hopeless, JobError, Later
from leakguard_service.forges.http import Client, Refused
from leakguard_service.settings import Settings
from tests.service.fakeforge import Receiver
from tests.tokens import slack_bot


def settings(**given: object) -> Settings:
    return Settings(data_dir=Path("unused"), _env_file=None, **given)  # type: ignore[arg-type]


PRIVATE = settings(allow_private_addresses=True)


@pytest.fixture
def there() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def client() -> Client:
    return Client(PRIVATE)


def test_an_answer(there: Receiver, client: Client) -> None:
    there.on("/things", 201, {"id": 7})
    answer = client.request(
        "POST", there.url + "/things?a=b", json={"one": "ö"}, headers={"X-Words": "yes"}
    )
    assert (answer.status, answer.json()) == (201, {"id": 7})
    (call,) = there.posts
    assert (call.json, call.query, call.headers["x-words"]) == ({"one": "ö"}, {"a": "b"}, "yes")
    assert call.headers["content-type"] == "application/json"
    assert answer.headers["CONTENT-TYPE"] == "application/json"


def test_bytes_are_sent_as_they_are(there: Receiver, client: Client) -> None:
    client.request("POST", there.url, content=b"\x00{}", headers={"Content-Type": "text/x"})
    assert there.posts[0].body == b"\x00{}"
    assert there.posts[0].headers["content-type"] == "text/x"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422, 451])
def test_what_repeating_cannot_change(there: Receiver, client: Client, status: int) -> None:
    there.on("/", status, {"message": "words of the answer"})
    with pytest.raises(Refused) as caught:
        client.request("GET", f"{there.url}/secret-path", what="/things/{thing}")
    assert caught.value.status == status
    assert str(caught.value) == f"127.0.0.1:{there.port}: GET /things/{{thing}} answered {status}"
    assert len(there.calls) == 1


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
def test_what_may_change_by_itself(there: Receiver, client: Client, status: int) -> None:
    there.on("/", status)
    with pytest.raises(Later) as caught:
        client.request("GET", there.url)
    assert not caught.value.waited
    assert caught.value.seconds == 30.0


def _limited(client: Client, there: Receiver) -> Later:
    with pytest.raises(Later) as caught:
        client.request("POST", there.url, json={})
    assert caught.value.waited
    return caught.value


def test_rate_limits(there: Receiver, client: Client) -> None:
    soon = str(int(time.time()) + 90)
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": soon}
    table: list[tuple[int, dict[str, str], object, float]] = [
        (429, {}, None, 60.0),
        (429, {"Retry-After": "7"}, None, 7.0),
        (429, {"Retry-After": formatdate(time.time() + 120, usegmt=True)}, None, 120.0),
        (429, {"Retry-After": "garbage"}, None, 60.0),
        (429, {"Retry-After": "9" * 400}, None, 3_600.0),
        (429, {"Retry-After": "-5"}, None, 60.0),
        (403, {"Retry-After": "20"}, None, 20.0),
        (403, spent, None, 90.0),
        (403, spent | {"x-ratelimit-reset": "garbage"}, None, 60.0),
        (403, spent | {"x-ratelimit-reset": "1"}, None, 1.0),
        (403, {}, {"message": "You have exceeded a secondary rate limit."}, 60.0),
    ]
    for status, headers, body, seconds in table:
        there.on("/", status, body, headers)
        assert _limited(client, there).seconds == pytest.approx(seconds, abs=3), headers


def test_503_says_when(there: Receiver, client: Client) -> None:
    there.on("/", 503, None, {"Retry-After": "200"})
    with pytest.raises(Later) as caught:
        client.request("GET", there.url)
    assert caught.value.seconds == pytest.approx(200, abs=1)


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff", b"[" * 100_000])
def test_garbage_where_json_is_due(there: Receiver, client: Client, body: bytes) -> None:
    there.on("/", 200, body)
    answer = client.request("GET", there.url, what="/x")
    with pytest.raises(Later, match="no JSON"):
        answer.json()


def test_an_endless_answer(there: Receiver, client: Client) -> None:
    there.on("/", 200, b"x" * (limits.ANSWER_BYTES + 1))
    with pytest.raises(Hopeless, match="more than"):
        client.request("GET", there.url)


def test_a_slow_answer(there: Receiver, client: Client) -> None:
    there.fail_next(0, seconds=2)
    begun = time.monotonic()
    with pytest.raises(Later, match="in time"):
        client.request("GET", there.url, timeout=0.3)
    assert time.monotonic() - begun < 1.5


def test_an_answer_that_drips(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    connection.recv(10_000)
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    for _ in range(100):
                        connection.sendall(b"X: y\r\n")
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(Later, match="in time"):
            client.request("GET", f"http://127.0.0.1:{server.getsockname()[1]}", timeout=0.5)
        assert time.monotonic() - begun < 2
        thread.join()


def test_nobody_there(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Later, match="connection failed"):
        client.request("GET", f"http://127.0.0.1:{port}")


def test_a_name_without_address() -> None:
    def none(*_: object) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    with pytest.raises(Later, match="connection failed"):
        Client(PRIVATE, resolve=none).request("GET", "http://nowhere.example:8080")


def test_a_connection_that_fails_once(there: Receiver) -> None:
    asked = []

    def late(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        if len(asked) == 1:
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return ["127.0.0.1"]

    answer = Client(PRIVATE, resolve=late).request("POST", f"http://a.example:{there.port}/")
    assert answer.status == 200
    assert there.calls[0].headers["host"] == f"a.example:{there.port}"


def test_a_post_is_sent_once_when_the_answer_is_missing(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = []

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    seen.append(connection.recv(10_000)[:4])

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(Later):
            client.request("POST", url, json={})
        assert seen == [b"POST"]
        with pytest.raises(Later):
            client.request("GET", url)
        assert seen[1:] == [b"GET "] * 3
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_private_addresses_are_refused(there: Receiver) -> None:
    client = Client(settings())
    for url in (there.url, f"https://127.0.0.1:{there.port}", f"https://localhost:{there.port}"):
        with pytest.raises(Hopeless):
            client.request("GET", url)
    with pytest.raises(Hopeless):
        Client(PRIVATE).request("GET", there.url, allow_private=False)
    assert Client(settings()).request("GET", there.url, allow_private=True).status == 200
    assert len(there.calls) == 1


def test_a_name_that_changes_its_address(there: Receiver) -> None:
    """The address that was looked at is the one that is asked; the next question looks again."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    asked = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), 2) - 1]

    client = Client(PRIVATE, resolve=rebinding)
    url = f"http://rebind.example:{there.port}/"
    assert client.request("GET", url).status == 200
    assert asked == ["rebind.example"]
    with pytest.raises(Hopeless, match="must not be asked"):
        client.request("GET", url)
    assert len(there.calls) == 1


def test_a_public_name_with_a_private_address(there: Receiver) -> None:
    client = Client(settings(), resolve=lambda *_: ["127.0.0.1"])
    with pytest.raises(Hopeless, match="must not be asked"):
        client.request("GET", f"https://forge.example:{there.port}/")
    assert not there.calls


def test_redirects_stay_at_home(there: Receiver, client: Client) -> None:
    there.on("/new", 200, {"moved": True})
    there.on("/old", 301, None, {"Location": "/new"})
    assert client.request("GET", there.url + "/old").json() == {"moved": True}
    there.on("/old", 307, None, {"Location": there.url + "/new"})
    assert client.request("POST", there.url + "/old", json={"a": 1}).status == 200
    assert there.calls[-1].json == {"a": 1}
    there.on("/old", 302, None, {"Location": "/new"})
    with pytest.raises(Hopeless):
        client.request("POST", there.url + "/old", json={"a": 1})
    there.on("/loop", 302, None, {"Location": "/loop"})
    with pytest.raises(Hopeless, match="too often"):
        client.request("GET", there.url + "/loop")
    there.on("/nowhere", 302)
    with pytest.raises(Hopeless):
        client.request("GET", there.url + "/nowhere")


def test_redirects_elsewhere_are_not_followed(there: Receiver, client: Client) -> None:
    with Receiver() as other:
        for location in (
            other.url,
            f"http://localhost:{there.port}/",
            "http://169.254.169.254/latest/meta-data/",
            "https://github.com/",
            "file:///etc/passwd",
            "http://user@127.0.0.1/",
            "//[::1]/",
        ):
            there.on("/", 302, None, {"Location": location})
            with pytest.raises(Hopeless):
                client.request("GET", there.url, headers={"Authorization": "Bearer words"})
        assert not other.calls
    assert len(there.calls) == 7


def test_no_secret_in_errors_and_logs(there: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = slack_bot()
    client = Client(PRIVATE)
    for status in (200, 302, 404, 429, 500):
        there.on("/", status, {"echo": token}, {"X-Echo": token, "Location": f"http://x/{token}"})
        headers = {"Authorization": f"Bearer {token}"}
        text = ""
        try:
            client.request("POST", f"{there.url}/{token}", headers=headers, json=[token])
        except JobError:
            text = traceback.format_exc()
        assert token not in text
        assert bool(text) == (status != 200)
    with pytest.raises(Hopeless) as caught:
        client.request("GET", f"https://{token}@example.com/{token}")
    assert token not in str(caught.value)
    assert token not in caplog.text


def test_the_environment_names_no_proxy(
    there: Receiver, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would be asked instead of the address that was looked at."""
    with Receiver() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        client.request("GET", there.url)
        assert not proxy.calls
