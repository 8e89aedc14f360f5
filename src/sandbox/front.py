"""The front page of the sandbox: who can log in, what happens then, and where to look."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from sandbox import city
from sandbox.world import World

PAGES = Path(__file__).parent / "pages"
templates = Jinja2Templates(PAGES)

SHORT_LIST = ("anna", "bo", "clara", "dan", "erik", "hanne", "mette", "ulla")


def routes(world: World) -> list[Route]:
    """The front page, the cards as text and the style sheet."""

    async def front(request: Request) -> Response:
        return templates.TemplateResponse(
            request, "front.html", {"cards": city.INHABITANTS, "city": city, "world": world}
        )

    async def cards(request: Request) -> Response:
        return PlainTextResponse(cards_as_text(world))

    async def style(request: Request) -> Response:
        return FileResponse(PAGES / "style.css", media_type="text/css")

    return [
        Route("/", front, methods=["GET"]),
        Route("/cards.txt", cards, methods=["GET"]),
        Route("/style.css", style, methods=["GET"]),
    ]


def cards_as_text(world: World) -> str:
    """The most useful login cards, for a terminal."""
    lines = []
    for slug in SHORT_LIST:
        card = city.inhabitant(slug)
        if card is None:
            raise LookupError(slug)
        plates = ", ".join(city.plates(card))
        lines.append(f"  {card.slug:<6} {plates:<8} {card.outcome:<8} {card.story_en}")
    lines.append(f"  all {len(city.INHABITANTS)} and their inboxes: {world.address}/")
    return "\n".join(lines) + "\n"
