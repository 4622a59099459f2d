"""The feed on the command line."""

import json

from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.store.store import Store
from tests.api.office import ORGANIZATION, prepare
from tests.conftest import FreshDatabase
from tests.features.webhooks.harness import Harness
from tests.features.webhooks.receiver import answer, receiving


def run(url: str, *arguments: str, **environment: str) -> Result:
    """Runs a command."""
    return CliRunner().invoke(main, arguments, env={"GPD_DATABASE_URL": url, **environment})


def test_events_are_printed_in_order_with_the_next_cursor(fresh_database: FreshDatabase):
    """Each is JSON on a line, and an unusable argument is refused."""
    url = fresh_database("sqlite", prepare)
    of = ("events", "list", "--organization", ORGANIZATION)
    with receiving(answer(204)) as receiver:
        harness = Harness(Store(url), receiver)
    harness.happen("A", "B", "C")

    first = run(url, *of, "--limit", "2")
    rest = run(url, *of, "--cursor", "2")
    subjects = [json.loads(line)["subject"] for line in first.stdout.splitlines()]

    assert subjects == ["A", "B"]
    assert "next cursor: 2" in first.stderr
    assert json.loads(rest.stdout)["subject"] == "C"
    assert run(url, *of, "--cursor", "x").exit_code == 2
    unknown = run(url, *of, "--cursor", "99")
    assert (unknown.exit_code, "restored from a backup" in unknown.output) == (1, True)
    restored = run(url, "db", "restored")
    assert (restored.exit_code, restored.output.strip()[-3:]) == (0, ": 2")
    assert run(url, *of, "--cursor", "99").exit_code == 0
    harness.store.close()


def test_deliver_without_a_secret_is_refused(fresh_database: FreshDatabase):
    """There can be no subscription to deliver to."""
    refused = run(fresh_database("sqlite", prepare), "deliver", GPD_WEBHOOK_SECRET="")

    assert (refused.exit_code, "GPD_WEBHOOK_SECRET" in refused.output) == (1, True)
