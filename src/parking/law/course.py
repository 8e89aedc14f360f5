"""How a matter moves from state to state: one table, from which everything is read.

The buttons a person sees, the guard that stops a forbidden step and the diagrams in the docs all
come from the same :class:`Course`, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

StateT = TypeVar("StateT", bound=Enum)
StepT = TypeVar("StepT", bound=Enum)


class Actor(Enum):
    """Who takes a step."""

    PARTY = "party"
    CASE_WORKER = "case worker"
    SYSTEM = "system"


class StepNotAllowed(ValueError):
    """The actor cannot take this step from this state."""


@dataclass(frozen=True)
class Course(Generic[StateT, StepT]):
    """Every state, and where each step of each actor leads from it."""

    table: Mapping[StateT, Mapping[tuple[Actor, StepT], StateT]]

    def steps(self, state: StateT, actor: Actor) -> tuple[StepT, ...]:
        """Return the steps *actor* may take from *state*."""
        return tuple(step for who, step in self.table[state] if who is actor)

    def after(self, state: StateT, actor: Actor, step: StepT) -> StateT:
        """Return the state that *step* leads to.

        :raises StepNotAllowed: if *actor* may not take *step* from *state*.
        """
        try:
            return self.table[state][actor, step]
        except KeyError:
            raise StepNotAllowed(f"{actor.value}: {step.value} from {state.value}") from None

    def before(self, actor: Actor, step: StepT) -> tuple[StateT, ...]:
        """Return the states from which *actor* may take *step*."""
        return tuple(state for state, steps in self.table.items() if (actor, step) in steps)

    def final(self) -> tuple[StateT, ...]:
        """Return the states that nothing leads out of."""
        return tuple(state for state, steps in self.table.items() if not steps)

    def diagram(self) -> str:
        """Return the course as a Mermaid state diagram, for the docs."""
        lines = ["stateDiagram-v2"]
        for state, steps in self.table.items():
            lines += [
                f"    {_word(state)} --> {_word(to)}: {who.value}, {step.value}"
                for (who, step), to in steps.items()
            ]
            if not steps:
                lines.append(f"    {_word(state)} --> [*]")
        return "\n".join(lines) + "\n"


def _word(state: Enum) -> str:
    return str(state.value).replace(" ", "_")
