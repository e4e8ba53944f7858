"""Which URLs and addresses may be asked."""

from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard_service.errors import Invalid
from leakguard_service.forges import address
from leakguard_service.settings import Settings


def settings(**given: object) -> Settings:
    return Settings(data_dir=Path("unused"), _env_file=None, **given)  # type: ignore[arg-type]


PUBLIC = settings()
PRIVATE = settings(allow_private_addresses=True)


@pytest.mark.parametrize(
    ("url", "host", "port", "name"),
    [
        ("https://api.github.com/x", "api.github.com", 443, "api.github.com"),
        ("https://GitLab.Example:8443/", "gitlab.example", 8443, "gitlab.example:8443"),
        ("https://bücher.example/", "xn--bcher-kva.example", 443, "xn--bcher-kva.example"),
        ("https://[2606:50c0:8000::153]/", "2606:50c0:8000::153", 443, "[2606:50c0:8000::153]"),
    ],
)
def test_urls_that_may_be_asked(url: str, host: str, port: int, name: str) -> None:
    there = address.target(url, PUBLIC)
    assert (there.host, there.port, there.name) == (host, port, name)


@pytest.mark.parametrize(
    "url",
    [
        "http://github.com/",
        "ftp://github.com/",
        "file:///etc/passwd",
        "gopher://github.com/",
        "https:///path",
        "https://",
        "//github.com/",
        "github.com",
        "",
        "https://user@github.com/",
        "https://user:words@github.com/",
        "https://github.com:words@127.0.0.1/",
        "https://@github.com/",
        "https://github.com:22/",
        "https://github.com:25/",
        "https://github.com:0/",
        "https://github.com:99999/",
        "https://github.com\\@127.0.0.1/",
        "https://github.com /",
        "https://github.com/\r\nHost: x",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://017700000001/",
        "https://1.2.3.4.5/",
        "https://a..b/",
        "https://-a.example/",
        "https://" + "a" * 64 + ".example/",
        "https://[fe80::1%25eth0]/",
        "https://github.com/" + "a" * 2_000,
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(Invalid):
        address.target(url, PUBLIC)


def test_plain_http_is_for_private_networks() -> None:
    assert address.target("http://127.0.0.1:3000/", PRIVATE).port == 3_000
    assert address.target("http://forge.corp/", PRIVATE).port == 80
    with pytest.raises(Invalid):
        address.target("http://forge.corp/", PRIVATE, private=False)


def test_only_listed_hosts_and_the_forges_own() -> None:
    listed = settings(allowed_hosts="hooks.slack.com, *.corp.example")
    for url in (
        "https://hooks.slack.com/x",
        "https://a.corp.example/",
        "https://hooks.slack.com./",
    ):
        address.target(url, listed)
    address.target("https://github.com/", listed, own={"github.com"})
    for url in ("https://github.com/", "https://corp.example/", "https://x-corp.example/"):
        with pytest.raises(Invalid, match="LEAKGUARD_ALLOWED_HOSTS"):
            address.target(url, listed)


GLOBAL = ["140.82.121.4", "1.1.1.1", "2606:50c0:8000::153", "::ffff:140.82.121.4"]
CLOSE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd12:3456::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "::127.0.0.1",
]
NEVER = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "::",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.88.99.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "2001:db8::1",
    "198.18.0.1",
    "203.0.113.7",
    "4000::1",
]


@pytest.mark.parametrize("text", GLOBAL)
def test_public_addresses(text: str) -> None:
    assert address.allowed(ip_address(text), private=False)
    assert address.allowed(ip_address(text), private=True)


@pytest.mark.parametrize("text", CLOSE)
def test_private_addresses(text: str) -> None:
    assert not address.allowed(ip_address(text), private=False)
    assert address.allowed(ip_address(text), private=True)


@pytest.mark.parametrize("text", NEVER)
def test_addresses_that_are_never_asked(text: str) -> None:
    assert not address.allowed(ip_address(text), private=False)
    assert not address.allowed(ip_address(text), private=True)


@pytest.mark.parametrize("text", [one for one in [*CLOSE, *NEVER] if ":" not in one])
def test_an_address_in_the_url_is_looked_at_too(text: str) -> None:
    with pytest.raises(Invalid):
        address.addresses(text, 443, private=False, resolve=lambda *_: [])


def test_one_bad_address_among_good_ones_is_enough() -> None:
    def both(*_: object) -> list[str]:
        return ["140.82.121.4", "10.0.0.1"]

    with pytest.raises(Invalid, match="LEAKGUARD_ALLOW_PRIVATE_ADDRESSES"):
        address.addresses("a.example", 443, private=False, resolve=both)
    assert address.addresses("a.example", 443, private=True, resolve=both) == both()


def test_pin_for_git() -> None:
    def two(*_: object) -> list[str]:
        return ["140.82.121.4", "2606:50c0:8000::153"]

    text = address.pin("https://github.com/a/b.git", PUBLIC, two)
    assert text == "github.com:443:140.82.121.4,[2606:50c0:8000::153]"
    assert address.pin("https://[2606:50c0:8000::153]/", PUBLIC, two) == ""
    with pytest.raises(Invalid):
        address.pin("https://github.com/a/b.git", PUBLIC, lambda *_: ["127.0.0.1"])


@given(st.text(max_size=30))
def test_whatever_the_host_it_is_a_name_or_an_address_or_refused(host: str) -> None:
    try:
        there = address.target(f"https://{host}/x", PUBLIC)
    except Invalid:
        return
    assert there.host.isascii()
    assert there.host == there.host.lower()
    assert not set(there.host) & set("/\\@#?% \t\r\n")
    assert there.url.scheme == "https"


@given(st.ip_addresses(v=4))
def test_ipv4_counts_the_same_within_ipv6(one: object) -> None:
    plain = address.allowed(ip_address(str(one)), private=False)
    for form in (f"::ffff:{one}", f"64:ff9b::{one}"):
        assert address.allowed(ip_address(form), private=False) == plain


@given(st.ip_addresses())
def test_what_is_public_is_global(one: object) -> None:
    found = ip_address(str(one))
    if address.allowed(found, private=False) and not getattr(found, "ipv4_mapped", None):
        assert not found.is_loopback
        assert not found.is_link_local
        assert not found.is_multicast
        assert not found.is_unspecified
