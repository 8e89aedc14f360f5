"""The front page of the sandbox: who can log in, what happens then, and where to look."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from sandbox import cards, charges, city
from sandbox.employees import EMPLOYEES
from sandbox.world import World

PAGES = Path(__file__).parent / "pages"
templates = Jinja2Templates(PAGES)


def routes(world: World) -> list[Route]:
    """The front page, the cards and the staff as text, and the style sheet."""

    async def front(request: Request) -> Response:
        return templates.TemplateResponse(
            request,
            "front.html",
            {
                "cards": cards,
                "charges": charges.numbered(),
                "city": city,
                "staff": EMPLOYEES,
                "world": world,
            },
        )

    async def text(request: Request) -> Response:
        return PlainTextResponse(cards.as_text(world.address, world.portal))

    async def staff(request: Request) -> Response:
        return PlainTextResponse(cards.as_staff_list())

    async def style(request: Request) -> Response:
        return FileResponse(PAGES / "style.css", media_type="text/css")

    return [
        Route("/", front, methods=["GET"]),
        Route("/cards.txt", text, methods=["GET"]),
        Route("/staff.txt", staff, methods=["GET"]),
        Route("/style.css", style, methods=["GET"]),
    ]
