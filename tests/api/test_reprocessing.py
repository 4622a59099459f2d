"""A quarantined message that is answered again, as if the Node had sent it now."""

import pytest

from gpd_soap.settings import Settings
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.store import Store
from gpd_soap.usecases.refusals import MessageNotTaken
from gpd_soap.usecases.worklist import Cases
from gpd_soap.wiring import node_endpoint, node_service
from tests.api.matched import label, rematch
from tests.api.office import (
    ACTOR,
    BackOffice,
)
from tests.api.paying import NOBODYS, WORKLIST, listed, message, quarantined, send
from tests.conftest import FreshDatabase
from tests.validation.bodies import nav
from tests.world import STRANGER


def test_quarantined_message_is_accepted_once_its_organization_is_registered(office: BackOffice):
    """It is processed as if the Node had sent it now, and its case is closed."""
    assert send(office, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"
    case, key = quarantined(NOBODYS), office.key(Role.ADMIN)
    refused = office.post(f"/worklist/{case}/rematch", key=key)
    assert (refused.status, refused.title) == (409, "The message was refused again")
    assert "PAA_ID_DOMINIO_ERRATO" in refused.body["detail"]
    with office.store.begin() as connection:
        configuration.put_organization(connection, STRANGER, "Comune arrivato dopo")

    path = f"/organizations/{STRANGER}/worklist"
    accepted = office.post(f"{path}/{case}/rematch", key=key)

    assert accepted.status == 200
    assert accepted.body["resolved"]["by"] == label(office, key)
    assert accepted.body["resolved"]["note"] == "sent again, and taken; receipt: kept as secondary"
    assert office.get(f"{path}/r-91", key=key).body["kind"] == "secondary"
    again = office.post(f"{path}/{case}/rematch", key=key)
    assert (again.status, again.title) == (409, "The case is not open")


def test_rematch_of_message_that_breaks_the_schema_is_409(office: BackOffice):
    """The case stays open, counts one copy more, and cannot be matched with a notice."""
    broken = message(1, outcome=None)
    assert send(office, broken) == "PAA_SINTASSI_XSD"
    case = quarantined(broken)

    assert rematch(office, case) == (409, "The message was refused again")
    assert rematch(office, case, {"nav": nav(1)}) == (409, "The case has no notice to find")
    assert listed(office) == [case]
    assert office.get(f"{WORKLIST}/{case}").body["copies"] == 2


def test_rematch_that_fails_leaves_the_case_open(quick: BackOffice, fresh_database: FreshDatabase):
    """The failure is an error of ours, and the caller can try again."""
    assert send(quick, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"
    failing = node_endpoint(
        Settings(), node_service(Settings(), Store(fresh_database("sqlite")), quick.clock)
    )
    cases = Cases(quick.store, quick.clock, lambda raw, _: failing.reprocess(raw, "worklist"))

    with pytest.raises(MessageNotTaken):
        cases.rematch(None, quarantined(NOBODYS), "Ada", actor=ACTOR)

    assert cases.read(None, quarantined(NOBODYS)).case.resolved_at is None
