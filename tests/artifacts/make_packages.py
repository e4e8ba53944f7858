"""Packages and container images with the given files in them."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import posixpath
import struct
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from leakguard.artifacts.tree import KeptTree

Files = Mapping[str, bytes]
NOTHING: Files = MappingProxyType({})
NO_LABELS: Mapping[str, str] = MappingProxyType({})


def zipped(files: Files) -> bytes:
    """A zip, in the order given, compressed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def tarred(files: Files) -> bytes:
    """A tar with pax headers where they are needed."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def zstd(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression.zstd import compress
    else:
        from backports.zstd import compress
    return bytes(compress(data))


def tree_of(data: bytes) -> KeptTree:
    """The members of a zip or tar, all of them kept."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            kept = {name: archive.read(name) for name in archive.namelist()}
        return KeptTree(list(kept), kept)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = [(info.name, tar.extractfile(info)) for info in tar.getmembers()]
        kept = {name: file.read() for name, file in files if file}
    return KeptTree(list(kept), kept)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "zst": zstd,
    "bz2": bz2.compress,
    "": bytes,
}


def ar(files: Files) -> bytes:
    parts = [b"!<arch>\n"]
    for name, data in files.items():
        parts.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode())
        parts.append(data + b"\n" * (len(data) % 2))
    return b"".join(parts)


def cpio(files: Files) -> bytes:
    """The `newc` form, as RPM has it."""
    parts = []
    for name, data in [*files.items(), ("TRAILER!!!", b"")]:
        path = name.encode() + b"\0"
        numbers = (1, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        head = b"070701" + b"".join(b"%08x" % number for number in numbers) + path
        parts.append(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))
    return b"".join(parts)


def deb(
    files: Files,
    name: str = "acme-agent",
    version: str = "1.2.3-1",
    packer: str = "xz",
    more: Files = NOTHING,
) -> bytes:
    control = (
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
        "Maintainer: Acme Ltd <dev@acme.example>\nDescription: an agent\n of two lines\n"
    )
    end = f".{packer}" if packer else ""
    return ar(
        {
            "debian-binary": b"2.0\n",
            f"control.tar{end}": PACKERS[packer](tarred({"./control": control.encode()})),
            f"data.tar{end}": PACKERS[packer](tarred({f"./opt/{n}": d for n, d in files.items()})),
            **more,
        }
    )


def rpm_header(entries: list[tuple[int, str]]) -> bytes:
    index, store = b"", b""
    for tag, value in entries:
        index += struct.pack(">IIII", tag, 6, len(store), 1)
        store += value.encode() + b"\0"
    return (
        b"\x8e\xad\xe8\x01"
        + b"\0" * 4
        + struct.pack(">II", len(entries), len(store))
        + (index + store)
    )


def rpm(
    files: Files,
    name: str = "acme-agent",
    version: str = "1.2.3",
    packer: str = "gz",
    release: str = "1",
    script: str = "",
    signed: bool = False,
) -> bytes:
    signature = rpm_header([(268 if signed else 269, "0123456789")])
    signature += b"\0" * (-len(signature) % 8)
    texts = [(1000, name), (1001, version), (1002, release), (1011, "Acme Ltd"), (1024, script)]
    lead = b"\xed\xab\xee\xdb\3\0\0\0\0\1" + name.encode()[:65].ljust(66, b"\0")
    lead += b"\0\1\0\5" + b"\0" * 16
    return lead + signature + rpm_header(texts) + PACKERS[packer](cpio(files))


def manifest(**fields: str) -> bytes:
    lines = ["Manifest-Version: 1.0"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def pom(group: str, artifact: str, version: str) -> Files:
    text = f"#Created by Maven\nartifactId={artifact}\ngroupId={group}\nversion={version}\n"
    return {f"META-INF/maven/{group}/{artifact}/pom.properties": text.encode()}


def jar(
    files: Files, name: str = "acme-core", version: str = "1.2.3", more: Files = NOTHING
) -> bytes:
    title = manifest(Implementation_Title=name)
    return zipped(
        {"META-INF/MANIFEST.MF": title, **pom("com.acme", name, version), **files, **more}
    )


def war(files: Files, name: str = "acme-web", version: str = "1.2.3") -> bytes:
    return jar(files, name, version, {"WEB-INF/web.xml": b"<web-app/>"})


def ear(files: Files, name: str = "acme-suite", version: str = "1.2.3") -> bytes:
    return jar(files, name, version, {"META-INF/application.xml": b"<application/>"})


def core_metadata(name: str, version: str, private: bool = False) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += ["Classifier: Private :: Do Not Upload"] if private else []
    return "\n".join([*lines, "", "A text.", "Name: not this one", ""]).encode()


def wheel(files: Files, name: str = "acme", version: str = "1.2.3", private: bool = False) -> bytes:
    folder = f"{name}-{version}.dist-info"
    return zipped(
        {
            **{f"{name}/{path}": data for path, data in files.items()},
            f"{folder}/METADATA": core_metadata(name, version, private),
            f"{folder}/WHEEL": b"Wheel-Version: 1.0\n",
            f"{folder}/RECORD": b"",
        }
    )


def sdist(files: Files, name: str = "acme", version: str = "1.2.3", private: bool = False) -> bytes:
    top = f"{name}-{version}"
    inner = {f"{top}/PKG-INFO": core_metadata(name, version, private)}
    return gzip.compress(tarred(inner | {f"{top}/{path}": d for path, d in files.items()}))


def egg(files: Files, name: str = "acme", version: str = "1.2.3", private: bool = False) -> bytes:
    return zipped({"EGG-INFO/PKG-INFO": core_metadata(name, version, private), **files})


def nupkg(
    files: Files, name: str = "Acme.Core", version: str = "1.2.3", more: str = "", top: str = ""
) -> bytes:
    nuspec = (
        f'<?xml version="1.0"?>{top}<package xmlns="http://schemas.microsoft.com/packaging/">'
        f"<metadata><id>{name}</id><version>{version}</version>{more}"
        "<dependencies><group><id>Other</id></group></dependencies></metadata></package>"
    )
    return zipped({f"{name}.nuspec": nuspec.encode(), **files})


def gem(files: Files, name: str = "acme", version: str = "1.2.3") -> bytes:
    metadata = (
        f"--- !ruby/object:Gem::Specification\nname: {name}\n"
        f"version: !ruby/object:Gem::Version\n  version: {version}\nplatform: ruby\n"
    )
    return tarred(
        {
            "metadata.gz": gzip.compress(metadata.encode()),
            "data.tar.gz": gzip.compress(tarred(files)),
            "checksums.yaml.gz": gzip.compress(b"---\n"),
        }
    )


def crate(files: Files, name: str = "acme", version: str = "1.2.3", publish: str = "") -> bytes:
    top = f"{name}-{version}"
    cargo = f'[package]\nname = "{name}"\nversion = "{version}"\n{publish}\n'
    inner = {f"{top}/Cargo.toml": cargo.encode(), f"{top}/Cargo.toml.orig": cargo.encode()}
    return gzip.compress(tarred(inner | {f"{top}/{path}": d for path, d in files.items()}))


def conda(files: Files, name: str = "acme", version: str = "1.2.3") -> bytes:
    index = json.dumps({"name": name, "version": version, "build": "py311_0"})
    return bz2.compress(tarred({"info/index.json": index.encode(), **files}))


def image_config(
    env: Sequence[str], labels: Mapping[str, str], history: Sequence[str] = ()
) -> bytes:
    config = {"Env": list(env), "Labels": dict(labels)}
    value = {"architecture": "amd64", "os": "linux", "config": config, "rootfs": {"diff_ids": []},
             "history": [{"created_by": f"RUN /bin/sh -c {step}"} for step in history]}  # fmt: skip
    return json.dumps(value).encode()


def docker(
    files: Files,
    name: str = "registry.acme.example:5000/acme/web",
    version: str = "1.2.3",
    env: Sequence[str] = (),
    labels: Mapping[str, str] = NO_LABELS,
    history: Sequence[str] = (),
    deleted: Sequence[str] = (),
) -> bytes:
    """What `docker save` writes. `deleted` are files that a second layer takes out again."""
    config = image_config(env, labels, history)
    own = hashlib.sha256(config).hexdigest() + ".json"
    layers = {"a/layer.tar": tarred({f"srv/{path}": data for path, data in files.items()})}
    if deleted:
        gone = (f"srv/{posixpath.dirname(it)}/.wh.{posixpath.basename(it)}" for it in deleted)
        layers["b/layer.tar"] = tarred(dict.fromkeys(gone, b""))
    entry = {"Config": own, "RepoTags": [f"{name}:{version}"], "Layers": list(layers)}
    manifest = json.dumps([entry]).encode()
    return tarred({**layers, own: config, "manifest.json": manifest})


def oci(
    files: Files,
    name: str = "registry.acme.example/acme/web",
    version: str = "1.2.3",
    env: Sequence[str] = (),
    labels: Mapping[str, str] = NO_LABELS,
) -> bytes:
    blobs: dict[str, bytes] = {}

    def blob(data: bytes) -> dict[str, str]:
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}"}

    layer = blob(gzip.compress(tarred({f"srv/{path}": data for path, data in files.items()})))
    manifest = {"config": blob(image_config(env, labels)), "layers": [layer]}
    entry = blob(json.dumps(manifest).encode())
    notes = {"org.opencontainers.image.ref.name": f"{name}:{version}"}
    index = {"schemaVersion": 2, "manifests": [{**entry, "annotations": notes}]}
    return tarred(
        {
            "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
            "index.json": json.dumps(index).encode(),
            **blobs,
        }
    )


SAMPLES: dict[str, Callable[[Files], bytes]] = {
    "deb": deb,
    "deb-gz": lambda files: deb(files, packer="gz"),
    "deb-zst": lambda files: deb(files, packer="zst"),
    "rpm": rpm,
    "rpm-xz": lambda files: rpm(files, packer="xz"),
    "rpm-zst": lambda files: rpm(files, packer="zst"),
    "rpm-bz2": lambda files: rpm(files, packer="bz2"),
    "rpm-plain": lambda files: rpm(files, packer=""),
    "jar": jar,
    "war": war,
    "ear": ear,
    "wheel": wheel,
    "sdist": sdist,
    "egg": egg,
    "nupkg": nupkg,
    "gem": gem,
    "crate": crate,
    "conda": conda,
    "docker": docker,
    "docker-deleted": lambda files: docker(files, deleted=list(files)),
    "docker-labels": lambda files: docker({}, labels={n: d.decode() for n, d in files.items()}),
    "docker-history": lambda files: docker({}, history=[d.decode() for d in files.values()]),
    "docker-env": lambda files: docker({}, env=[f"A=x\n{d.decode()}" for d in files.values()]),
    "oci": oci,
}
