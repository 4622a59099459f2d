"""The page of the station leads to Grafana where a setting says so, and nowhere otherwise."""

import pytest

from gpd_soap.settings import Settings, SettingsError
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.console import harness
from tests.console.harness import ORGANIZATION, Console

DASHBOARD = "https://grafana.example/d/gpd-soap/station?orgId=1"


def page(console: Console) -> str:
    """Return the page of the station."""
    with console.client("admin").get(f"/console/{ORGANIZATION}/station") as response:
        assert response.status_code == 200
        return response.get_data(as_text=True)


def test_station_leads_to_grafana_if_its_address_is_set(fresh_database: FreshDatabase) -> None:
    """The address is escaped, and the page sends no referrer there."""
    store = Store(fresh_database("sqlite", harness.prepare))
    with_link, without = Console(store, grafana_url=DASHBOARD), Console(store)

    assert f'<a href="{DASHBOARD}" rel="noreferrer">' in page(with_link)
    assert "grafana.example" not in page(without)
    assert 'rel="noreferrer"' not in page(without)
    store.close()


@pytest.mark.parametrize(
    "address",
    ["grafana.example", "javascript:alert(1)", "https://user:x@grafana.example/", "https:///d"],
)
def test_address_that_is_no_page_is_refused(address: str) -> None:
    """The error says what is meant, and not the value."""
    with pytest.raises(SettingsError) as refused:
        Settings.load({"GPD_GRAFANA_URL": address})

    assert "https://HOST/PATH" in str(refused.value)
    assert address not in str(refused.value)
