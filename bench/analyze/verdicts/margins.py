"""How much a case may change and still be called the same."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

#: A share: 1.5%. Of three per cent, half is still told apart from nothing, and from three.
DEFAULT = 0.015


@dataclass(frozen=True)
class Margins:
    """Margins by case.

    Attributes
    ----------
    default : float
        A share.
    patterns : tuple of (str, float)
        As a shell's, over the whole id of a case; the last that fits decides. The brackets
        of an id stand for themselves.
    """

    default: float = DEFAULT
    patterns: tuple[tuple[str, float], ...] = ()

    def of(self, name: str) -> float:
        """Return the margin of a case.

        Parameters
        ----------
        name : str
            Its id.

        Returns
        -------
        float
        """
        found = self.default
        for pattern, margin in self.patterns:
            if fnmatchcase(name, pattern.replace("[", "[[]")):
                found = margin
        return found
