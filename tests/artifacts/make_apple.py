"""Small files of Apple's formats: programs with a code signature, profiles, app bundles."""

import io
import plistlib
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, cms, keys, x509

Files = Mapping[str, bytes]

IOS, MACOS, IOS_SIMULATOR = 2, 1, 7
EXECUTABLE, DYLIB, DEBUG_SYMBOLS = 2, 6, 10
AD_HOC, LINKER_SIGNED = 0x2, 0x20002
TEAM = "ACME123456"
SIGNER = "Apple Distribution: Acme Ltd"
DEVICES = ("00008030-000000000000001E", "00008030-000000000000002E")


def certificate(name: str, organisation: str = "Acme Ltd") -> x509.Certificate:
    """Self-made, with a key and a signature that are only bytes."""
    who = x509.Name.build({"common_name": name, "organization_name": organisation})
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
    key = keys.PublicKeyInfo.wrap(
        keys.RSAPublicKey({"modulus": 2**64 + 13, "public_exponent": 3}), "rsa"
    )
    day = x509.Time({"utc_time": datetime(2026, 1, 1, tzinfo=UTC)})
    body = x509.TbsCertificate(
        {
            "version": "v3", "serial_number": 7, "signature": algorithm, "issuer": who,
            "validity": {"not_before": day, "not_after": day}, "subject": who,
            "subject_public_key_info": key,
        }
    )  # fmt: skip
    return x509.Certificate(
        {"tbs_certificate": body, "signature_algorithm": algorithm, "signature_value": b"\1" * 8}
    )


def signed(content: bytes | None, signer: str) -> bytes:
    """CMS SignedData around `content`, or beside it (None)."""
    leaf = certificate(signer)
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    sid = cms.SignerIdentifier(
        "issuer_and_serial_number",
        cms.IssuerAndSerialNumber({"issuer": leaf.issuer, "serial_number": leaf.serial_number}),
    )
    info = cms.SignerInfo(
        {
            "version": "v1", "sid": sid, "digest_algorithm": digest,
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"}, "signature": b"\1" * 8,
        }
    )  # fmt: skip
    inner: dict[str, Any] = {"content_type": "data"}
    if content is not None:
        inner["content"] = content
    data = cms.SignedData(
        {
            "version": "v1", "digest_algorithms": [digest], "encap_content_info": inner,
            "certificates": [cms.CertificateChoices("certificate", leaf)], "signer_infos": [info],
        }
    )  # fmt: skip
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def make_profile(
    distribution: str = "development", identifier: str = "com.acme.app",
    signer: str = "Apple iPhone OS Provisioning Profile Signing", mac: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """A provisioning profile for `development`, `ad-hoc`, `enterprise` or `store`."""
    prefix = "com.apple." if mac else ""
    values: dict[str, Any] = {
        "Name": "Acme Profile", "TeamName": "Acme Ltd", "ApplicationIdentifierPrefix": [TEAM],
        "Platform": ["OSX"] if mac else ["iOS"],
        "Entitlements": {
            prefix + "application-identifier": f"{TEAM}.{identifier}",
            "get-task-allow": distribution == "development",
        },
    }  # fmt: skip
    if distribution in ("development", "ad-hoc"):
        values["ProvisionedDevices"] = list(DEVICES)
    if distribution == "enterprise":
        values["ProvisionsAllDevices"] = True
    return signed(plistlib.dumps(values | dict(extra or {})), signer)


def make_signature(
    identifier: str = "com.acme.app", team: str = TEAM, flags: int = 0, signer: str | None = SIGNER,
    entitlements: Mapping[str, Any] | None = None, der: bytes = b"",
) -> bytes:  # fmt: skip
    """A SuperBlob: CodeDirectory, entitlements, CMS (empty when nobody signs)."""
    parts = [(0, 0xFADE0C02, _code_directory(identifier, team, flags))]
    if entitlements is not None:
        parts.append((5, 0xFADE7171, plistlib.dumps(dict(entitlements))))
    if der:
        parts.append((7, 0xFADE7172, der))
    parts.append((0x10000, 0xFADE0B01, signed(None, signer) if signer else b""))
    index, body, at = b"", b"", 12 + 8 * len(parts)
    for slot, magic, content in parts:
        index += struct.pack(">II", slot, at + len(body))
        body += struct.pack(">II", magic, 8 + len(content)) + content
    return struct.pack(">III", 0xFADE0CC0, at + len(body), len(parts)) + index + body


def _code_directory(identifier: str, team: str, flags: int) -> bytes:
    """Without magic number and size; version 2.2, which has a team."""
    name, start = identifier.encode() + b"\0", 52
    team_at = start + len(name) if team else 0
    numbers = (0x20200, flags, 0, start, 0, 0, 0)
    head = struct.pack(">7I4BI", *numbers, 32, 2, 0, 12, 0) + struct.pack(">II", 0, team_at)
    return head + name + (team.encode() + b"\0" if team else b"")


def make_macho(
    texts: Iterable[bytes] = (), utf16: Iterable[str] = (), platform: int = MACOS,
    filetype: int = EXECUTABLE, signature: bytes = b"", encrypted: bool = False,
    install_name: str = "", objects: Iterable[str] = (), info: bytes = b"",
    order: str = "<", is_64: bool = True, cpu: int = 0x0100000C, minimum: int | None = None,
) -> bytes:  # fmt: skip
    """A program of one architecture; `minimum` is the old command that tells its platform."""
    encoding = "utf-16-le" if order == "<" else "utf-16-be"
    sections = {
        "__cstring": b"\0".join((*texts, b"")),
        "__ustring": "\0".join((*utf16, "")).encode(encoding),
        "__info_plist": info,
    }
    commands = [_command(order, 0x1B, bytes(range(16))), _platform(order, platform, minimum)]
    if install_name:
        commands.append(
            _command(
                order, 0xD, struct.pack(order + "4I", 24, 0, 0, 0) + install_name.encode() + b"\0"
            )
        )
    if encrypted:
        commands.append(
            _command(order, 0x2C if is_64 else 0x21, struct.pack(order + "4I", 0, 0, 1, 0))
        )
    symbols, names = _symbols(order, is_64, objects)
    start = _head_size(is_64) + sum(map(len, commands)) + len(sections) * (80 if is_64 else 68)
    start += (72 if is_64 else 56) + 24 + 16
    body, places = b"", {}
    for key, content in (
        *sections.items(),
        ("symbols", symbols),
        ("names", names),
        ("signature", signature),
    ):
        places[key] = (start + len(body), len(content))
        body += content + bytes(-len(content) % 8)
    commands.append(
        _segment(order, is_64, [(key, *places[key]) for key in sections], start + len(body))
    )
    count = len(symbols) // (16 if is_64 else 12)
    commands.append(
        _command(
            order, 0x2, struct.pack(order + "4I", places["symbols"][0], count, *places["names"])
        )
    )
    if signature:
        commands.append(_command(order, 0x1D, struct.pack(order + "II", *places["signature"])))
    head = struct.pack(
        order + "7I",
        0xFEEDFACF if is_64 else 0xFEEDFACE,
        cpu,
        0,
        filetype,
        len(commands),
        sum(map(len, commands)),
        0,
    )
    file = head + (bytes(4) if is_64 else b"") + b"".join(commands)
    return file.ljust(start, b"\0") + body


def _head_size(is_64: bool) -> int:
    return 32 if is_64 else 28


def _command(order: str, number: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 8)
    return struct.pack(order + "II", number, 8 + len(body)) + body


def _platform(order: str, platform: int, minimum: int | None) -> bytes:
    if minimum is not None:
        return _command(order, minimum, struct.pack(order + "II", 0x000B0000, 0x000C0000))
    return _command(order, 0x32, struct.pack(order + "4I", platform, 0x000D0001, 0x000E0200, 0))


def _segment(order: str, is_64: bool, sections: list[tuple[str, int, int]], size: int) -> bytes:
    """One, `__TEXT`, with all sections."""
    word, number = ("Q", 0x19) if is_64 else ("I", 0x1)
    body = struct.pack(f"{order}16s4{word}4I", b"__TEXT", 0, size, 0, size, 7, 5, len(sections), 0)
    for name, at, size in sections:
        body += struct.pack(f"{order}16s16s2{word}I", name.encode(), b"__TEXT", at, size, at)
        body += bytes(28 if is_64 else 24)
    return struct.pack(order + "II", number, 8 + len(body)) + body


def _symbols(order: str, is_64: bool, objects: Iterable[str]) -> tuple[bytes, bytes]:
    """One N_OSO for each object file."""
    table, names = b"", b"\0"
    for path in objects:
        table += struct.pack(order + ("IBBHQ" if is_64 else "IBBHI"), len(names), 0x66, 0, 1, 0)
        names += path.encode() + b"\0"
    return table, names


def make_fat(*programs: bytes, is_64: bool = False) -> bytes:
    """Several programs in one file, each at a multiple of 4096."""
    head = struct.pack(">II", 0xCAFEBABF if is_64 else 0xCAFEBABE, len(programs))
    body = b""
    for number, program in enumerate(programs):
        fields = (number, 0, 4096 + len(body), len(program), 12)
        head += struct.pack(">IIQQII", *fields, 0) if is_64 else struct.pack(">5I", *fields)
        body += program + bytes(-len(program) % 4096)
    return head.ljust(4096, b"\0") + body


def info_plist(
    identifier: str = "com.acme.app", version: str = "5.0.0", build: str = "500",
    platform: str = "iphoneos", binary: bool = True, **more: Any,
) -> bytes:  # fmt: skip
    """An app's Info.plist, binary as Xcode writes it."""
    values = {
        "CFBundleDisplayName": "Acme App", "CFBundleExecutable": "Acme",
        "CFBundleIdentifier": identifier, "CFBundleShortVersionString": version,
        "CFBundleVersion": build, "DTPlatformName": platform,
    }  # fmt: skip
    form = plistlib.FMT_BINARY if binary else plistlib.FMT_XML
    return plistlib.dumps(values | more, fmt=form)


def zipped(files: Files) -> bytes:
    """A zip of the files, compressed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def make_ipa(
    files: Files | None = None, identifier: str = "com.acme.app", version: str = "5.0.0",
    build: str = "500", profile: str | None = "development", signer: str | None = SIGNER,
    encrypted: bool = False,
) -> bytes:  # fmt: skip
    """An iOS app. Without a profile and encrypted, it is a copy from the App Store."""
    rights = {"get-task-allow": True} if profile == "development" else {}
    signature = make_signature(identifier, signer=signer, entitlements=rights)
    inside = {
        "Info.plist": info_plist(identifier, version, build),
        "Acme": make_macho(platform=IOS, signature=signature, encrypted=encrypted),
        "_CodeSignature/CodeResources": b"<plist/>",
    }
    if profile is not None:
        inside["embedded.mobileprovision"] = make_profile(profile, identifier)
    inside.update(files or {})
    return zipped({f"Payload/Acme.app/{name}": content for name, content in inside.items()})


def mac_app(
    files: Files | None = None, identifier: str = "com.acme.mac", version: str = "5.0.0",
    build: str = "500", signature: bytes | None = None,
) -> dict[str, bytes]:  # fmt: skip
    """The members of a Mac app."""
    if signature is None:
        signature = make_signature(identifier, signer="Developer ID Application: Acme Ltd")
    inside = {
        "Info.plist": info_plist(identifier, version, build, "macosx", binary=False),
        "MacOS/Acme": make_macho(signature=signature),
        "_CodeSignature/CodeResources": b"<plist/>",
    }
    inside.update({f"Resources/{name}": content for name, content in (files or {}).items()})
    return {f"Acme.app/Contents/{name}": content for name, content in inside.items()}


def archive_plist(identifier: str = "com.acme.app") -> bytes:
    """An Xcode archive's Info.plist."""
    inner = {
        "ApplicationPath": "Applications/Acme.app", "CFBundleIdentifier": identifier,
        "CFBundleShortVersionString": "5.0.0", "CFBundleVersion": "500",
        "SigningIdentity": "Apple Development: Ann", "Team": TEAM, "Architectures": ["arm64"],
    }  # fmt: skip
    return plistlib.dumps({"Name": "Acme", "ApplicationProperties": inner})


def make_xcarchive(files: Files | None = None, identifier: str = "com.acme.app") -> bytes:
    """A zipped Xcode archive with an app and debug symbols."""
    members = {
        "Info.plist": archive_plist(identifier),
        "Products/Applications/Acme.app/Info.plist": info_plist(identifier),
        "Products/Applications/Acme.app/Acme": make_macho(platform=IOS),
        "dSYMs/Acme.app.dSYM/Contents/Info.plist": plistlib.dumps({}),
    }
    members.update(files or {})
    return zipped({f"Acme.xcarchive/{name}": content for name, content in members.items()})


def make_bplist(files: Files) -> bytes:
    """A binary property list with the files' texts."""
    values = {name: content.decode() for name, content in files.items()}
    return plistlib.dumps({"files": values}, fmt=plistlib.FMT_BINARY)


def _utf16(files: Files) -> bytes:
    return make_macho(utf16=[content.decode() for content in files.values()])


def _fat(files: Files) -> bytes:
    intel = make_macho(files.values(), cpu=0x01000007)
    return make_fat(intel, make_macho(files.values()))


SAMPLES: dict[str, Callable[[Files], bytes]] = {
    "ipa": make_ipa,
    "app-zip": lambda files: zipped(mac_app(files)),
    "xcarchive-zip": make_xcarchive,
    "macho": lambda files: make_macho(files.values()),
    "macho-utf16": _utf16,
    "fat-macho": _fat,
    "bplist": make_bplist,
    "mobileprovision": lambda files: make_profile(
        extra={name: content.decode() for name, content in files.items()}
    ),
}
