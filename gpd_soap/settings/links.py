"""The settings of addresses to which pages lead, and of which the program asks nothing."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError


def _link(text: str) -> str:
    """Return the address of a page, which a person's browser opens."""
    address = urlsplit(text)
    is_page = address.scheme in ("https", "http") and address.hostname
    if text and (not is_page or "@" in address.netloc or not text.isprintable() or " " in text):
        raise PydanticCustomError("address", "Input should be https://HOST/PATH")
    return text


Grafana = Annotated[
    str,
    AfterValidator(_link),
    Field(
        description="URL of a dashboard of Grafana, to which the console's page of the station"
        " leads; default: none"
    ),
]
