"""`gpd-soap documents`: lists, returns and proves the released documents."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import click

from gpd_soap.cli.common import (
    CommandGroup,
    code,
    limited,
    of_only_organization,
    ready_store,
    refusals,
    to_document,
)
from gpd_soap.cli.documents.opening import printer
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from gpd_soap.features.documents.archive.listing import Listed
    from gpd_soap.features.documents.archive.verify import Damaged
    from gpd_soap.store.store import Store

#: LIMIT: lines of one list, which are held in memory.
MAX_LINES = 10_000


@click.group(cls=CommandGroup)
def documents() -> None:
    """List, return and prove the documents that were released."""


@documents.command("list")
@of_only_organization
@click.option("--nav", metavar="NUMBER", help="Only documents with this notice (NAV).")
@click.option("--iupd", metavar="IUPD", help="Only documents of this position.")
@limited(20, MAX_LINES)
@click.option("--json", "as_json", is_flag=True, help="Print each document as a JSON object.")
def list_(
    organization: str | None, nav: str | None, iupd: str | None, limit: int, *, as_json: bool
) -> None:
    """Print the released documents, one on a line, the newest first.

    A line shows the time, state, notices, size, who printed it first, and the id. A document is
    current, or superseded because its position says something else now, or withdrawn with it.
    """
    printer(store := ready_store())
    from gpd_soap.features.documents.archive import listing
    from gpd_soap.store.database.paging import PageRequest
    from gpd_soap.store.documents.archive import DocumentQuery

    query = DocumentQuery(nav, iupd)
    rows, _ = listing.page(store, one_of(store, organization), query, PageRequest(limit, 0))
    for row in rows:
        print_line(json.dumps(_fields(row)) if as_json else _line(row))


@documents.command("get")
@click.argument("document_id", metavar="ID")
@of_only_organization
@to_document
def get(document_id: str, organization: str | None, output: BinaryIO) -> None:
    """Write the document ID as it was released."""
    from gpd_soap.usecases.document_refusals import DocumentNotFound

    store = ready_store()
    with refusals():
        archived = printer(store).archive.read(one_of(store, organization), document_id)
        if archived is None:
            raise DocumentNotFound
    output.write(archived.pdf)


@documents.command("verify")
@click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of an organization; without it, the documents of all are verified.",
)
@click.option("--no-codes", is_flag=True, help="Compare the digests alone, and render no page.")
@refusals()
def verify(organization: str | None, *, no_codes: bool) -> None:
    """Compute the digest of each document anew, and read the codes on its pages.

    A document that is not as it was released is printed with what differs, and the exit code is 1.
    """
    archive = printer(store := ready_store()).archive
    from gpd_soap.features.documents.archive import verify as use_case
    from gpd_soap.store.database.transaction import read_only
    from gpd_soap.store.documents.archive import count, organizations

    codes = [organization] if organization else read_only(store, organizations)
    total = sum(read_only(store, partial(count, organization=each)) for each in codes)
    damaged: list[Damaged] = []
    with click.progressbar(
        length=total, label="verifying", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        for each in codes:
            damaged += use_case.verify(
                store, archive, each, codes=not no_codes, progress=lambda: bar.update(1)
            )
    for each_damaged in damaged:
        document = each_damaged.document
        what = "; ".join(each_damaged.damages)
        print_line(f"{document.organization}  {' '.join(document.navs)}  {document.id}  {what}")
    print_line(f"{total} documents verified, {len(damaged)} damaged")
    if damaged:
        raise click.exceptions.Exit(1)


@documents.command("sweep")
@refusals()
def sweep() -> None:
    """Remove from the storage of GPD_DOCUMENTS the files of documents whose persons were forgotten.

    Run it after `gpd-soap retention run`, which erases what is in the database alone.
    """
    archive = printer(store := ready_store()).archive
    from gpd_soap.features.documents.archive.verify import documents as every
    from gpd_soap.store.database.transaction import read_only
    from gpd_soap.store.documents.archive import organizations

    codes = read_only(store, organizations)
    removed = sum(archive.remove_forgotten(each) for owner in codes for each in every(store, owner))
    print_line(f"{removed} files removed")


@documents.command("move")
@click.option(
    "--from",
    "source",
    metavar="ADDRESS",
    default="",
    help="The folder or bucket that has the bytes [default: the database].",
)
@refusals()
def move(source: str) -> None:
    """Move the bytes of all documents into the storage that GPD_DOCUMENTS names.

    A document is read, compared with its digest and stored before its row changes, and leaves the
    old storage after that. A second run goes on where the first was stopped. The user of the
    database must own the tables. Exit code 1 if a document was left where it is.
    """
    archive = printer(store := ready_store()).archive
    from gpd_soap.core.errors import OperatorError
    from gpd_soap.features.documents.archive.contents import contents_of
    from gpd_soap.features.documents.archive.move import Moved, Mover
    from gpd_soap.features.documents.archive.verify import documents as every
    from gpd_soap.settings import Settings
    from gpd_soap.store import tables
    from gpd_soap.store.database.transaction import read_only
    from gpd_soap.store.documents.archive import organizations
    from gpd_soap.store.journal.purge import may_purge

    if not may_purge(store, tables.document):
        raise OperatorError("the owner of the tables alone can move documents")
    mover = Mover(store, contents_of(source, Settings.load()), archive.contents)
    moved = left = 0
    for owner in read_only(store, organizations):
        for document in every(store, owner):
            what = mover.move(document)
            moved += what is Moved.MOVED
            if what in {Moved.ELSEWHERE, Moved.DAMAGED}:
                print_line(f"{owner}  {' '.join(document.navs)}  {document.id}  {what}")
                left += 1
    print_line(f"{moved} documents moved, {left} left")
    if left:
        raise click.exceptions.Exit(1)


def one_of(store: Store, organization: str | None) -> str:
    """The organization, or the only one.  Raises UsageError if there are several."""
    from gpd_soap.store.database.transaction import read_only
    from gpd_soap.store.documents.archive import organizations

    codes = [organization] if organization else read_only(store, organizations)
    if len(codes) != 1:
        raise click.UsageError("several organizations, or none: give --organization")
    return codes[0]


def _fields(row: Listed) -> dict[str, object]:
    from gpd_soap.api.responses import camel_case, rome_text

    document = row.document
    return camel_case(
        id=document.id,
        state=row.state,
        superseded_by=row.superseded_by,
        organization=document.organization,
        iupd=document.iupd,
        navs=document.navs,
        digest=document.digest,
        size=document.size,
        versions=document.versions,
        storage=document.storage,
        created_at=rome_text(document.created_at),
        actor_kind=document.actor_kind,
        actor=document.actor,
    )


def _line(row: Listed) -> str:
    from gpd_soap.core.rome import ROME

    document = row.document
    when = document.created_at.astimezone(ROME).isoformat(timespec="seconds")
    navs, who = ",".join(document.navs), f"{document.actor_kind} {document.actor}"
    return f"{when}  {row.state}  {navs}  {document.size}  {who}  {document.id}"
