"""What every case has on its page, whatever it is about, and who shows the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from parking.actions import casework, wording
from parking.actions import staff as actions
from parking.law import case as law
from parking.law.course import Actor
from parking.law.staff import Right
from parking.records.case import Case
from parking.web.office.door import StaffRequest


@dataclass(frozen=True, slots=True)
class Desk:
    """How cases about one subject are shown, and what is done to them with reasons."""

    show: Callable[[StaffRequest, Case], HttpResponse]
    work: Callable[[StaffRequest, Case], HttpResponse]


def around(request: StaffRequest, found: Case) -> dict[str, Any]:
    """Return what the page of any case shows around its subject."""
    mine = found.taken_by_id == request.staff.staff_id
    allowed = law.COURSE.steps(found.stands, Actor.CASE_WORKER)
    decides = Right.DECIDE in request.staff.rights
    return {
        "case": found,
        "kind": wording.case_kind(found.about),
        "state": wording.state(found.stands),
        "purpose": actions.purpose_of(request.staff, found),
        "history": list(_history(found)),
        "can_take": decides and law.Step.TAKE in allowed,
        "can_put_back": decides
        and law.Step.PUT_BACK in allowed
        and (mine or Right.REASSIGN in request.staff.rights),
    }


def has_it(request: StaffRequest, found: Case) -> bool:
    """Tell whether whoever asks has the case, and may decide it."""
    mine = found.taken_by_id == request.staff.staff_id
    return mine and Right.DECIDE in request.staff.rights


def as_shown(request: StaffRequest, found: Case) -> int:
    """Return the version of the case that the page showed.

    :raises ChangedMeanwhile: if it is another by now, or somebody else's.
    """
    if found.taken_by_id != request.staff.staff_id or found.version != version_of(request):
        raise casework.ChangedMeanwhile(found.number)
    return found.version


def version_of(request: StaffRequest) -> int:
    """Return which version of a case a form was made for."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004


def _history(found: Case) -> Iterator[dict[str, Any]]:
    yield {"at": found.opened, "who": wording.actor(Actor.SYSTEM), "what": _("Åbnet"), "text": ""}
    for step in found.steps.select_related("staff"):
        who = wording.actor(Actor(step.actor))
        yield {
            "at": step.at,
            "who": f"{who}: {step.staff.name}" if step.staff else who,
            "what": wording.step(law.Step(step.step)),
            "text": step.text,
        }
