"""How a rule is asked, and how its answer is explained.

A *condition* is one sentence of a regulation, written as a function of the facts it needs: its
parameters name them, and nothing else reaches it. Conditions are put together with :func:`all_of`
("and") and :func:`any_of` ("or") into a *rule*. Asking a rule gives a :class:`Finding`: an answer
and the findings it rests on, so that one finding can be shown to the applicant, weighed by a case
worker and stored with the decision.

There are three answers. A fact that is missing knows who can supply it: while a register or a case
worker owes it the condition is OPEN; what only the applicant could hand in, and has not, is a NO
that says what would change it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeAlias

from parking.law.facts import Missing, Supplier


class Answer(Enum):
    """What a rule says about the facts."""

    YES = "yes"
    NO = "no"
    OPEN = "open"  #: somebody else than the applicant owes a fact; asking again may settle it


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says about one set of facts."""

    rule: str
    answer: Answer
    cites: str = ""
    looked_at: tuple[str, ...] = ()  #: the facts a condition looked at, by name
    missing: tuple[tuple[str, Supplier], ...] = ()  #: facts that were not there, and who has them
    because: tuple[Finding, ...] = ()

    def reasons(self) -> Iterator[Finding]:
        """Yield the conditions that settled the answer, in the regulation's order."""
        if not self.because:
            yield self
        for finding in self.because:
            if finding.answer is self.answer:
                yield from finding.reasons()

    def awaited(self) -> tuple[Supplier, ...]:
        """Return who owes a fact that keeps the answer open, each once, in order."""
        if self.answer is not Answer.OPEN:
            return ()
        suppliers = (supplier for finding in self.reasons() for _, supplier in finding.missing)
        return tuple(dict.fromkeys(s for s in suppliers if s is not Supplier.APPLICANT))

    def as_json(self) -> dict[str, Any]:
        """Return the whole tree as it is stored with a decision."""
        return {
            "rule": self.rule,
            "answer": self.answer.value,
            "cites": self.cites,
            "looked_at": list(self.looked_at),
            "missing": [[fact, supplier.value] for fact, supplier in self.missing],
            "because": [finding.as_json() for finding in self.because],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Finding:
        """Return the finding that :meth:`as_json` wrote down."""
        return cls(
            rule=stored["rule"],
            answer=Answer(stored["answer"]),
            cites=stored["cites"],
            looked_at=tuple(stored["looked_at"]),
            missing=tuple((fact, Supplier(who)) for fact, who in stored["missing"]),
            because=tuple(cls.from_json(finding) for finding in stored["because"]),
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """One sentence of a regulation. Made with :func:`condition`."""

    name: str
    text: str
    cites: str
    needs: tuple[str, ...]  #: the facts it may look at; nobody need fetch any other
    holds: Callable[..., bool] = field(repr=False)

    def ask(self, facts: object) -> Finding:
        """Ask about *facts*, some of which may be missing."""
        values = {name: getattr(facts, name) for name in self.needs}
        missing = tuple((n, v.supplier) for n, v in values.items() if isinstance(v, Missing))
        if not missing:
            answer = Answer.YES if self.holds(**values) else Answer.NO
        elif all(supplier is Supplier.APPLICANT for _, supplier in missing):
            answer = Answer.NO
        else:
            answer = Answer.OPEN
        return Finding(self.name, answer, self.cites, looked_at=self.needs, missing=missing)

    def conditions(self) -> Iterator[Condition]:
        """Yield this condition."""
        yield self


@dataclass(frozen=True, slots=True)
class Together:
    """Several rules, of which the first answer found in *order* counts."""

    name: str
    rules: tuple[Rule, ...]
    order: tuple[Answer, Answer, Answer]

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts that any of the rules may look at, each once."""
        return tuple(dict.fromkeys(fact for rule in self.rules for fact in rule.needs))

    def ask(self, facts: object) -> Finding:
        """Ask every rule about *facts*."""
        because = tuple(rule.ask(facts) for rule in self.rules)
        given = {finding.answer for finding in because}
        answer = next(answer for answer in self.order if answer in given)
        return Finding(self.name, answer, because=because)

    def conditions(self) -> Iterator[Condition]:
        """Yield every condition in it, in the regulation's order."""
        for rule in self.rules:
            yield from rule.conditions()


Rule: TypeAlias = Condition | Together


def condition(cites: str) -> Callable[[Callable[..., bool]], Condition]:
    """Turn a function into the condition laid down by the paragraph that *cites* names.

    The function's name is the condition's name and its docstring is the sentence.

    :raises TypeError: if the function has no docstring.
    """

    def make(holds: Callable[..., bool]) -> Condition:
        text = inspect.getdoc(holds)
        if not text:
            raise TypeError(f"{holds.__name__} must say in its docstring what it requires")
        return Condition(
            holds.__name__, text, cites, tuple(inspect.signature(holds).parameters), holds
        )

    return make


def all_of(name: str, *rules: Rule) -> Together:
    """Return the rule that every one of *rules* must hold."""
    return Together(name, rules, (Answer.NO, Answer.OPEN, Answer.YES))


def any_of(name: str, *rules: Rule) -> Together:
    """Return the rule that at least one of *rules* must hold."""
    return Together(name, rules, (Answer.YES, Answer.OPEN, Answer.NO))


def would_help(rule: Rule, facts: Any) -> tuple[str, ...]:
    """Return the documents of which each alone, once handed in, might undo a refusal.

    None of them does when another sentence refuses as well, or when the document would show
    nothing that the rule asks for: a declaration of sole use does not help with a stranger's car.
    """
    not_handed_in = (n for n in rule.needs if getattr(facts, n) == Missing(Supplier.APPLICANT))
    return tuple(
        document
        for document in not_handed_in
        if rule.ask(replace(facts, **{document: Missing(Supplier.CASE_WORKER)})).answer
        is not Answer.NO
    )
