"""What comes after the purchase: the permit is renewed in one click, and ended."""

from __future__ import annotations

import pytest

from journeys import steps
from parking.records.permit import Permit
from town import session

PHONE = 390


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_permit_is_renewed_in_one_click_and_the_new_one_ended(visit, ends_soon, scripts):
    anna = visit(width=PHONE, scripts=scripts)
    anna.is_logged_in(session("anna"))
    anna.open("/my/")
    anna.press("Forny licensen til ZA 10 001")
    anna.look("GYLDIG")
    anna.see("Tid til at forny")
    anna.press("Forny licensen")
    anna.look("Se det hele igennem")
    steps.agree(anna)
    steps.pay(anna)
    anna.page.wait_for_url("**/orders/**")
    assert anna.page.locator("h1").inner_text().startswith("GYLDIG fra")

    renewed = Permit.objects.active().exclude(id=ends_soon.id).get()
    assert renewed.days.start == ends_soon.days.end
    anna.open(f"/permits/{ends_soon.id}/")
    assert "Tid til at forny" not in anna.page.locator("main").inner_text()

    anna.open(f"/permits/{renewed.id}/")
    anna.look("IKKE GYLDIG ENDNU")
    anna.press("Opsig licensen")
    anna.look("Opsig licensen")
    anna.see("Licensen er ikke begyndt", "1.310 kr.")
    anna.press("Opsig licensen")
    anna.look("IKKE GYLDIG")
    anna.see("Licensen er opsagt", "Vi betaler 1.310 kr. tilbage.")
    anna.open(f"/permits/{ends_soon.id}/")
    anna.look("GYLDIG")
