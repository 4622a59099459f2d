"""The fields of what an organization prints about itself on notices."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gpd_soap.validation.fields import Strict, Text50, Text100
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.logo import MAX_BYTES, read_logo

Cbill = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,16}$")]
Authorisation = Annotated[Text50, Field(max_length=40)]
#: Italian; Italian and a second language in grey; Italian and another as its equal; or that alone.
Language = Annotated[str, Field(pattern=r"^(?:it(?:[-+](?:en|de|fr|sl))?|en|de|fr|sl)$")]


def _logo(text: str) -> str:
    """Return a logo's base64.  Raises a finding if it is none, or no picture that is printed."""
    try:
        read_logo(base64.b64decode(text, validate=True))
    except binascii.Error:
        raise rule_error("base64", "a picture in base64") from None
    except ValueError as error:
        raise rule_error("picture", str(error)) from None
    return text


#: LIMIT: characters; base64 has four for three bytes.
Base64Logo = Annotated[
    str, Field(min_length=1, max_length=4 * -(-MAX_BYTES // 3)), AfterValidator(_logo)
]


class PrintFields(Strict):
    """What an organization prints about itself; a field that is left out stays, null removes it."""

    info: Text100 | None = None
    cbill: Cbill | None = None
    account_holder: Text50 | None = None
    authorisation: Authorisation | None = None
    site: bool = False
    app: bool = False
    language: Language = "it"
    logo: Base64Logo | None = None

    def named(self) -> dict[str, Any]:
        """Return the fields that were not left out, with the logo as bytes."""
        fields = {
            name: getattr(self, name)
            for name in self.model_fields_set & PrintFields.model_fields.keys()
        }
        if fields.get("logo") is not None:
            fields["logo"] = base64.b64decode(fields["logo"])
        return fields
