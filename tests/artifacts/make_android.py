"""Android builds made from nothing: apps, bundles, sets of split apps, and the tables in them."""

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha1
from struct import pack
from typing import NamedTuple

from tests.artifacts.make_certificates import make_certificate, make_cms

V2, V3, V31, FROSTING = 0x7109871A, 0xF05368C0, 0x1B93AD61, 0x2146444E

_ANDROID = "http://schemas.android.com/apk/res/android"
_IDS = {
    "label": 0x01010001,
    "name": 0x01010003,
    "debuggable": 0x0101000F,
    "targetPackage": 0x01010021,
    "value": 0x01010024,
    "versionCode": 0x0101021B,
    "versionName": 0x0101021C,
    "testOnly": 0x01010272,
    "versionCodeMajor": 0x01010576,
}
_NONE = 0xFFFFFFFF


class Ref(NamedTuple):
    """A reference to a resource."""

    number: int


class Node(NamedTuple):
    """An element; attributes that are not Android's own are `package` and `split`."""

    tag: str
    attributes: Mapping[str, str | int | bool | Ref]
    children: Sequence["Node"] = ()


def make_manifest(
    package: str = "com.example.app",
    version: str | Ref = "1.0",
    code: int = 1,
    *,
    label: str | Ref = "Example",
    debuggable: bool = False,
    test_only: bool = False,
    instrumentation: bool = False,
    split: str = "",
    metadata: Mapping[str, str] | None = None,
) -> Node:
    """The manifest of an app, with `metadata` in its application."""
    root: dict[str, str | int | bool | Ref] = {
        "versionCode": code, "versionName": version, "package": package,
    }  # fmt: skip
    app: dict[str, str | int | bool | Ref] = {"label": label}
    app |= {"debuggable": True} if debuggable else {}
    app |= {"testOnly": True} if test_only else {}
    rows = [Node("meta-data", {"name": it[0], "value": it[1]}) for it in (metadata or {}).items()]
    children = [Node("application", app, rows)]
    if instrumentation:
        children.append(Node("instrumentation", {"name": "Runner", "targetPackage": "com.a"}))
    return Node("manifest", root | ({"split": split} if split else {}), children)


def make_apk(
    package: str = "com.example.app",
    version: str = "1.0",
    code: int = 1,
    *,
    label: str | Ref = "Example",
    debuggable: bool = False,
    signer: str | None = "Example Release",
    schemes: Sequence[int] = (V2,),
    jar_signer: str | None = None,
    extra_blocks: Mapping[int, bytes] | None = None,
    files: Mapping[str, bytes] | None = None,
    manifest: Node | None = None,
) -> bytes:
    """An app with code and resources. `signer` is the common name of whoever signed it in each of
    `schemes`, `jar_signer` in the oldest one; `manifest` replaces what the rest says."""
    node = manifest or make_manifest(package, version, code, label=label, debuggable=debuggable)
    members = {
        "AndroidManifest.xml": make_axml(node),
        "classes.dex": make_dex(["Lcom/example/Main;", "main"]),
        "resources.arsc": make_arsc({"app_name": "Example from a table"}),
        **(files or {}),
    }
    if jar_signer:
        members["META-INF/CERT.SF"] = b"Signature-Version: 1.0\n"
        members["META-INF/CERT.RSA"] = make_cms(jar_signer)
    values = {scheme: _signer_value(signer, scheme) for scheme in schemes} if signer else {}
    return with_signing_block(make_zip(members), {**values, **(extra_blocks or {})})


def make_aab(
    package: str = "com.example.app",
    version: str | Ref = "1.0",
    code: int = 1,
    *,
    label: str | Ref = "Example",
    debuggable: bool = False,
    signer: str | None = "Upload",
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """An app bundle."""
    node = make_manifest(package, version, code, label=label, debuggable=debuggable)
    members = {
        "BundleConfig.pb": _field(1, _field(2, b"1.15.6")),
        "base/manifest/AndroidManifest.xml": make_xml_node(node),
        "base/resources.pb": make_resource_table({"app_name": "Example from a table"}),
        "base/dex/classes.dex": make_dex(["main"]),
        **(files or {}),
    }
    if signer:
        members["META-INF/UPLOAD.RSA"] = make_cms(signer)
    return make_zip(members)


def make_xapk(base: bytes, package: str = "com.example.app", version: str = "1.0") -> bytes:
    facts = {
        "xapk_version": 2,
        "package_name": package,
        "name": "Example",
        "version_code": "1",
        "version_name": version,
    }
    config = make_apk(manifest=make_manifest(package, split="config.en"))
    members = {"manifest.json": json.dumps(facts).encode(), f"{package}.apk": base}
    return make_zip({**members, "config.en.apk": config})


def make_apkm(base: bytes, package: str = "com.example.app", version: str = "1.0") -> bytes:
    facts = {"apkm_version": 5, "pname": package, "release_version": version, "versioncode": "1"}
    return make_zip({"info.json": json.dumps(facts).encode(), "base.apk": base})


def make_apks(base: bytes, *, standalone: bool = False) -> bytes:
    """What bundletool makes of a bundle."""
    name = "standalones/standalone-xhdpi.apk" if standalone else "splits/base-master.apk"
    return make_zip({"toc.pb": _field(4, b"com.example.app"), name: base})


def make_aar(package: str = "com.example.lib", files: Mapping[str, bytes] | None = None) -> bytes:
    """A library, whose manifest is text."""
    manifest = f'<?xml version="1.0"?>\n<manifest package="{package}" android:versionName="2.1"/>'
    jar = make_zip({"com/example/Lib.class": b"", **(files or {})})
    return make_zip({"AndroidManifest.xml": manifest.encode(), "classes.jar": jar, "R.txt": b""})


def make_zip(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def with_signing_block(data: bytes, values: Mapping[int, bytes]) -> bytes:
    """A zip with an APK Signing Block of `values` before its directory."""
    if not values:
        return data
    end = data.rfind(b"PK\x05\x06")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    pairs = b"".join(pack("<QI", 4 + len(it), number) + it for number, it in values.items())
    size = pack("<Q", len(pairs) + 24)
    block = size + pairs + size + b"APK Sig Block 42"
    moved = pack("<I", start + len(block))
    return data[:start] + block + data[start : end + 16] + moved + data[end + 20 :]


def _signer_value(cn: str, scheme: int) -> bytes:
    """One signer: signed data of no digests and one certificate, no signatures, no key; from the
    third scheme on with the versions of Android that it is for."""
    sdks = b"" if scheme == V2 else pack("<2I", 28, 0x7FFFFFFF)
    signed_data = _sized(b"") + _sized(_sized(make_certificate(cn))) + sdks + _sized(b"")
    return _sized(_sized(_sized(signed_data) + sdks + _sized(b"") + _sized(b"")))


def _sized(data: bytes) -> bytes:
    return pack("<I", len(data)) + data


def make_pool(texts: Sequence[str], *, utf8: bool = False) -> bytes:
    """A ResStringPool."""
    parts = [_utf8_text(text) if utf8 else _utf16_text(text) for text in texts]
    offsets = [sum(len(it) for it in parts[:at]) for at in range(len(parts))]
    body = b"".join(parts)
    body += bytes(-len(body) % 4)
    start = 28 + 4 * len(texts)
    head = pack("<2H6I", 1, 28, start + len(body), len(texts), 0, 0x100 * utf8, start, 0)
    return head + pack(f"<{len(texts)}I", *offsets) + body


def _utf8_text(text: str) -> bytes:
    data = text.encode()
    lengths = (len(text.encode("utf-16-le")) // 2, len(data))
    heads = (bytes((it,)) if it < 0x80 else bytes((0x80 | it >> 8, it & 0xFF)) for it in lengths)
    return b"".join(heads) + data + b"\0"


def _utf16_text(text: str) -> bytes:
    data = text.encode("utf-16-le")
    count = len(data) // 2
    head = (
        pack("<H", count) if count < 0x8000 else pack("<2H", 0x8000 | count >> 16, count & 0xFFFF)
    )
    return head + data + b"\0\0"


def make_axml(root: Node, *, utf8: bool = False, extra: Sequence[str] = ()) -> bytes:
    """Binary XML; `extra` are more texts in its pool."""
    pool = [*_IDS, _ANDROID, *extra]
    body = _xml_nodes(root, pool)
    ids = pack(f"<2HI{len(_IDS)}I", 0x180, 8, 8 + 4 * len(_IDS), *_IDS.values())
    body = make_pool(pool, utf8=utf8) + ids + body
    return pack("<2HI", 3, 8, 8 + len(body)) + body


def _xml_nodes(node: Node, pool: list[str]) -> bytes:
    """Start, children and end of an element; texts are added to the pool."""
    attributes = b"".join(_xml_attribute(*it, pool) for it in node.attributes.items())
    tag = _index(node.tag, pool)
    count = len(node.attributes)
    start = pack("<2HI2I", 0x102, 16, 36 + len(attributes), 1, _NONE)
    start += pack("<2I6H", _NONE, tag, 20, 20, count, 0, 0, 0) + attributes
    end = pack("<2HI4I", 0x103, 16, 24, 1, _NONE, _NONE, tag)
    return start + b"".join(_xml_nodes(it, pool) for it in node.children) + end


def _xml_attribute(name: str, value: str | int | bool | Ref, pool: list[str]) -> bytes:
    space = _index(_ANDROID, pool) if name in _IDS else _NONE
    raw = _NONE
    if isinstance(value, str):
        raw = number = _index(value, pool)
        kind = 3
    elif isinstance(value, bool):
        kind, number = 0x12, _NONE * value
    elif isinstance(value, int):
        kind, number = 0x10, value
    else:
        kind, number = 1, value.number
    return pack("<3IH2BI", space, _index(name, pool), raw, 8, 0, kind, number)


def _index(text: str, pool: list[str]) -> int:
    if text not in pool:
        pool.append(text)
    return pool.index(text)


def make_arsc(
    texts: Mapping[str, str | Ref], *, utf8: bool = True, configuration: bytes = b""
) -> bytes:
    """A table whose strings have the ids 0x7f010000 and on; `configuration` is of all of them."""
    values = [it for it in texts.values() if isinstance(it, str)]
    pool = make_pool(values, utf8=utf8)
    types, keys = make_pool(["string"]), make_pool(list(texts))
    entries = b""
    for at, value in enumerate(texts.values()):
        kind, number = (1, value.number) if isinstance(value, Ref) else (3, values.index(value))
        entries += pack("<2HIH2BI", 8, 0, at, 8, 0, kind, number)
    config = pack("<I", 64) + configuration.ljust(60, b"\0")
    offsets = pack(f"<{len(texts)}I", *range(0, 16 * len(texts), 16))
    head_size = 20 + len(config)
    start = head_size + len(offsets)
    table = pack("<2HI2BH2I", 0x201, head_size, start + len(entries), 1, 0, 0, len(texts), start)
    table += config + offsets + entries
    name = "com.example.app".encode("utf-16-le").ljust(256, b"\0")
    body = types + keys + table
    package = pack("<2H2I", 0x200, 288, 288 + len(body), 0x7F) + name
    package += pack("<5I", 288, 1, 288 + len(types), len(texts), 0) + body
    return pack("<2H2I", 2, 12, 12 + len(pool) + len(package), 1) + pool + package


def make_dex(texts: Sequence[str], version: bytes = b"035") -> bytes:
    """Bytecode with texts and no code."""
    made = sorted(set(texts))
    start, data, offsets = 0x70 + 4 * len(made), b"", []
    for text in made:
        offsets.append(start + len(data))
        data += _uleb128(len(text.encode("utf-16-le")) // 2) + _modified_utf8(text) + b"\0"
    numbers = [start + len(data), 0x70, 0x12345678, 0, 0, 0, len(made), 0x70, *[0] * 10]
    numbers += [len(data), start]
    tail = pack("<20I", *numbers) + pack(f"<{len(made)}I", *offsets) + data
    signed = sha1(tail, usedforsecurity=False).digest() + tail
    return b"dex\n" + version + b"\0" + pack("<I", zlib.adler32(signed)) + signed


def _modified_utf8(text: str) -> bytes:
    raw = text.encode("utf-16-le")
    units = (raw[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(raw), 2))
    return b"".join(it.encode("utf-8", "surrogatepass") for it in units).replace(b"\0", b"\xc0\x80")


def _uleb128(number: int) -> bytes:
    data = b""
    while number >= 0x80:
        data += bytes((0x80 | number & 0x7F,))
        number >>= 7
    return data + bytes((number,))


def _field(number: int, value: bytes | int) -> bytes:
    """A field of a protobuf message."""
    if isinstance(value, int):
        return _uleb128(number << 3) + _uleb128(value)
    return _uleb128(number << 3 | 2) + _uleb128(len(value)) + value


def make_xml_node(node: Node) -> bytes:
    """An XmlNode of Resources.proto."""
    body = _field(1, _field(1, b"android") + _field(2, _ANDROID.encode()))
    return _field(1, body + _xml_element(node))


def _xml_element(node: Node) -> bytes:
    body = _field(3, node.tag.encode())
    for name, value in node.attributes.items():
        raw = str(value).lower() if isinstance(value, bool) else str(value)
        attribute = _field(1, _ANDROID.encode()) if name in _IDS else b""
        attribute += _field(2, name.encode()) + _field(3, raw.encode())
        if isinstance(value, Ref):
            attribute += _field(6, _field(1, _field(2, value.number)))
        body += _field(4, attribute)
    return body + b"".join(_field(5, _field(1, _xml_element(it))) for it in node.children)


def make_resource_table(texts: Mapping[str, str | Ref]) -> bytes:
    """A ResourceTable of Resources.proto, with the same ids as make_arsc."""
    entries = b""
    for at, (name, value) in enumerate(texts.items()):
        if isinstance(value, Ref):
            item = _field(1, _field(2, value.number))
        else:
            item = _field(2, _field(1, value.encode()))
        config = _field(6, _field(1, b"") + _field(2, _field(4, item)))
        entries += _field(3, _field(1, _field(1, at)) + _field(2, name.encode()) + config)
    kind = _field(1, _field(1, 1)) + _field(2, b"string") + entries
    package = _field(1, _field(1, 0x7F)) + _field(2, b"com.example.app") + _field(3, kind)
    return _field(1, _field(1, make_pool(["res/values/strings.xml"], utf8=True))) + _field(
        2, package
    )


def _assets(files: Mapping[str, bytes], folder: str = "assets/") -> dict[str, bytes]:
    return {folder + name: data for name, data in files.items()}


def _texts(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: data.decode() for name, data in files.items()}


SAMPLES: dict[str, Callable[[Mapping[str, bytes]], bytes]] = {
    "apk": lambda files: make_apk(files=_assets(files)),
    "apk: code": lambda files: make_apk(
        files={"classes2.dex": make_dex(list(_texts(files).values()))}
    ),
    "apk: resources": lambda files: make_apk(files={"resources.arsc": make_arsc(_texts(files))}),
    "aab": lambda files: make_aab(files=_assets(files, "base/assets/")),
    "aab: resources": lambda files: make_aab(
        files={"base/resources.pb": make_resource_table(_texts(files))}
    ),
    "xapk": lambda files: make_xapk(make_apk(files=_assets(files))),
    "apkm": lambda files: make_apkm(make_apk(files=_assets(files))),
    "apks": lambda files: make_apks(make_apk(files=_assets(files))),
    "aar": lambda files: make_aar(files=files),
    "dex": lambda files: make_dex(list(_texts(files).values())),
    "axml": lambda files: make_axml(make_manifest(metadata=_texts(files))),
    "axml in utf-8": lambda files: make_axml(make_manifest(metadata=_texts(files)), utf8=True),
    "arsc": lambda files: make_arsc(_texts(files)),
    "arsc in utf-16": lambda files: make_arsc(_texts(files), utf8=False),
    "resources.pb": lambda files: make_resource_table(_texts(files)),
    "protobuf xml": lambda files: make_xml_node(make_manifest(metadata=_texts(files))),
}
