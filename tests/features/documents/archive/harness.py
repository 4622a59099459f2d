"""A back office whose notices are printed into the archive."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select, text

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.features.documents.archive import listing
from gpd_soap.features.documents.archive.archive import Archive
from gpd_soap.features.documents.archive.contents import contents_of
from gpd_soap.features.documents.archive.opening import Printer
from gpd_soap.features.documents.archive.verify import Damage, verify
from gpd_soap.features.documents.notice import Refused
from gpd_soap.features.documents.release import Released
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.documents.archive import DocumentQuery
from gpd_soap.store.store import Store
from tests.api.office import ORGANIZATION, BackOffice, Clock, shared_face
from tests.validation.bodies import body, nav, option

ACTOR = Actor(ActorKind.KEY, "k-1")
SECOND = timedelta(seconds=1)
BY_DEFAULT = Settings()


class Harness:
    """One published position, POSIZIONE-1, and what prints its notices."""

    def __init__(self, store: Store, typesetter: Typesetter) -> None:
        self.store, self.typesetter = store, typesetter
        self.office = BackOffice(store, Clock(), face=shared_face(store))
        self.office.create(body(option(1)), "?toPublish=true")
        self.printer = self.open()

    def open(
        self,
        folder: Path | None = None,
        *,
        read_back: bool = True,
        settings: Settings = BY_DEFAULT,
    ) -> Printer:
        """Return what prints: bytes in the database, in a folder, or where `settings` say."""
        address = settings.documents if folder is None else str(folder)
        contents = contents_of(address, settings)
        archive = Archive(self.store, self.typesetter, contents, read_back=read_back)
        return Printer(self.store, self.typesetter, archive)

    def answer(self, serial: int = 1, printer: Printer | None = None) -> Released | Refused:
        """Print a notice, a second after whatever was before."""
        self.office.clock.now += SECOND
        notices = (printer or self.printer).notices(ACTOR)
        return notices.of_notice(ORGANIZATION, nav(serial), None, self.office.clock.now)

    def print(self, serial: int = 1, printer: Printer | None = None) -> Released:
        """Print a notice that can be printed."""
        answer = self.answer(serial, printer)
        assert isinstance(answer, Released), answer
        return answer

    def change(self, **more: object) -> None:
        """Replace the position's only notice by one with other fields."""
        self.office.clock.now += SECOND
        answer = self.office.put("/organizations/77777777777/debtpositions/POSIZIONE-1", more)
        assert answer.status == 200, answer.body

    def listed(self, **filters: str) -> list[tuple[str, str, str | None]]:
        """Return id, state and successor of each document, the oldest first."""
        rows, total = listing.page(
            self.store, ORGANIZATION, DocumentQuery(**filters), PageRequest(50, 0)
        )
        assert total == len(rows)
        return [(r.document.id, str(r.state), r.superseded_by) for r in reversed(rows)]

    def states(self) -> list[str]:
        """Return the states of the documents, the oldest first."""
        return [state for _, state, _ in self.listed()]

    def damages(self, printer: Printer | None = None, *, codes: bool = True) -> set[Damage]:
        """Return what the verification finds."""
        archive = (printer or self.printer).archive
        damaged = verify(self.store, archive, ORGANIZATION, codes=codes)
        return {damage for each in damaged for damage in each.damages}

    def rows(self, table: Table) -> list[Any]:
        """Return the rows of a table."""
        with self.store.reading() as connection:
            return list(connection.execute(select(table)).mappings())

    def events(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield kind and id of the actor, and the data, of each print."""
        rows = (each for each in self.rows(tables.event) if each["type"] == "notice.printed")
        for row in sorted(rows, key=lambda each: str(each["id"])):
            yield row["actor_kind"], row["actor"], row["data"]

    def alter(self, **columns: object) -> None:
        """Change columns of every document, as nobody may."""
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        with self.store.begin() as connection:
            connection.execute(text(f"UPDATE document SET {assignments}"), columns)  # noqa: S608  # ours


def flipped(pdf: bytes, index: int) -> bytes:
    """Return bytes of which one bit differs."""
    return pdf[:index] + bytes([pdf[index] ^ 1]) + pdf[index + 1 :]
