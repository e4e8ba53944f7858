"""Keystores with a key that nobody can read, and trust stores."""

import struct

from asn1crypto import core, pkcs12

from tests.artifacts.make_certificates import make_certificate


def make_keystore(
    alias: str = "upload",
    cn: str = "Acme",
    private: bool = True,
    magic: bytes = b"\xfe\xed\xfe\xed",
) -> bytes:
    """A JKS with one entry: a key, encrypted as nobody can read it, or a certificate alone."""
    certificate = b"\0\x05X.509" + _block(make_certificate(cn))
    head = struct.pack(">IIIH", 2, 1, 1 if private else 2, len(alias)) + alias.encode() + bytes(8)
    key = _block(bytes(64)) + struct.pack(">I", 1) if private else b""
    return magic + head + key + certificate + bytes(20)


def make_pkcs12(private: bool = True, alias: str = "upload") -> bytes:
    """A PFX with an encrypted key and encrypted certificates, or with the latter alone."""
    bag = {
        "bag_id": "pkcs8_shrouded_key_bag",
        "bag_value": {
            "encryption_algorithm": {"algorithm": "pkcs12_sha1_tripledes_3key",
                                     "parameters": {"salt": b"12345678", "iterations": 1}},
            "encrypted_data": bytes(64),
        },
        "bag_attributes": [{"type": "friendly_name", "values": [alias]}],
    }  # fmt: skip
    encrypted = {
        "content_type": "encrypted_data",
        "content": {
            "version": "v0",
            "encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": {"algorithm": "pkcs12_sha1_tripledes_3key",
                                                 "parameters": {"salt": b"12345678",
                                                                "iterations": 1}},
                "encrypted_content": bytes(64),
            },
        },
    }  # fmt: skip
    keys = {"content_type": "data", "content": pkcs12.SafeContents([bag]).dump()}
    safe = pkcs12.AuthenticatedSafe([encrypted, keys] if private else [encrypted])
    pfx = pkcs12.Pfx(
        {
            "version": "v3",
            "auth_safe": {"content_type": "data", "content": core.OctetString(safe.dump())},
        }
    )
    return bytes(pfx.dump())


def _block(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data
