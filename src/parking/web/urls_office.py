"""The addresses of the office: the same in every language, below one path, for its own cookie."""

from __future__ import annotations

from django.urls import path

from parking.web.office import (
    applications,
    cases,
    changed,
    charge_desk,
    charges,
    complaints,
    door,
    operations,
    own_accord,
    people,
    stops,
)

_CASE = "cases/<uuid:case_id>/"
_CHARGE = "charges/<uuid:charge_id>/"
_OWN_ACCORD = "own-accord/<uuid:annulment_id>/"

urlpatterns = [
    path("", door.office, name="office"),
    path("login/", door.log_in, name="office-login"),
    path("logout/", door.log_out, name="office-logout"),
    path("language/", door.speak, name="office-language"),
    path("saml/metadata", door.saml_metadata, name="office-saml-metadata"),
    path("saml/acs", door.arrive, name="office-saml-acs"),
    path("saml/logout", door.saml_logout, name="office-saml-logout"),
    path("queue/", cases.queue, name="office-queue"),
    path("search/", cases.search, name="office-search"),
    path(_CASE, cases.case, name="office-case"),
    path(f"{_CASE}open/", cases.open_case, name="office-case-open"),
    path(f"{_CASE}take/", cases.take, name="office-case-take"),
    path(f"{_CASE}put-back/", cases.put_back, name="office-case-put-back"),
    path(f"{_CASE}ask-registers/", applications.ask_registers, name="office-case-ask-registers"),
    path(f"{_CASE}look-again/", changed.look_again, name="office-case-look-again"),
    path(f"{_CASE}work/", cases.work, name="office-case-work"),
    path(f"{_CASE}reveal/", applications.reveal, name="office-case-reveal"),
    path(f"{_CASE}documents/<uuid:document_id>/", applications.document, name="office-document"),
    path(f"{_CASE}letters/<uuid:letter_id>/", applications.letter, name="office-letter"),
    path(f"{_CASE}reopen/", complaints.reopen, name="office-case-reopen"),
    path(f"{_CASE}files/<uuid:file_id>/", complaints.file, name="office-complaint-file"),
    path(f"{_CASE}photos/<int:number>/", charge_desk.photo, name="office-charge-photo"),
    path(f"{_CASE}stop/", stops.stop_case, name="office-case-stop"),
    path(f"{_CASE}lift/", stops.lift_case, name="office-case-lift"),
    path(_CHARGE, charges.charge, name="office-charge"),
    path(f"{_CHARGE}open/", charges.open_charge, name="office-charge-open"),
    path(f"{_CHARGE}stop/", stops.stop_charge, name="office-charge-stop"),
    path(f"{_CHARGE}lift/", stops.lift_charge, name="office-charge-lift"),
    path(f"{_CHARGE}photos/<int:number>/", charges.photo, name="office-photo"),
    path(f"{_CHARGE}annul/", own_accord.annul_charge, name="office-charge-annul"),
    path("own-accord/", own_accord.annulments, name="office-own-accords"),
    path("own-accord/new/", own_accord.propose, name="office-own-accord-new"),
    path(_OWN_ACCORD, own_accord.annulment, name="office-own-accord"),
    path(f"{_OWN_ACCORD}answer/", own_accord.answer, name="office-own-accord-answer"),
    path("complaints/register/", complaints.register, name="office-register"),
    path("operations/", operations.operations, name="office-operations"),
    path("operations/fetch-map/", operations.fetch_map, name="office-fetch-map"),
    path("operations/report/<int:year>/", operations.report, name="office-report"),
    path("operations/<int:incident_id>/", operations.incident, name="office-incident"),
    path("operations/<int:outgoing_id>/again/", operations.try_again, name="office-try-again"),
    path("people/", people.people, name="office-people"),
    path("people/<uuid:staff_id>/disable/", people.disable, name="office-disable"),
]
