"""Which addresses may be asked: the guard against requests that others forge (SSRF).

A URL is looked at before anything is sent, and the address that its host has is looked at when
the connection is made, so that a name cannot mean another address in between (DNS rebinding).
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet
"""

import re
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import httpx2

from leakguard_service.errors import Invalid
from leakguard_service.settings import Settings

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host, for a port. Raises OSError."""

_URL_LENGTH: Final = 2_000
_LOW_PORTS: Final = (80, 443)
"""Below 1,024 are mail, shells and directories: no forge listens there."""

_NEVER: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "168.63.129.16/32",  # Azure's own, public by its number
        "169.254.0.0/16",  # link-local: metadata of most clouds
        "192.0.0.0/24",  # special purposes: metadata of Oracle Cloud
        "192.88.99.0/24",  # relays to IPv6
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "fd00:ec2::/32",  # metadata of AWS
        "fd20:ce::/32",  # metadata of Google Cloud
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
"""Not even where private addresses are allowed."""

_PRIVATE: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)
_GLOBAL6: Final = ip_network("2000::/3")
_NAT64: Final = ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ip_network("::/96")
_NUMBER: Final = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)")
_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be asked, as far as can be said without asking for its address."""

    url: httpx2.URL
    host: str
    """Lower case, IDNA; an IPv6 address without brackets."""
    port: int

    @property
    def name(self) -> str:
        """For people: host, and the port where it is not the usual one."""
        usual = {"https": 443, "http": 80}[self.url.scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual else f"{host}:{self.port}"


def target(
    url: str, settings: Settings, *, own: Collection[str] = (), private: bool | None = None
) -> Target:
    """The URL, looked at. Raises Invalid, whose text names the host only.

    `own` are hosts that are allowed whatever LEAKGUARD_ALLOWED_HOSTS says; `private` overrides
    LEAKGUARD_ALLOW_PRIVATE_ADDRESSES.
    """
    private = settings.allow_private_addresses if private is None else private
    if len(url) > _URL_LENGTH or re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise Invalid("the URL is too long, or has spaces or backslashes", "url")
    try:
        parsed = httpx2.URL(url)
        host = parsed.raw_host.decode("ascii").lower()
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise Invalid("that is no URL", "url") from None
    if parsed.scheme not in (("https", "http") if private else ("https",)):
        raise Invalid("the URL must begin with https://", "url")
    if "@" in re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]:
        raise Invalid("the URL must hold no user name or password", "url")
    _check_host(host)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    if parsed.port == 0 or port > 65_535 or (port < 1_024 and port not in _LOW_PORTS):
        raise Invalid(f"port {port} of {host} is not one that is asked", "url")
    _check_listed(host, settings, own)
    return Target(parsed, host, port)


def _check_host(host: str) -> None:
    if _address(host) is not None and "%" not in host:
        return
    labels = host.removesuffix(".").split(".")
    if not all(_NAME.fullmatch(label) for label in labels) or len(host) > 253:
        raise Invalid("the URL has no host that can be asked", "url")
    if _NUMBER.fullmatch(labels[-1]):  # 127.1, 0x7f000001: some resolvers take it as an address
        raise Invalid("the URL's host is a number, and no address as it is usually written", "url")


def _check_listed(host: str, settings: Settings, own: Collection[str]) -> None:
    listed = [one.strip().lower() for one in settings.allowed_hosts.split(",") if one.strip()]
    plain = host.removesuffix(".")
    if not listed or plain in own or plain in listed:
        return
    if any(one.startswith("*.") and plain.endswith(one[1:]) for one in listed):
        return
    raise Invalid(f"{plain} is not one of the hosts in LEAKGUARD_ALLOWED_HOSTS", "url")


def addresses(host: str, port: int, *, private: bool, resolve: Resolver) -> list[str]:
    """The host's addresses, each looked at. Raises Invalid when one must not be asked, and OSError
    when there is none."""
    found = [host] if _address(host) is not None else list(resolve(host, port))
    for text in found:
        address = _address(text.partition("%")[0])
        if address is None or not allowed(address, private=private):
            hint = "" if private else "; LEAKGUARD_ALLOW_PRIVATE_ADDRESSES=true allows private ones"
            raise Invalid(f"{host} has an address that must not be asked{hint}", "url")
    if not found:
        raise OSError(f"{host} has no address")
    return found


def allowed(address: IPv4Address | IPv6Address, *, private: bool) -> bool:
    """Whether it is a public address, or a private one where those are allowed."""
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return allowed(inner, private=private)
    if any(address in network for network in _NEVER):
        return False
    if any(address in network for network in _PRIVATE):
        return private
    if isinstance(address, IPv6Address) and address not in _GLOBAL6:
        return False
    return address.is_global


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def resolved(host: str, port: int) -> list[str]:
    """The system's answer, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def pin(url: str, settings: Settings, resolve: Resolver = resolved) -> str:
    """`host:port:address,address` for git's http.curloptResolve (see git-config(1)): git then asks
    no resolver itself. Empty for an IPv6 address. Raises Invalid and OSError."""
    there = target(url, settings, own=(httpx2.URL(url).host,))
    private = settings.allow_private_addresses
    found = addresses(there.host, there.port, private=private, resolve=resolve)
    if ":" in there.host:
        return ""  # an address needs no resolver
    named = (f"[{one}]" if ":" in one else one for one in found)
    return f"{there.host}:{there.port}:{','.join(named)}"
