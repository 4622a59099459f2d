"""What keeps an organization from being removed: everything that would be nobody's after it."""

from gpd_soap.store import tables
from gpd_soap.store.configuration.references import ORGANIZATION
from gpd_soap.store.tables.base import metadata

#: Tables with rows of an organization that need none to be registered, and why.
APART = {
    "organization": "it is the organization",
    "print_settings": "removed with it",
    "payment_option": "of a position",
    "transfer": "of a position",
    "quote": "of a position",
    "demand": "answered by a position, for minutes",
    "document_notice": "of a document",
    "document_batch_line": "of a batch",
    "load_row": "of a load",
    "load_finding": "of a load",
    "load_file": "of a load",
    "parked": "of a subscription",
    "job": "ends by itself, and needs what it is about",
    "event": "history, kept for its term",
    "feed": "the last number of that history, which none repeats",
    "journal": "history, kept for its term",
    "tally": "history, kept for its term",
    "audit": "history, kept for its term",
    "probe": "one instant for each station, without a person",
    "retention_term": "a choice of months, which holds if it is registered again",
}


def test_every_table_of_an_organization_keeps_it_or_says_why_not():
    """A new table is decided upon."""
    keeping = {column.table.name for _word, column in ORGANIZATION.references}
    of_organizations = {
        name
        for name, table in metadata.tables.items()
        if "organization" in table.c or table is tables.organization
    }

    assert of_organizations - keeping == set(APART)
