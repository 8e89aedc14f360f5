"""Money: whole øre, never a float, and a division that adds up to what was divided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in Danish kroner, kept as whole *ore* (1 kr = 100 øre). It may be negative."""

    ore: int

    def __post_init__(self) -> None:
        if type(self.ore) is not int:
            raise TypeError(f"money is whole øre, not {self.ore!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.ore + other.ore)

    def __sub__(self, other: Money) -> Money:
        return Money(self.ore - other.ore)

    def __mul__(self, times: int) -> Money:
        return Money(self.ore * times)

    def __neg__(self) -> Money:
        return Money(-self.ore)

    def __bool__(self) -> bool:
        return self.ore != 0

    def __str__(self) -> str:
        """Return the amount as it is written in Danish, ``1.310,00 kr.`` for instance."""
        kroner, ore = divmod(abs(self.ore), 100)
        sign = "-" if self.ore < 0 else ""
        return f"{sign}{kroner:,}".replace(",", ".") + f",{ore:02} kr."

    def split(self, parts: int) -> tuple[Money, ...]:
        """Return *parts* amounts that add up to this one and differ by one øre at most.

        The larger ones come first.

        :raises ValueError: if *parts* is not positive.
        """
        if parts < 1:
            raise ValueError(f"an amount cannot be divided into {parts} parts")
        each, over = divmod(self.ore, parts)
        return tuple(Money(each + 1) if part < over else Money(each) for part in range(parts))


NOTHING = Money(0)


def kroner(amount: int) -> Money:
    """Return *amount* whole kroner."""
    return Money(amount * 100)


def total(amounts: Iterable[Money]) -> Money:
    """Return what *amounts* add up to; nothing at all is 0 kr."""
    return Money(sum(amount.ore for amount in amounts))
