"""The map under our zones: what its adapter must do, and what it can do to us."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import respx
from PIL import Image

from parking.adapters.wmts import Wmts
from parking.ports import NotFound, Rejected, Unavailable
from sandbox_process import Sandbox

#: A square over the middle of the town.
PLACE = (9, 736, 396)


def basemap(sandbox: Sandbox, *, token: str = "", patience: float = 2.0) -> Wmts:
    return Wmts(
        address=sandbox.addresses["BASEMAP"].removeprefix("wmts+"),
        layer="topo_skaermkort_daempet",
        token=token or Path(sandbox.addresses["BASEMAP_TOKEN_FILE"]).read_text(),
        kind="image/png",
        read_timeout=patience,
        deadline=patience,
    )


@pytest.fixture
def ground(sandbox: Sandbox) -> Iterator[Wmts]:
    adapter = basemap(sandbox)
    yield adapter
    adapter.close()


def test_a_tile_is_a_picture_of_the_grids_size(ground: Wmts) -> None:
    tile = ground.tile(*PLACE)
    assert tile.kind == "image/png"
    assert Image.open(io.BytesIO(tile.picture)).size == (256, 256)


def test_two_places_have_two_pictures(ground: Wmts) -> None:
    assert ground.tile(*PLACE) != ground.tile(9, 396, 700)


@pytest.mark.parametrize("place", [(14, 0, 0), (0, 3, 0), (0, 0, 2)])
def test_beyond_the_grid_there_is_nothing(ground: Wmts, place: tuple[int, int, int]) -> None:
    with pytest.raises(NotFound):
        ground.tile(*place)


def test_with_another_token_we_are_rejected(sandbox: Sandbox) -> None:
    ground = basemap(sandbox, token="another")
    with pytest.raises(Rejected):
        ground.tile(*PLACE)
    ground.close()


def test_a_late_tile_is_unavailable(calm_sandbox: Sandbox) -> None:
    impatient = basemap(calm_sandbox, patience=0.3)
    calm_sandbox.fault("wmts", "slow:1")
    with pytest.raises(Unavailable, match="Timeout"):
        impatient.tile(*PLACE)
    impatient.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("status:500", Unavailable),
        ("status:429", Unavailable),
        ("status:400", Rejected),
        ("drop", Unavailable),
        ("garbage", Unavailable),
        ("truncated", Unavailable),
        ("wrong-content-type", Unavailable),
    ],
)
def test_what_goes_wrong_there_is_one_of_our_errors(
    ground: Wmts, calm_sandbox: Sandbox, fault: str, error: type[Exception]
) -> None:
    calm_sandbox.fault("wmts", fault)
    with pytest.raises(error):
        ground.tile(*PLACE)


def test_a_tile_that_is_too_large_or_empty_is_unavailable(ground: Wmts) -> None:
    for content in (b"", b"x" * 600_000):
        with respx.mock() as answers:
            answers.get().mock(
                return_value=httpx.Response(
                    200, content=content, headers={"Content-Type": "image/png"}
                )
            )
            with pytest.raises(Unavailable):
                ground.tile(*PLACE)
