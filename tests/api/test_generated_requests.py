"""The OpenAPI description is true of generated requests, valid and invalid."""

from typing import Any

import pytest
import schemathesis
from hypothesis import Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from gpd_soap.api.auth import HEADERS
from gpd_soap.store.access.keys import Role
from tests import drawn
from tests.api.office import BackOffice

PROMISES = ("not_a_server_error", "status_code_conformance", "content_type_conformance",
            "response_schema_conformance", "ignored_auth", "unsupported_method")  # fmt: skip
#: LIMIT: examples of each operation, so that all of them take about twenty seconds.
EXAMPLES = 6


@pytest.mark.random
def test_description_holds_for_generated_requests(quick: BackOffice):
    """Schemathesis sends valid and invalid requests to every operation, with a key."""
    load_all_checks()
    checks: Any = CHECKS.get_by_names(list(PROMISES))
    key = quick.key(Role.ADMIN)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", quick.app)
    requests = 0

    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # a description that is wrong

        @given(case=operation.as_strategy())
        @settings(max_examples=drawn.examples(EXAMPLES), phases=[Phase.explicit, Phase.generate])
        def probe(case: Any) -> None:
            nonlocal requests
            requests += 1
            # WHY: the authentication check reads the first header, so this one must hold the key.
            case.call_and_validate(headers={HEADERS[0]: key}, checks=checks)

        probe()

    assert requests > 12
