"""Files made to crash, hang or fill the memory end in time, as findings or as skips."""

import bz2
import gzip
import io
import json
import lzma
import resource
import struct
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.artifacts.make_archives import zipped
from tests.helpers import MEASURED
from tests.tokens import github_pat

MIB = 1 << 20
SECONDS, MEMORY = 10.0, 400 * MIB


def gzip_bomb() -> bytes:
    """20 GB of zeros in 20 MB: many streams behind one another."""
    return gzip.compress(bytes(64 * MIB), 9) * 320


def zip_of_zips() -> bytes:
    """Each level holds the one below sixteen times."""
    data = zipped({"zeros": bytes(16 * MIB)})
    for _ in range(5):
        data = zipped({f"{number}.zip": data for number in range(16)})
    return data


def overlapping_zip() -> bytes:
    """Every entry of the directory names the same bytes (David Fifield's full overlap)."""
    inner = zlib.compress(bytes(8 * MIB), 9)[2:-4]
    crc, size = zlib.crc32(bytes(8 * MIB)), 8 * MIB
    fields = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0, crc, len(inner), size)
    local = b"PK\x03\x04" + fields + struct.pack("<HH", 1, 0) + b"a" + inner
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + fields
    entry += struct.pack("<HHHHHII", 1, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + b"%c" % (97 + number % 26) for number in range(5000))
    end = struct.pack("<HHHHIIH", 0, 0, 5000, 5000, len(directory), len(local), 0)
    return local + directory + b"PK\x05\x06" + end


def crowded_zip() -> bytes:
    """200,000 empty members."""
    local = b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    entry = b"PK\x01\x02" + struct.pack(
        "<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0
    )
    directory = (entry + b"a") * 65_000
    end = struct.pack("<HHHHIIH", 0, 0, 65_000, 65_000, len(directory), len(local), 0)
    return local + directory + b"PK\x05\x06" + end


def endless_tar() -> bytes:
    """A header whose size leads back to itself: CVE-2025-8194."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    header = bytearray(target.getvalue()[:512])
    header[124:136] = b"\xff" * 10 + b"\xfe\x00"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) * 4


def deep_gzip() -> bytes:
    data = b"deep"
    for _ in range(3000):
        data = gzip.compress(data, 1)
    return data


def deep_tar() -> bytes:
    data = b"deep"
    for _ in range(40):
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w") as archive:
            info = tarfile.TarInfo("a")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        data = target.getvalue()
    return data


def deep_asar() -> bytes:
    text = b'{"files":{"a":' * 50_000 + b'{"size":1,"offset":"0"}' + b"}}" * 50_000
    return struct.pack("<4I", 4, len(text) + 8, len(text) + 4, len(text)) + text + b"x"


def greedy_xz() -> bytes:
    """A dictionary of 1 GiB."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
    data = bytearray(lzma.compress(b"x" * 1000, lzma.FORMAT_XZ, filters=filters))
    at = data.index(b"\x21\x01", 12) + 2
    data[at] = 36
    data[20:24] = struct.pack("<I", zlib.crc32(data[12:20]))
    return bytes(data)


def cut_off(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def lying_sizes() -> bytes:
    """The directory says one byte, and there is a megabyte."""
    data = bytearray(zipped({"a": bytes(MIB)}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 1)
    data[22:26] = struct.pack("<I", 1)
    return bytes(data)


def plist_bomb() -> bytes:
    """Arrays that each hold the next one 255 times."""
    objects = [b"\xaf\x10\xff" + bytes((number + 1,)) * 255 for number in range(60)] + [b"\x08"]
    body, offsets = b"bplist00", []
    for item in objects:
        offsets.append(len(body))
        body += item
    table = b"".join(struct.pack(">I", offset) for offset in offsets)
    return body + table + struct.pack(">6xBBQQQ", 4, 1, len(objects), 0, len(body))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "gzip bomb": gzip_bomb,
    "bzip2 bomb": lambda: bz2.compress(bytes(32 * MIB)) * 400,
    "xz bomb": lambda: lzma.compress(bytes(256 * MIB), preset=0) * 8,
    "zip of zips": zip_of_zips,
    "zip bomb": lambda: zipped({f"{number}": bytes(40 * MIB) for number in range(8)}),
    "overlapping zip": overlapping_zip,
    "crowded zip": crowded_zip,
    "lying sizes": lying_sizes,
    "endless tar": endless_tar,
    "deep gzip": deep_gzip,
    "deep tar": deep_tar,
    "deep asar": deep_asar,
    "greedy xz": greedy_xz,
    "plist bomb": plist_bomb,
    "cut off zip": lambda: cut_off(zipped({"a": bytes(range(256)) * 4000})),
    "cut off gzip": lambda: cut_off(gzip.compress(bytes(range(256)) * 4000)),
    "deep json": lambda: b'{"version":3,"sources":' + b"[" * 200_000,
    "deep der": lambda: b"\x30\x80" * 40_000 + b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
}


READ_WHOLE = frozenset(("deep asar", "deep der", "deep json", "plist bomb", "zip bomb"))
"""Small enough, or no container after all: their bytes are scanned. Of the others something is not
looked at, which has to be said."""


def seconds_of_children() -> float:
    """Of the processor: how busy the machine is does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux does")
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_it_ends_in_time_within_its_memory(
    name: str, tmp_path: Path, process_environment: dict[str, str]
) -> None:
    (tmp_path / "hostile").write_bytes(HOSTILE[name]())
    (tmp_path / "leak").write_text(f"x = {github_pat()}\n")
    warm_up = [sys.executable, "-m", "leakguard", "scan", "leak"]  # compiles the rules
    subprocess.run(warm_up, cwd=tmp_path, env=process_environment, capture_output=True, check=False)

    started = seconds_of_children()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "scan", "--format", "json", "hostile", "leak"],
        cwd=tmp_path, env=process_environment, capture_output=True, text=True, check=False,
        preexec_fn=limit,
    )  # fmt: skip

    assert seconds_of_children() - started < SECONDS
    assert done.returncode == 1, done.stderr
    assert int(done.stderr.split()[-1]) * 1024 < MEMORY
    report = json.loads(done.stdout)
    assert [finding["path"] for finding in report["findings"]] == ["leak"]
    assert bool(report["skips"]) == (name not in READ_WHOLE)
