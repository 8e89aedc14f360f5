"""The pictures that a warden took: a street, the car with its plate, and a sign; drawn when asked.

Small JPEGs without anybody's face in them. The same charge has the same pictures each time.
"""

from __future__ import annotations

import hashlib
import io
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 960, 640
_SKIES: Final = ("#b9cfe0", "#c9d3da", "#a8bcd0", "#d9d2c6")
_HOUSES: Final = ("#a4563f", "#c99b62", "#8d7b6a", "#7c8a7a", "#b7a48c")
_CARS: Final = ("#7a7f85", "#2f3e52", "#8c2f2a", "#e6e4df", "#39483a")


def described(charge: dict[str, Any]) -> list[dict[str, Any]]:
    """What pictures a charge has, as the interface tells it."""
    taken = datetime.fromisoformat(charge["observation"]["start"])
    return [
        {
            "number": number,
            "contentType": "image/jpeg",
            "size": len(picture(charge, number)),
            "sha256": hashlib.sha256(picture(charge, number)).hexdigest(),
            "takenAt": (taken + timedelta(minutes=number)).isoformat(timespec="seconds"),
            "description": _words(charge, number),
        }
        for number in range(1, charge["images"] + 1)
    ]


def picture(charge: dict[str, Any], number: int) -> bytes:
    """The bytes of one picture."""
    return _drawn(
        charge["registrationNumber"],
        charge["location"]["street"],
        charge["offences"][0]["code"],
        charge["observation"]["discSetTo"] or "",
        number,
    )


def _words(charge: dict[str, Any], number: int) -> str:
    plate, street = charge["registrationNumber"], charge["location"]["street"]
    if number == 1:
        return f"Bilen med nummerplade {plate} ved kantstenen på {street}, set fra siden."
    if number == 2:  # noqa: PLR2004 - the second of three
        disc = charge["observation"]["discSetTo"]
        lies = f"En p-skive viser {disc}." if disc else "Der ligger ingen p-skive."
        return f"Forruden og nummerpladen {plate} tæt på. {lies}"
    return f"Skiltet på {street} ved siden af bilen, med husnumre i baggrunden."


@lru_cache(maxsize=128)
def _drawn(plate: str, street: str, code: str, disc: str, number: int) -> bytes:
    mixed = sum(ord(sign) * place for place, sign in enumerate(plate + street, start=1))
    image = Image.new("RGB", (WIDTH, HEIGHT), _SKIES[mixed % len(_SKIES)])
    draw = ImageDraw.Draw(image)
    _street(draw, mixed, street)
    if number == 1:
        _car(draw, mixed, plate, (180, 300, 780, 520))
    elif number == 2:  # noqa: PLR2004 - the second of three
        _windscreen(draw, mixed, plate, disc)
    else:
        _car(draw, mixed, plate, (420, 330, 900, 510))
        _sign(draw, code)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=70)
    return file.getvalue()


def _street(draw: ImageDraw.ImageDraw, mixed: int, street: str) -> None:
    for number in range(6):
        left = number * 160
        colour = _HOUSES[(mixed + number * 3) % len(_HOUSES)]
        top = 60 + (mixed * (number + 2)) % 70
        draw.rectangle((left, top, left + 158, 360), fill=colour)
        for row in range(3):
            for column in range(3):
                x, y = left + 18 + column * 46, top + 24 + row * 72
                draw.rectangle((x, y, x + 28, y + 42), fill="#dfe8ee", outline="#55504a", width=2)
    draw.rectangle((0, 360, WIDTH, 430), fill="#b8b2a8")
    draw.rectangle((0, 430, WIDTH, 444), fill="#d8d4cc")
    draw.rectangle((0, 444, WIDTH, HEIGHT), fill="#54565a")
    for x in range(20, WIDTH, 160):
        draw.rectangle((x, 590, x + 90, 600), fill="#e8e6e0")
    draw.rectangle((560, 16, 580 + 14 * len(street), 52), fill="#f4f2ec", outline="#222222")
    draw.text((570, 22), street, fill="#111111", font=_font(22))


def _car(draw: ImageDraw.ImageDraw, mixed: int, plate: str, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    colour = _CARS[mixed % len(_CARS)]
    roof = [
        (left + width * 0.2, top + height * 0.45),
        (left + width * 0.32, top),
        (left + width * 0.7, top),
        (left + width * 0.84, top + height * 0.45),
    ]
    draw.polygon(roof, fill="#2b3138", outline=colour)
    draw.rounded_rectangle(
        (left, top + height * 0.42, right, bottom - height * 0.12), radius=30, fill=colour
    )
    for share in (0.2, 0.8):
        x, y, radius = left + width * share, bottom - height * 0.12, height * 0.18
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="#1b1b1b")
        draw.ellipse((x - 12, y - 12, x + 12, y + 12), fill="#9aa0a6")
    _plate(draw, plate, (left + width * 0.36, top + height * 0.58), 26)


def _windscreen(draw: ImageDraw.ImageDraw, mixed: int, plate: str, disc: str) -> None:
    draw.rectangle((60, 160, 900, 620), fill=_CARS[mixed % len(_CARS)])
    draw.polygon([(150, 200), (810, 200), (880, 450), (80, 450)], fill="#39444e")
    if disc:
        draw.rectangle((640, 340, 780, 440), fill="#1f4e9e", outline="#ffffff", width=3)
        draw.text((652, 368), disc, fill="#ffffff", font=_font(44))
    _plate(draw, plate, (330, 510), 52)


def _sign(draw: ImageDraw.ImageDraw, code: str) -> None:
    draw.rectangle((196, 120, 208, 470), fill="#8a8d90")
    if code.startswith("4"):
        draw.rectangle((120, 90, 290, 260), fill="#1f4e9e", outline="#ffffff", width=6)
        draw.text((168, 100), "P", fill="#ffffff", font=_font(130))
        draw.rectangle((120, 268, 290, 340), fill="#f4f2ec", outline="#222222", width=3)
        draw.text((136, 284), "8-20", fill="#111111", font=_font(44))
    else:
        draw.ellipse((115, 80, 295, 260), fill="#1f4e9e", outline="#c62828", width=18)
        draw.line((146, 112, 264, 228), fill="#c62828", width=18)


def _plate(draw: ImageDraw.ImageDraw, plate: str, at: tuple[float, float], size: int) -> None:
    font = _font(size)
    left, top, right, bottom = draw.textbbox(at, plate, font=font)
    draw.rectangle((left - 10, top - 8, right + 10, bottom + 8), fill="#ffffff", outline="#c62828",
                   width=3)  # fmt: skip
    draw.text(at, plate, fill="#111111", font=font)


@lru_cache(maxsize=8)
def _font(size: int) -> Any:
    return ImageFont.load_default(size)
