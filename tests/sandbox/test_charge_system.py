"""The sandbox's charge system answers as its document says, whatever it is asked.

Requests are made up from the document, good ones and bad ones; the same in each run. That what is
right is also done is shown by the tests of the adapter.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from jsonschema_rs import validator_for
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31

from charge_document import FILE, document
from sandbox import chargebook, chargeforms, chargehistory, charges, city, pilen
from sandbox.chargebook import ChargeBook, moment, money
from sandbox.world import World
from sandbox_process import Sandbox

KEY = re.compile(r"[A-Za-z0-9._:-]{8,64}")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
]


def token(sandbox: Sandbox) -> str:
    address = sandbox.addresses["CHARGES"].removeprefix("pilen+")
    answer = httpx.post(
        f"{address}/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": "parking-portal",
            "client_secret": Path(sandbox.addresses["CHARGES_SECRET_FILE"]).read_text("utf-8"),
            "scope": "charges.read charges.write complaints.write",
        },
    )
    return answer.json()["access_token"]


schema = schemathesis.openapi.from_path(FILE)
# Who leaves out If-Match is told so by a status of its own.
schema.config.checks.missing_required_header.expected_statuses = ["400", "401", "415", "428"]


def test_the_document_is_openapi_and_every_word_of_it_means_something():
    assert list(validator_for(OPENAPI_31).iter_errors(document())) == []
    empty = []

    def look(part: object, where: str) -> None:
        if isinstance(part, dict):
            empty.extend(f"{where}/{name}" for name, value in part.items() if value is None)
            for name, value in part.items():
                look(value, f"{where}/{name}")
        elif isinstance(part, list):
            for value in part:
                look(value, where)

    look(document(), "")
    assert empty == [], "a comma in a text without quotes makes a key of what follows it"
    listed = set(document()["components"]["schemas"]["ProblemType"]["enum"])
    said = {
        f"urn:problem:charges:{problem}"
        for module in (pilen, chargebook, chargeforms)
        for problem in re.findall(
            r'Refused\(\s*\d{3}, "([a-z-]+)"', Path(module.__file__).read_text("utf-8")
        )
    }
    assert said <= listed
    assert listed - said == {"urn:problem:charges:unavailable"}


def test_every_post_needs_a_key_by_which_it_may_be_repeated():
    posts = {path: of["post"] for path, of in document()["paths"].items() if "post" in of}
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    assert len(posts) > 10
    assert [path for path, post in posts.items() if key not in post.get("parameters", ())] == []
    assert document()["components"]["parameters"]["IdempotencyKey"]["required"]


def test_what_was_reported_is_there_after_a_restart(tmp_path):
    def opened() -> ChargeBook:
        return ChargeBook(World(tmp_path, 0, "http://localhost"), chargehistory.write)

    book = opened()
    charge = book.issue(charges.SEEDS[0], datetime.now(UTC))
    report = {"reference": "r-1", "amount": money(100), "paidAt": moment(datetime.now(UTC))}
    _, paid = book.pay(charge["id"], {**report, "method": "card"})
    start = book.page(None, 1)["feed"]
    again = opened()
    assert again.get(charge["id"]) == paid
    assert again.pay(charge["id"], {**report, "method": "card"}) == (200, paid)
    assert again.changes(start, 10)["changes"] == []
    assert len(again.all()) == len(charges.SEEDS) + 1


def test_the_charges_of_the_first_day_are_consistent_with_the_town(calm_sandbox):
    assert len(charges.SEEDS) >= 60
    assert len({seed.slug for seed in charges.SEEDS}) == len(charges.SEEDS)
    for _, seed in charges.numbered():
        assert city.vehicle(seed.plate) or seed.country != "DK", seed.slug
        assert all(code in charges.OFFENCES for code in seed.offences)
        for paid in seed.parking:
            assert (
                paid.plate == seed.plate or "one sign" in seed.story_en or "else" in seed.story_en
            )
    (slip,) = (each for each in city.PERMITS if each.mistyped)
    (charged,) = (each for each in charges.SEEDS if each.slug == "tine-permit-slip")
    assert sum(a != b for a, b in zip(slip.plate, charged.plate, strict=True)) == 1
    assert slip.zone == charged.place


def test_the_case_workers_page_shows_a_charge_and_decides(calm_sandbox):
    ask, base = calm_sandbox.client, f"{calm_sandbox.base}/pilen"
    page = ask.get(f"{base}/").text
    assert all(number in page for number, _ in charges.numbered())
    number = next(number for number, seed in charges.numbered() if seed.slug == "dorte-open")
    charge_id = re.search(rf'/pilen/charge/(c-[0-9-]+)"><code>{number}', page)[1]
    assert "to minutter" in ask.get(f"{base}/charge/{charge_id}").text
    done = ask.post(f"{base}/charge/{charge_id}/grant", data={"reasons": "Du har ret."}).json()
    assert (done["state"], done["complaints"][0]["state"]) == ("annulled", "decided")
    twice = ask.post(f"{base}/charge/{charge_id}/grant", headers={"Accept": "text/html"})
    assert "problem=complaint-closed" in twice.headers["location"]
    given = {"plate": "ZA10001", "offence": "40a", "place": "VB"}
    one = f"{base}/charge/{ask.post(f'{base}/issue', data=given).json()['id']}"
    stopped = ask.post(f"{one}/stop", data={"reasons": "Vi ser på det."}).json()
    assert (stopped["hold"]["reason"], stopped["hold"]["until"]) == ("case_worker", None)
    assert "Vi ser på det." in ask.get(one).text
    lifted = ask.post(f"{one}/lift").json()
    assert (lifted["hold"], bool(lifted["stops"][0]["liftedAt"])) == (None, True)
    assert ask.post(f"{base}/issue", data={"plate": "-", "offence": "40a"}).status_code == 400


@pytest.fixture(scope="module")
def calls(sandbox: Sandbox):
    """Where to ask, and with which token."""
    sandbox.reset()
    yield {
        "base_url": sandbox.addresses["CHARGES"].removeprefix("pilen+"),
        "headers": {"Authorization": f"Bearer {token(sandbox)}"},
    }
    sandbox.reset()


@pytest.fixture(scope="module")
def there(calls):
    """Ids of what is there, by the name that the document has for them in a path."""
    page = httpx.get(f"{calls['base_url']}/v1/charges", headers=calls["headers"]).json()
    complained = next(
        each for each in page["charges"] if each["complaints"] and each["hold"] is not None
    )
    planned = next(each for each in page["charges"] if each["planId"])
    return {
        "chargeId": complained["id"],
        "complaintId": complained["complaints"][-1]["id"],
        "planId": planned["planId"],
        "number": 1,
    }


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")
@schema.parametrize()
@settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_asked_is_answered_as_the_document_says(case, calls, there):
    if case.meta.generation.mode is GenerationMode.POSITIVE:
        # Made-up ids are never there: half of what is right is asked about what is.
        known = {name: there[name] for name in case.path_parameters or {} if name in there}
        if len(repr(case.body)) % 2:
            case.path_parameters = {**(case.path_parameters or {}), **known}
    key = (case.headers or {}).get("Idempotency-Key", "")
    if KEY.fullmatch(key):
        # A key that was used with another body is refused before anything else is looked at.
        case.headers["Idempotency-Key"] = uuid4().hex
    case.call_and_validate(**calls, checks=CHECKS)
