"""The descriptions of the fields of documents and batches."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "lang": "Language of the document.",
    "Document.id": "Id of the document: the SHA-256 of its input.",
    "Document.state": "Whether the document says what its position says.",
    "supersededBy": "Id of the next document of the same notices, of one that is superseded.",
    "navs": "Numbers of the notices of the document.",
    "digest": "SHA-256 of the bytes.",
    "size": "Bytes of the document.",
    "versions": "Versions of the program and its libraries that made the document.",
    "documents": "The documents of the page.",
}
