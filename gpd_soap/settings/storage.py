"""The settings of where the bytes of documents are kept."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from gpd_soap.settings.kinds import on_tls

#: Begins the address of a bucket.
BUCKET = "s3://"


def _address(text: str) -> str:
    """Return the address of a folder or of a bucket."""
    if text.startswith(BUCKET) and not urlsplit(text).hostname:
        raise PydanticCustomError("address", "Input should be s3://BUCKET or s3://BUCKET/PREFIX")
    return text


Storage = Annotated[
    str,
    AfterValidator(_address),
    Field(
        description="folder, or bucket as s3://BUCKET/PREFIX, that keeps the bytes of released"
        " documents, of all processes and machines; default: the database keeps them"
    ),
]
Endpoint = Annotated[
    str,
    AfterValidator(on_tls),
    Field(description="URL of the service that has the bucket, such as https://s3.example"),
]
Region = Annotated[str, Field(description="region that the service of the bucket expects")]
KeyId = Annotated[str, Field(description="id of the key by which the bucket is used")]
Secret = Annotated[
    str, Field(description="secret of the key by which the bucket is used", repr=False)
]
ReadBack = Annotated[
    bool,
    Field(description="read the codes and texts of every new document before it is released"),
]
