"""For which addresses of the console there are passkeys."""

import pytest

from gpd_soap.features.passkeys.relying_party import (
    RelyingParty,
    UnusableConsoleUrl,
    relying_party,
)


@pytest.mark.parametrize(
    ("url", "host", "origin"),
    [
        ("https://pago.comune.esempio", "pago.comune.esempio", "https://pago.comune.esempio"),
        ("https://Pago.Esempio:443", "pago.esempio", "https://pago.esempio"),
        ("https://pago.esempio:8443", "pago.esempio", "https://pago.esempio:8443"),
        ("http://localhost:8081", "localhost", "http://localhost:8081"),
        ("http://demo.localhost", "demo.localhost", "http://demo.localhost"),
    ],
)
def test_console_with_a_name_has_passkeys(url: str, host: str, origin: str):
    """The origin is written as browsers write it."""
    assert relying_party(url) == RelyingParty(host, origin)


@pytest.mark.parametrize(
    "url",
    ["", "http://pago.esempio", "http://127.0.0.1:8081", "https://[::1]", "https://192.0.2.1",
     "http://notlocalhost"],
)  # fmt: skip
def test_console_without_a_name_or_https_has_no_passkeys(url: str):
    """The error says what to set."""
    with pytest.raises(UnusableConsoleUrl) as refused:
        relying_party(url)

    assert "GPD_CONSOLE_URL" in refused.value.hint
