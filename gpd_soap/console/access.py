"""Who may open which page: the one table.  A page without a row here does not start."""

from __future__ import annotations

from typing import NamedTuple

from gpd_soap.store.access.keys import Role
from gpd_soap.store.people.operators import Scope

READER, WRITER, ADMIN = Role.READER, Role.WRITER, Role.ADMIN


class Access(NamedTuple):
    """What a page needs.

    `role` is the least role.  `recent` asks for a factor that was proved within ten minutes.  A
    reading of a page with `person` is recorded.  `every` is for who works for every organization,
    also where the address names one.  An `open` page needs no session.
    """

    role: Role = READER
    scope: Scope | None = None
    recent: bool = False
    person: bool = False
    every: bool = False
    open: bool = False


OPEN, ANYBODY = Access(open=True), Access()
CONFIGURES = Access(ADMIN, Scope.CONFIGURE, every=True)
DELICATE = CONFIGURES._replace(recent=True)
OWN_SETTINGS = Access(ADMIN, Scope.CONFIGURE)

#: Sessions, people and configuration.
SHELL: dict[str, Access] = {
    "static": OPEN,
    "sign_in.form": OPEN,
    "sign_in.send": OPEN,
    "sign_in.code": OPEN,
    "sign_in.prove": OPEN,
    "sign_in.out": OPEN,
    "sign_in.signed_out": OPEN,
    "root.bare": ANYBODY,
    "root.start": ANYBODY,
    "invitation.look": OPEN,
    "invitation.accept": OPEN,
    "invitation.demo": OPEN,
    "invitation.enter_demo": OPEN,
    "passkeys.begin": OPEN,
    "passkeys.finish": OPEN,
    "passkeys.begin_acceptance": OPEN,
    "passkeys.accept": OPEN,
    "passkeys.begin_step_up": ANYBODY,
    "passkeys.finish_step_up": ANYBODY,
    "passkeys.begin_add": ANYBODY,
    "passkeys.add": ANYBODY,
    "passkeys.remove": ANYBODY,
    "provider.begin": OPEN,
    "provider.callback": OPEN,
    "provider.step_up": ANYBODY,
    "provider.add": ANYBODY,
    "step_up.form": ANYBODY,
    "step_up.send": ANYBODY,
    "me.page": ANYBODY,
    "me.codes": ANYBODY,
    "me.password": ANYBODY,
    "me.habits": ANYBODY,
    "me.end_others": ANYBODY,
    "me.end_all": ANYBODY,
    "me.remove_identity": ANYBODY,
    "people.page": CONFIGURES,
    "people.new": CONFIGURES,
    "people.show": CONFIGURES,
    "people.invite": DELICATE,
    "people.suspend": DELICATE,
    "people.resume": DELICATE,
    "people.end_sessions": DELICATE,
    "people.reset": DELICATE,
    "people.remove_passkey": DELICATE,
    "people.remove_identity": DELICATE,
    "keys.page": CONFIGURES,
    "keys.create": DELICATE,
    "keys.revoke": DELICATE,
    "audit.page": OWN_SETTINGS,
    "config.page": OWN_SETTINGS,
    "config.logo": ANYBODY,
    "config.rename": OWN_SETTINGS._replace(recent=True),
    "config.put_printing": OWN_SETTINGS._replace(recent=True),
    "config.serve": OWN_SETTINGS._replace(recent=True),
    "config.withdraw": OWN_SETTINGS._replace(recent=True),
    "config.withdraw_service": OWN_SETTINGS._replace(recent=True),
    "services.new": OWN_SETTINGS,
    "services.show": OWN_SETTINGS,
    "services.add": OWN_SETTINGS._replace(recent=True),
    "services.change": OWN_SETTINGS._replace(recent=True),
    "help.page": ANYBODY,
}

#: Search, notices, positions.
NOTICE: dict[str, Access] = {
    "search.go": ANYBODY,
    "notices.page": Access(person=True),
    "notices.show": Access(person=True),
    "notices.dry_verify": ANYBODY,
    "notices.pdf": Access(scope=Scope.PERSONS, person=True),
    "notices.receipt_pdf": Access(scope=Scope.PERSONS, person=True),
    "positions.show": Access(person=True),
    "positions.pdf": Access(scope=Scope.PERSONS, person=True),
    "chosen.do": ANYBODY,
    "chosen.export": Access(scope=Scope.PERSONS, person=True),
    "chosen.export_many": Access(scope=Scope.PERSONS, recent=True, person=True),
    "chosen.withdraw": Access(WRITER, Scope.WITHDRAW),
    "prints.show": Access(scope=Scope.PERSONS),
    "prints.resume": Access(scope=Scope.PERSONS),
    "prints.zip": Access(scope=Scope.PERSONS, person=True),
    "issue.form": Access(WRITER, Scope.CORRECT),
    "issue.send": Access(WRITER, Scope.CORRECT),
    "changes.correct": Access(WRITER, Scope.CORRECT, person=True),
    "changes.send_correction": Access(WRITER, Scope.CORRECT),
    "changes.move_due": Access(WRITER, Scope.CORRECT),
    "changes.publish": Access(WRITER, Scope.CORRECT),
    "changes.paid_elsewhere": Access(WRITER, Scope.CORRECT),
    "changes.withdraw": Access(WRITER, Scope.WITHDRAW),
    "changes.restore": Access(WRITER, Scope.WITHDRAW),
}

#: Home, worklist, receipts, journal, station.
WORK: dict[str, Access] = {
    "home.page": ANYBODY,
    "overview.page": ANYBODY,
    "worklist.page": Access(person=True),
    "worklist.take": Access(WRITER, Scope.REFUND),
    "worklist.many": Access(WRITER, Scope.REFUND),
    "worklist.refunds": Access(scope=Scope.PERSONS, person=True),
    "worklist.all_refunds": Access(scope=Scope.PERSONS, person=True, recent=True),
    "worklist.case": Access(person=True),
    "worklist.message": Access(scope=Scope.PERSONS, person=True),
    "worklist.claim": Access(WRITER, Scope.REFUND),
    "worklist.release": Access(WRITER, Scope.REFUND),
    "worklist.decide": Access(WRITER, Scope.REFUND),
    "worklist.match": Access(WRITER, Scope.REFUND),
    "receipts.page": ANYBODY,
    "receipts.show": Access(person=True),
    "receipts.message": Access(scope=Scope.PERSONS, person=True),
    "receipts.paper": Access(scope=Scope.PERSONS, person=True),
    "opening.form": Access(WRITER, Scope.REFUND, person=True),
    "opening.send": Access(WRITER, Scope.REFUND),
    "journal.page": ANYBODY,
    "journal.show": ANYBODY,
    "station.page": ANYBODY,
    "station.test": ANYBODY,
}

#: Files of positions.
LOADS_FILES = Access(WRITER, Scope.LOAD)
LOADS: dict[str, Access] = {
    "loads.page": ANYBODY,
    "loads.receive": LOADS_FILES,
    "loads.one": Access(person=True),
    "loads.progress": ANYBODY,
    "loads.mend": Access(WRITER, Scope.LOAD, person=True),
    "loads.notices": ANYBODY,
    "loads.answer": LOADS_FILES,
    "loads.load": LOADS_FILES,
    "loads.cancel": LOADS_FILES,
    "loads.resume": LOADS_FILES,
    "loads.undo": LOADS_FILES,
    "loads_print.begin": LOADS_FILES,
    "loads_print.zip": Access(scope=Scope.PERSONS, person=True),
}

PAGES: dict[str, Access] = {**SHELL, **NOTICE, **WORK, **LOADS}
