"""A linear scale of a plot, and where its ticks go."""

import math
from dataclasses import dataclass

LARGEST = 1e15
"""Beyond it a float no longer tells one unit from the next, and no meter of a charge point gets there."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high`, which differ, on pixels from `begin` to `end`."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value stands; one that is off the scale stands at its edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self, most: int) -> list[float]:
        """At most `most` round values, 1, 2 or 5 times a power of ten apart."""
        rough = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [number * step for number in range(first, last + 1)][:most]


def measured(value: object) -> float | None:
    """A value that a meter can show, None for anything else: no number, not finite, or beyond all bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        return None
    return float(value)


def grouped(value: float) -> str:
    """A number for people: thousands apart, no more digits than it needs."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.10g}"
