"""Windows with their hits in, candidates out: by the rules, in what is encoded, by plugins."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from leakguard.matcher import Hits, Matcher
from leakguard.model import Candidate, Skip, Window
from leakguard.policy import Policy
from leakguard.pragmas import Heads
from leakguard.scanner import Scanner

if TYPE_CHECKING:
    from leakguard.encoded import Decoder
    from leakguard.plugins import Plugins


class Confirmer:
    """For one source or share of it, windows in its order; for one thread."""

    def __init__(self, matcher: Matcher, policy: Policy, plugins: "Plugins | None" = None) -> None:
        self.matcher = matcher
        self._plugins = plugins
        self._scanner = Scanner(matcher, policy.min_confidence)
        self._decoder: Decoder | None = None
        self._heads = Heads()
        self.crowded: list[Skip] = []
        """What a blob had too much of; for a path, they have the piece's key."""

    def candidates(self, window: Window, hits: Hits) -> Iterator[Candidate]:
        """What is confirmed in a window, in its order: what is encoded comes behind the rest.

        Left out is what no path could make sure enough for the policy.
        """
        self._heads.look(window)
        more = self._plugins.candidates(window) if self._plugins else ()
        plain: list[Candidate] = []
        for found in chain(self._scanner.candidates(window, hits), more):
            if isinstance(found, Skip):
                self.crowded.append(found)
            else:
                plain.append(found)
                yield self._heads.marked(found)
        if not hits:
            return
        for found in self._decoding().candidates(window, hits, plain):
            if isinstance(found, Skip):
                self.crowded.append(found)
            else:
                yield self._heads.marked(found)

    def _decoding(self) -> "Decoder":
        if self._decoder is None:
            from leakguard.encoded import Decoder  # 10 ms that a commit without hits need not spend

            self._decoder = Decoder(self.matcher)
        return self._decoder
