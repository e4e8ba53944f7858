"""A source around another one: how several processes read it is up to the inner one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from leakguard.model import Place, Skip, Window
from leakguard.sources import Shareable, Source


class Around(ABC):
    """Hands on what the source inside answers; a subclass adds what it tells and hears."""

    def __init__(self, source: Source) -> None:
        self.tally = source.tally
        self.root = source.root
        self._source = source
        self._shared = source if isinstance(source, Shareable) else None

    @abstractmethod
    def _through(self, items: Iterable[Window | Skip]) -> Iterator[Window | Skip]:
        """The items of the source inside, on their way out."""

    def parts(self) -> int:
        return self._shared.parts() if self._shared else 0

    def close(self) -> None:
        if self._shared:
            self._shared.close()

    @property
    def others(self) -> Callable[[], None] | None:
        return self._shared.others if self._shared else None

    @others.setter
    def others(self, wait: Callable[[], None] | None) -> None:
        if self._shared:
            self._shared.others = wait

    def share(self, claims: Iterable[int]) -> Iterator[Window | Skip]:
        if self._shared:
            yield from self._through(self._shared.share(claims))

    def _told_inside(self) -> Any:
        return self._shared.told() if self._shared else None

    def _hear_inside(self, told: Any) -> None:
        if self._shared:
            self._shared.hear(told)

    def adds(self, place: Place, secret: bytes) -> bool:
        return self._source.adds(place, secret)

    def former(self, place: Place) -> Sequence[str]:
        return self._source.former(place)
