"""A zip in a zip, read for a few of its members: the main app of a set of split apps."""

import zipfile
import zlib
from collections.abc import Sequence
from io import BytesIO

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.content import Buffer

_END, _END_BYTES = b"PK\x05\x06", 22 + 0xFFFF
_LOCATOR = b"PK\x06\x07"
_DAMAGED = (OSError, EOFError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile)


class InnerZip:
    """A Tree over the bytes of a zip."""

    def __init__(self, data: bytes) -> None:
        """Raises ArtifactError when it cannot be opened."""
        tail = data[-_END_BYTES:]
        at = tail.rfind(_END)
        size = int.from_bytes(tail[at + 12 : at + 16], "little")
        if (
            at < 0
            or size > limits.ARTIFACT_METADATA_BYTES
            or _LOCATOR in tail[max(0, at - 20) : at]
        ):
            raise ArtifactError("no zip, or one with too many members")
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except Exception as error:
            raise ArtifactError("a zip that is damaged") from error
        self.names: Sequence[str] = [
            name for name in self._zip.namelist() if not name.endswith("/")
        ]
        self.data: Buffer | None = data

    def read(self, name: str, most: int = limits.ARTIFACT_METADATA_BYTES) -> bytes:
        """The bytes of a member. Raises KeyError or ArtifactError."""
        info = self._zip.getinfo(name)
        try:
            with self._zip.open(info) as member:
                data = member.read(most + 1)
        except _DAMAGED as error:
            raise ArtifactError("a damaged member") from error
        if len(data) > most:
            raise ArtifactError(f"larger than {most >> 20} MiB")
        return data
