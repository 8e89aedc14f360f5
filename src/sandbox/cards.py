"""Login cards: whom one can log in as, for a terminal and as a page of the documentation.

`python -m sandbox.cards` writes docs/login-cards.md anew from the page of inhabitants.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox import charges, city
from sandbox.city import Inhabitant
from sandbox.employees import EMPLOYEES

PAGE = Path(__file__).parents[2] / "docs" / "login-cards.md"

SHORT_LIST = ("anna", "bo", "clara", "dan", "erik", "hanne", "mette", "ulla")
STAFF_SHORT_LIST = ("ditte", "leif", "rosa", "otto")

_HEAD = """\
# Login cards

Whom one can log in as in the sandbox: choose a name, or type the short one. Nobody here exists;
their person numbers and inboxes are on the sandbox's own page. Drawn from `src/sandbox/city.py` by
`python -m sandbox.cards` (with `PYTHONPATH=src`); a test says when it is out of date.

*Buys* pays for the permit, *free* gets one without paying, *refused* is told why, and *open* waits
for a register or a case worker. The answer is about the first plate.
"""

_OFFICE = """\
## The office

The portal's `/office/` has the municipality's own login. The demo lets these people in; a portal
elsewhere knows nobody until `./portal staff add` names somebody.
"""


_CHARGES = """\
## Parking charges

Whoever is not logged in finds a charge by its number and plate. Dates follow the day on which the
town begins; the numbers stay. Drawn from `src/sandbox/charges.py`.
"""

CHARGE_SHORT_LIST = ("anna-open", "tine-permit-slip", "fie-owed")


def as_text(address: str, portal: str) -> str:
    """The most useful cards, for a terminal; `address` is where the sandbox shows all of them."""
    lines = []
    for slug in SHORT_LIST:
        card = city.inhabitant(slug)
        if card is None:
            raise LookupError(slug)
        plates = ", ".join(city.plates(card))
        lines.append(f"  {card.slug:<6} {plates:<8} {card.outcome:<8} {card.story_en}")
    lines.append(f"  all {len(city.INHABITANTS)} and their inboxes: {address}/")
    staff = {each.slug: " and ".join(each.roles) for each in EMPLOYEES}
    named = ", ".join(f"{slug} ({staff[slug]})" for slug in STAFF_SHORT_LIST)
    for number, seed in charges.numbered():
        if seed.slug in CHARGE_SHORT_LIST:
            lines.append(f"  charge {number} of {seed.plate}: {seed.story_en}")
    lines.append(f"  the office: {portal}/office/ as {named}")
    return "\n".join(lines) + "\n"


def as_page() -> str:
    """All cards, as the page of the documentation."""
    parts = [_HEAD]
    for chapter, people in city.CAST.items():
        rows = "\n".join(_row(card) for card in people)
        parts.append(
            f"## {chapter}\n\n"
            "| log in as | plates | home | answer | why |\n|---|---|---|---|---|\n"
            f"{rows}\n"
        )
    rows = "\n".join(
        f"| `{each.slug}`: {each.name} | {', '.join(each.roles) or 'none'} | {each.story_en} |"
        for each in EMPLOYEES
    )
    slips = "\n".join(
        f"| `{number}` | `{seed.plate}` | `{charges.code_of(number)}` "
        f"| {', '.join(seed.offences)} | {seed.story_en} |"
        for number, seed in charges.numbered()
    )
    parts.append(
        f"{_CHARGES}\n| number | plate | code | offence | why |\n|---|---|---|---|---|\n{slips}\n"
    )
    parts.append(f"{_OFFICE}\n| log in as | roles | who |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def as_staff_list() -> str:
    """Those who shall work in the office of a demo: a name and a role on each line."""
    lines = [f"{each.name_id} {role}" for each in EMPLOYEES for role in each.roles]
    return "\n".join(lines) + "\n"


def _row(card: Inhabitant) -> str:
    plates = ", ".join(f"`{plate}`" for plate in city.plates(card))
    cells = (f"`{card.slug}`: {card.name}", plates, home_of(card), card.outcome, card.story_en)
    return f"| {' | '.join(cells)} |"


def home_of(card: Inhabitant) -> str:
    """Where somebody lives, in words that may be shown."""
    home = city.home(card)
    if card.protected:
        return "protected"
    return "none" if home is None else f"{home.line}, {home.postcode} {home.district}"


if __name__ == "__main__":
    PAGE.write_text(as_page(), "utf-8")
    sys.stdout.write(f"{PAGE.name} is written\n")
