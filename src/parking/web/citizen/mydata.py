"""One's own data: who has looked at it, a copy to take along, and having it erased."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.core.paginator import Paginator
from django.db.models import CharField
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import limit, mydata, recheck, wording
from parking.law.days import danish_day
from parking.law.facts import Supplier
from parking.law.retention import Matter
from parking.records.application import Application
from parking.records.audit import LookUp
from parking.records.case import Case
from parking.web.access import PartyRequest, party

_ON_A_PAGE: Final = 50

_PURPOSES: Final[Mapping[str, Any]] = {
    "resident permit": _("For at se, om du kan få en beboerlicens, og hvad den koster."),
    "number of a login": _("For at se, om du har fået et nyt CPR-nummer."),
    "check of a charge": _("For at se, om en parkeringsafgift er givet med rette."),
    recheck.PURPOSE: _(
        "For at se, om din licens stadig kan gælde. Det ser vi efter med mellemrum."
    ),
}
_SEEN: Final[Mapping[str, Any]] = {
    "not found": _("Der var intet at finde."),
    "unavailable": _("Registret svarede ikke."),
    "rejected": _("Registret kunne ikke svare på spørgsmålet."),
    "searched": _("Den blev fundet ved en søgning."),
    "photo opened": _("Vagtens billeder af bilen blev åbnet."),
    "document opened": _("Et af dine dokumenter blev åbnet."),
    "letter opened": _("Et brev til dig blev åbnet."),
    "number shown": _("Dit CPR-nummer blev vist."),
    "address shown": _("Din adresse blev vist."),
}


class Look(NamedTuple):
    """One look at somebody's data, in words; at several places at once, if it was."""

    at: datetime
    since: datetime  #: the first of several that are told as one
    times: int
    who: str
    where: list[tuple[str, str]]  #: what was looked at, and what was unusual about it
    why: str
    matter: str
    application: Application | None  #: the matter, to go to


@party()
@require_safe
def look_ups(request: PartyRequest) -> HttpResponse:
    """Tell who has looked at one's data, when and why; the newest first."""
    page = Paginator(mydata.look_ups(request.party), _ON_A_PAGE).get_page(request.GET.get("page"))
    looks = list(page.object_list)
    return render(
        request, "citizen/my-data.html", {"page": page, "looks": _in_words(looks, request)}
    )


def _in_words(looks: list[LookUp], request: PartyRequest) -> list[Look]:
    matters = {look.reference for look in looks}
    mine = Application.objects.annotate(reference=Cast("id", CharField())).filter(
        party=request.party, reference__in=matters
    )
    cases = {
        case.number: case.permit.application if case.permit else case.application
        for case in Case.objects.filter(party=request.party, number__in=matters).select_related(
            "application", "permit__application"
        )
    }
    applications = {str(application.id): application for application in mine}
    return [
        Look(
            at=one[0].at,
            since=one[-1].at,
            times=len({look.at for look in one}),
            who=_who(one[0]),
            where=list(
                dict.fromkeys(
                    (_where(look.register), str(_SEEN.get(look.outcome, ""))) for look in one
                )
            ),
            why=str(_PURPOSES.get(one[0].purpose, one[0].purpose)),
            matter=one[0].reference if one[0].reference in cases else "",
            application=cases.get(one[0].reference) or applications.get(one[0].reference),
        )
        for one in mydata.together(looks)
    ]


def _who(look: LookUp) -> str:
    asked_by = look.asked_by
    if asked_by.startswith("staff "):
        unit = asked_by.removeprefix("staff ")
        return gettext("En sagsbehandler i %(unit)s") % {"unit": unit}
    if asked_by == "system" and look.purpose == "resident permit":
        return gettext("Portalen, mens din ansøgning ventede")
    if asked_by in {"system", recheck.ASKED_BY}:
        return gettext("Portalen, af sig selv")
    return gettext("Portalen, da du selv bad om det")


def _where(register: str) -> str:
    if register == "charge":
        return gettext("din parkeringsafgift")
    return gettext("din sag") if register == "case" else wording.supplier(Supplier(register))


# Taking it along

_TABLES: Final[Mapping[str, Any]] = {
    "party": _("Dig"),
    "login_session": _("Hvor du er logget på"),
    "application": _("Dine ansøgninger"),
    "decision": _("Svarene på dine ansøgninger"),
    "look_up": _("Opslag om dig"),
    "case": _("Dine sager"),
    "case_step": _("Hvad der er sket i dine sager"),
    "supplied": _("Hvad en sagsbehandler har lagt til grund"),
    "document": _("Dine dokumenter"),
    "charge": _("Dine parkeringsafgifter"),
    "charge_check": _("Hvad maskinen har set af dine afgifter"),
    "complaint": _("Dine klager"),
    "complaint_decision": _("Svarene på dine klager"),
    "complaint_file": _("Filer i dine klager"),
    "complaint_message": _("Beskeder i dine klager"),
    "complaint_piece": _("Filer på vej til dine klager"),
    "permit": _("Dine licenser"),
    "order": _("Dine ordrer"),
    "order_line": _("Hvad du har købt"),
    "payment": _("Dine betalinger"),
    "refund": _("Penge, du har fået tilbage"),
    "letter": _("Breve til dig"),
    "reminder": _("Påmindelser til dig"),
}
_COLUMNS: Final[Mapping[str, Any]] = {
    "activated": _("Gyldig siden"),
    "amount_ore": _("Beløb i øre"),
    "answer": _("Svar"),
    "asked_by": _("Hvem spurgte"),
    "assurance": _("Hvor sikkert login er"),
    "at": _("Hvornår"),
    "begun": _("Begyndt"),
    "changed": _("Senest ændret"),
    "closed": _("Afsluttet"),
    "content": _("Fil"),
    "created": _("Oprettet"),
    "customer": _("Kundenummer i regnskabet"),
    "decided": _("Afgjort"),
    "done": _("Udført"),
    "due": _("Frist"),
    "email": _("E-mail"),
    "ended_on": _("Opsagt til"),
    "expires": _("Udløber"),
    "facts": _("Oplysninger"),
    "finding": _("Svaret, regel for regel"),
    "first_seen": _("Første login"),
    "handed_in": _("Afleveret"),
    "kind": _("Slags"),
    "language": _("Sprog"),
    "last_seen": _("Seneste login"),
    "last_used": _("Senest brugt"),
    "masked_card": _("Kort"),
    "method": _("Betalt med"),
    "name": _("Navn"),
    "name_id": _("Dit navn hos MitID"),
    "number": _("Nummer"),
    "opened": _("Oprettet"),
    "original_name": _("Filens navn"),
    "outcome": _("Udfald"),
    "pdf": _("Fil"),
    "period": _("Gælder"),
    "person_number": _("CPR-nummer"),
    "plate": _("Nummerplade"),
    "price_ore": _("Pris i øre"),
    "product": _("Produkt"),
    "purpose": _("Formål"),
    "reason": _("Begrundelse"),
    "reference": _("Sag"),
    "refunded_ore": _("Betalt tilbage i øre"),
    "register": _("Register"),
    "sent": _("Sendt"),
    "settled": _("Afgjort"),
    "state": _("Status"),
    "subject": _("Emne"),
    "taken_ore": _("Betalt i øre"),
    "text": _("Tekst"),
    "total_ore": _("I alt i øre"),
    "uploaded": _("Uploadet"),
    "vehicle": _("Køretøj"),
    "written": _("Skrevet"),
    "zone": _("Zone"),
}
_MOST_COPIES: Final = 5
_COPIES_PER: Final = timedelta(hours=1)


@party(form_at="my-data")
@require_POST
def copy(request: PartyRequest) -> HttpResponse:
    """Give a copy of all there is: a page to read, the same for machines, and the files."""
    bucket = f"copy {request.party.id}"
    limit.take(bucket, most=_MOST_COPIES, per=_COPIES_PER, now=request.now)
    everything = mydata.copy_of(request.party, now=request.now)
    tables = [
        {
            "name": _TABLES.get(table.name, table.name),
            "rows": [
                [
                    {
                        "label": _COLUMNS[name],
                        "value": _readable(value),
                        "is_file": isinstance(value, str) and value in everything.files,
                    }
                    for name, value in row.items()
                    # What only programs need, keys for instance, is in the file for them.
                    if name in _COLUMNS and value not in (None, "", [], {})
                ]
                for row in table.rows
            ],
        }
        for table in everything.tables
        if table.rows
    ]
    page = render_to_string("citizen/my-data-copy.html", {"made": request.now, "tables": tables})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(gettext("laes-mig.html"), page)
        archive.writestr("data.json", everything.as_json())
        for name, content in everything.files.items():
            archive.writestr(name, content)
    response = HttpResponse(packed.getvalue(), content_type="application/zip")
    name = gettext("mine-data-%(day)s.zip") % {"day": danish_day(request.now).isoformat()}
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _readable(value: object) -> object:
    moment = parse_datetime(value) if isinstance(value, str) and "T" in value else value
    if isinstance(moment, datetime):
        return wording.moment(moment)
    if isinstance(value, date):
        return wording.day(value)
    if isinstance(value, dict):
        parts = (f"{name}: {_readable(part)}" for name, part in value.items() if part)
        return ", ".join(parts)
    if isinstance(value, list):
        return "; ".join(str(_readable(part)) for part in value)
    return value


# Having it erased

_KEPT: Final[Mapping[Matter, tuple[Any, Any]]] = {
    Matter.ACCOUNTS: (
        _("Dine køb og kvitteringer"),
        _("Bogføringsloven siger fem år, regnet fra årets udgang."),
    ),
    Matter.PERMITS: (
        _("Dine licenser og svarene bag dem"),
        _("Du kan klage over dem, og vi skal kunne vise, hvad vi svarede. To år efter sidste dag."),
    ),
    Matter.CASES: (
        _("Sager, som en sagsbehandler har haft"),
        _("Vi har pligt til at gemme, hvad vi har lagt vægt på. To år efter afgørelsen."),
    ),
    Matter.UNFINISHED: (
        _("Ansøgninger fra de sidste fire uger"),
        _("De trækkes tilbage nu. Svaret gemmes lidt endnu, fordi du kan klage over det."),
    ),
    Matter.DOCUMENTS: (
        _("Dokumenter, du har afleveret"),
        _("De hører til en sag. Et år efter, at sagen er afgjort."),
    ),
    Matter.CHARGES: (
        _("Dine parkeringsafgifter"),
        _("Vi har pligt til at gemme, hvad vi har lagt vægt på. Fem år efter sidste ændring."),
    ),
    Matter.LOOK_UPS: (
        _("Listen over, hvem der har set på dine oplysninger"),
        _("Den passer på dig: Den skal kunne vise misbrug. Et år."),
    ),
    Matter.PARTIES: (
        _("Dit navn, dit CPR-nummer (krypteret) og dit login"),
        _("Vi skal vide, hvem resten handler om. To år efter seneste login, når resten er væk."),
    ),
}


@party()
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: PartyRequest) -> HttpResponse:
    """Erase what can go now, after showing what cannot, why, and until when."""
    if request.method == "POST":
        mydata.erase(request.party, session_key=request.login.session_key, now=request.now)
        return redirect("my-data-erased")
    return render(request, "citizen/my-data-erase.html", {"kept": _kept(request)})


@party()
@require_safe
def erased(request: PartyRequest) -> HttpResponse:
    """Say that it is done, and what is left."""
    return render(request, "citizen/my-data-erased.html", {"kept": _kept(request)})


def _kept(request: PartyRequest) -> list[dict[str, Any]]:
    return [
        {"what": _KEPT[each.matter][0], "why": _KEPT[each.matter][1], "until": each.until}
        for each in mydata.kept(request.party, now=request.now)
    ]
