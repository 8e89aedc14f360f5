"""A file of a complaint in pieces, for the script that goes on after a break: no page of its own.

It speaks much as tus does: HEAD says how far the file has come, PATCH brings what begins there.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, UnreadablePostError
from django.views.decorators.http import require_http_methods

from parking.actions import complain, complaint_pieces, complaint_room, files
from parking.actions.complaint_pieces import Coming
from parking.law.complaint import Document
from parking.records.complaint import Complaint
from parking.web import access, uploads
from parking.web.access import Request
from parking.web.citizen.opening import opened

_MARK: Final = re.compile("[0-9a-f]{64}")


@access.slip
@require_http_methods(["GET", "HEAD", "PATCH"])
def piece(request: Request, charge_id: UUID, complaint_id: UUID, mark: str) -> HttpResponse:
    """Tell how far a file has come, or take what comes next."""
    complaint = complain.complaint_of(
        opened(request, charge_id),
        complaint_id,
        party=request.party,
        opened=request.visit.complaints,
    )
    if not _MARK.fullmatch(mark):
        raise Http404
    if request.method != "PATCH":
        return _come_to(complaint, mark)
    coming, came = _coming(request, mark), _body(request)
    try:
        complaint_room.count_sent(
            complaint,
            request.META["REMOTE_ADDR"],
            name=coming.name,
            size=len(came),
            now=request.now,
        )
        complaint_pieces.add(
            request.outside.scanner,
            complaint,
            coming,
            kind=_kind(request),
            offset=_number(request, "Upload-Offset"),
            piece=came,
            now=request.now,
        )
    except files.Refused as refused:
        said = uploads.refusal(refused)
        return HttpResponse(said, content_type="text/plain; charset=utf-8", status=422)
    except complaint_pieces.NotThere as there:
        return _told(409, there.offset)
    return _come_to(complaint, mark)


def _come_to(complaint: Complaint, mark: str) -> HttpResponse:
    if complaint_pieces.come_whole(complaint, mark) is not None:
        response = HttpResponse(status=204)
        response["Upload-Complete"] = "?1"
        return response
    return _told(204, complaint_pieces.come_to(complaint, mark))


def _told(status: int, offset: int) -> HttpResponse:
    response = HttpResponse(status=status)
    response["Upload-Offset"] = str(offset)
    return response


def _coming(request: Request, mark: str) -> Coming:
    name = files.plain_name(unquote(request.headers.get("Upload-Name", "")))
    return Coming(mark=mark, name=name, size=_number(request, "Upload-Length"))


def _kind(request: Request) -> Document:
    try:
        return Document(request.headers.get("Upload-Kind", ""))
    except ValueError:
        raise BadRequest("no kind of file") from None


def _number(request: Request, header: str) -> int:
    try:
        return int(request.headers.get(header, ""))
    except ValueError:
        raise BadRequest(f"no {header}") from None


def _body(request: Request) -> bytes:
    try:
        return request.body
    except UnreadablePostError:  # the line broke: nobody hears the answer
        raise BadRequest("half a piece") from None
