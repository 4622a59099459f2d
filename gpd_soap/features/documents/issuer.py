"""What an organization has stored for its notices, as the pages need it."""

from __future__ import annotations

from base64 import b64encode

from gpd_soap.features.documents.languages import ITALIAN, Languages, parse
from gpd_soap.features.documents.notice import Issuer, Logo
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.validation.logo import Format, read_logo


def issuer_of(settings: PrintSettings) -> Issuer:
    """Return what is printed of an organization's settings."""
    return Issuer(
        settings.info,
        settings.cbill,
        settings.account_holder,
        settings.authorisation,
        settings.site,
        settings.app,
        None if settings.logo is None else logo_of(settings.logo),
    )


def languages_of(settings: PrintSettings) -> Languages:
    """Return the languages of an organization's notices."""
    return parse(settings.language) or ITALIAN


def logo_of(content: bytes) -> Logo:
    """Return a logo as the page needs it.  Raises ValueError if it is no picture of ours."""
    picture = read_logo(content)
    if picture.format is Format.SVG:
        return Logo(content.decode("utf-8-sig"), picture.width, picture.height)
    # WHY: data reach the template as text, so that bytes travel inside an SVG.
    data = b64encode(content).decode()
    size = f'width="{picture.width}" height="{picture.height}"'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        f'<image {size} href="data:image/{picture.format};base64,{data}"/></svg>'
    )
    return Logo(svg, picture.width, picture.height)
