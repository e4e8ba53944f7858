"""Sources whose keys are paths, and which know nothing of earlier versions."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from leakguard.model import Place
from leakguard.sources import Counts


class Loose:
    """Answers where its blobs are; a subclass hands them out."""

    def places(
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        return {key: (Place(key),) for key in keys}

    def adds(self, place: Place, secret: bytes) -> bool:
        return True

    def former(self, place: Place) -> Sequence[str]:
        return ()

    def notes(self) -> list[str]:
        return []
