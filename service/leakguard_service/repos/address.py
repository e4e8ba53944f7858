"""Which addresses git may reach: looked up once, judged, and held on to (no DNS rebinding)."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from leakguard_service.errors import Hopeless, Later
from leakguard_service.forges.address import allowed

_PORTS: Final = {"https": 443, "http": 80}

_URL = re.compile(r"https?://[\w.\-\[\]:]+(/[^\s?#@\\]*)?", re.ASCII)
"""No user, no query, nothing that two parsers could read in two ways."""

_EMBEDDED: Final = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"))
)
"""Networks whose addresses stand for IPv4 ones, private ones as well (RFC 6052, 8215, 3056)."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address that was looked up."""

    scheme: str
    curl: str
    """For git's http.curloptResolve: `host:port:address,address`."""


def pinned(url: str, *, private: bool, given: str = "") -> Pinned:
    """The host of a clone URL with the addresses that it has now, or those that were `given`.

    What is given for another host does not count, and all are judged. With `private`, plain http
    and addresses inside networks are let through. Raises Hopeless for what may not be reached,
    Later when the name cannot be looked up. Only the host is named.
    """
    parts = urlsplit(url) if _URL.fullmatch(url) else None
    if parts is None or not parts.hostname:
        raise Hopeless("the repository's address is no plain https:// address")
    if parts.scheme != "https" and not private:
        raise Hopeless(
            f"{parts.hostname} is reached by http only: use https, or set"
            " LEAKGUARD_ALLOW_PRIVATE_ADDRESSES when it is inside your own network"
        )
    port = _port(parts.netloc, parts.scheme)
    addresses = _given(given, f"{parts.hostname}:{port}:") or _looked_up(parts.hostname, port)
    for address in addresses:
        check_allowed(parts.hostname, address, private=private)
    named = ",".join(f"[{address}]" if ":" in address else address for address in addresses)
    return Pinned(parts.scheme, f"{parts.hostname}:{port}:{named}")


def _port(netloc: str, scheme: str) -> int:
    given = re.search(r":(\d{1,5})$", netloc)
    return int(given[1]) if given else _PORTS[scheme]


def _given(text: str, start: str) -> list[str]:
    """The addresses of a pin for this host; none when it is for another one, or no pin."""
    if not text.lower().startswith(start):
        return []
    found = [part.strip("[]") for part in text[len(start) :].split(",")]
    return found if all(map(_is_address, found)) else []


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _looked_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Later(f"the name {host} cannot be looked up", 60) from None
    addresses = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return list(addresses)


def check_allowed(host: str, text: str, *, private: bool) -> None:
    """Raises Hopeless when an address may not be reached.

    Judged as every request to a forge is; addresses that stand for IPv4 ones need `private` too.
    """
    address: _Address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_link_local or address.is_multicast:
        raise Hopeless(f"{host} has an address that no forge has: link-local or multicast")
    embedded = any(address in network for network in _EMBEDDED)
    if (embedded and not private) or not allowed(address, private=private):
        raise Hopeless(
            f"{host} has an address that is not public: set LEAKGUARD_ALLOW_PRIVATE_ADDRESSES when"
            " the forge is inside your own network"
        )
