"""The control plane under `/_control/`: move the clock, order faults, read the journal."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.front import templates
from sandbox.systems import SYSTEMS
from sandbox.world import World


def routes(world: World) -> list[Route]:
    """The control page for people and its JSON for programs."""

    def state() -> dict[str, object]:
        return {
            "now": world.clock.now().isoformat(),
            "offset_seconds": world.clock.offset.total_seconds(),
            "faults": world.faults.as_list(),
            "systems": [system.name for system in SYSTEMS],
            "portal": world.portal,
        }

    async def page(request: Request) -> Response:
        system = request.query_params.get("system")
        journal = list(reversed(world.journal.as_list(system)))[:60]
        return templates.TemplateResponse(
            request, "control.html", {"state": state(), "journal": journal}
        )

    async def show_state(request: Request) -> Response:
        return JSONResponse(state())

    async def set_clock(request: Request) -> Response:
        asked = await _asked(request)
        try:
            if "advance_seconds" in asked:
                world.clock.advance(float(asked["advance_seconds"]))
            elif "set" in asked:
                world.clock.set(datetime.fromisoformat(asked["set"]))
            elif asked.get("reset"):
                world.clock.reset()
            else:
                return _wrong("advance_seconds, set or reset")
        except (ValueError, TypeError) as problem:
            return _wrong(str(problem))
        return _done(request, state())

    async def set_fault(request: Request) -> Response:
        asked = await _asked(request)
        system, fault = asked.get("system"), asked.get("fault")
        if system not in {each.name for each in SYSTEMS} or not fault:
            return _wrong("system and fault are needed")
        try:
            count = asked.get("count")
            world.faults.set(
                system, fault, int(count) if count not in (None, "") else None,
                asked.get("path") or "",
            )  # fmt: skip
        except (ValueError, TypeError) as problem:
            return _wrong(str(problem))
        return _done(request, state())

    async def clear_faults(request: Request) -> Response:
        asked = request.query_params if request.method == "DELETE" else await _asked(request)
        world.faults.clear(asked.get("system") or None, asked.get("name") or None)
        return _done(request, state())

    async def show_journal(request: Request) -> Response:
        return JSONResponse(world.journal.as_list(request.query_params.get("system")))

    async def clear_journal(request: Request) -> Response:
        world.journal.clear(request.query_params.get("system"))
        return Response(status_code=204)

    async def reset(request: Request) -> Response:
        world.reset()
        return _done(request, state())

    return [
        Route("/_control/", page, methods=["GET"]),
        Route("/_control/state", show_state, methods=["GET"]),
        Route("/_control/clock", _ours(set_clock), methods=["POST"]),
        Route("/_control/faults", _ours(set_fault), methods=["POST"]),
        Route("/_control/faults", clear_faults, methods=["DELETE"]),
        Route("/_control/faults/clear", _ours(clear_faults), methods=["POST"]),
        Route("/_control/journal", show_journal, methods=["GET"]),
        Route("/_control/journal", clear_journal, methods=["DELETE"]),
        Route("/_control/reset", _ours(reset), methods=["POST"]),
    ]


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


def _done(request: Request, answer: dict[str, object]) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/_control/", 303)
    return JSONResponse(answer)


def _wrong(problem: str) -> Response:
    return JSONResponse({"error": problem}, 400)
