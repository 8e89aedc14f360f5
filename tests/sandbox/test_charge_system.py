"""The sandbox's charge system answers as its document says, whatever it is asked.

Requests are made up from the document, good ones and bad ones; the same in each run. That what is
right is also done is shown by the tests of the adapter.
"""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
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

from charge_document import FILE
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
