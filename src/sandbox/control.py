"""The control plane under `/_control/`: the clock, the map, the people, the faults, the journal."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import wfs
from sandbox.front import templates
from sandbox.systems import SYSTEMS
from sandbox.world import World


def routes(world: World) -> list[Route]:
    """The control page for people and its JSON for programs."""
    here = _Control(world)
    return [
        Route("/_control/", here.page, methods=["GET"]),
        Route("/_control/state", here.show_state, methods=["GET"]),
        Route("/_control/clock", _ours(here.set_clock), methods=["POST"]),
        Route("/_control/map", _ours(here.publish_map), methods=["POST"]),
        Route("/_control/city", _ours(here.change_city), methods=["POST"]),
        Route("/_control/faults", _ours(here.set_fault), methods=["POST"]),
        Route("/_control/faults", here.clear_faults, methods=["DELETE"]),
        Route("/_control/faults/clear", _ours(here.clear_faults), methods=["POST"]),
        Route("/_control/journal", here.show_journal, methods=["GET"]),
        Route("/_control/journal", here.clear_journal, methods=["DELETE"]),
        Route("/_control/reset", _ours(here.reset), methods=["POST"]),
    ]


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def _state(self) -> dict[str, object]:
        return {
            "now": self._world.clock.now().isoformat(),
            "offset_seconds": self._world.clock.offset.total_seconds(),
            "faults": self._world.faults.as_list(),
            "systems": [system.name for system in SYSTEMS],
            "portal": self._world.portal,
            "map": wfs.published(self._world),
        }

    async def page(self, request: Request) -> Response:
        latest = self._world.journal.as_list(request.query_params.get("system"))[-60:]
        context = {"state": self._state(), "journal": latest[::-1]}
        return templates.TemplateResponse(request, "control.html", context)

    async def show_state(self, request: Request) -> Response:
        return JSONResponse(self._state())

    async def set_clock(self, request: Request) -> Response:
        asked = await _asked(request)
        clock = self._world.clock
        try:
            if "advance_seconds" in asked:
                clock.advance(float(asked["advance_seconds"]))
            elif "set" in asked:
                clock.set(datetime.fromisoformat(asked["set"]))
            elif asked.get("reset"):
                clock.reset()
            else:
                return _wrong("advance_seconds, set or reset")
        except (ValueError, TypeError) as problem:
            return _wrong(str(problem))
        return self._done(request)

    async def publish_map(self, request: Request) -> Response:
        asked = await _asked(request)
        try:
            wfs.publish(self._world, asked.get("map", ""))
        except ValueError as problem:
            return _wrong(str(problem))
        return self._done(request)

    async def change_city(self, request: Request) -> Response:
        """Let something happen to a person or a vehicle: `{"vehicle": PLATE, "stolen": true}`."""
        asked: dict[str, Any] = dict(await _asked(request))
        person, vehicle = asked.pop("person", None), asked.pop("vehicle", None)
        try:
            if person:
                self._world.change_person(person, **asked)
            else:
                self._world.change_vehicle(vehicle or "", **asked)
        except ValueError as problem:
            return _wrong(str(problem))
        return self._done(request)

    async def set_fault(self, request: Request) -> Response:
        asked = await _asked(request)
        system, fault = asked.get("system"), asked.get("fault")
        if system not in {each.name for each in SYSTEMS} or not fault:
            return _wrong("system and fault are needed")
        count = asked.get("count")
        try:
            self._world.faults.set(
                system, fault, None if count is None else int(count), asked.get("path") or ""
            )
        except (ValueError, TypeError) as problem:
            return _wrong(str(problem))
        return self._done(request)

    async def clear_faults(self, request: Request) -> Response:
        asked = request.query_params if request.method == "DELETE" else await _asked(request)
        self._world.faults.clear(asked.get("system") or None, asked.get("name") or None)
        return self._done(request)

    async def show_journal(self, request: Request) -> Response:
        return JSONResponse(self._world.journal.as_list(request.query_params.get("system")))

    async def clear_journal(self, request: Request) -> Response:
        self._world.journal.clear(request.query_params.get("system"))
        return Response(status_code=204)

    async def reset(self, request: Request) -> Response:
        self._world.reset()
        return self._done(request)

    def _done(self, request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/_control/", 303)
        return JSONResponse(self._state())


def _ours(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Only this sandbox's own page and programs: another site's form is refused."""

    async def checked(request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin not in (None, f"http://{request.headers.get('host')}"):
            return JSONResponse({"error": "another origin"}, 403)
        return await endpoint(request)

    return checked


async def _asked(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            asked = json.loads(await request.body() or b"{}")
        except ValueError:
            return {}
        return asked if isinstance(asked, dict) else {}
    return {name: str(value) for name, value in (await request.form()).items() if value}


def _wrong(problem: str) -> Response:
    return JSONResponse({"error": problem}, 400)
