"""The form that corrects a notice: amounts, due date, text, debtor; and what it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from flask import Response, g

from gpd_soap.console.guard import set_subjects
from gpd_soap.console.notices.fields import Unfit, cents_of, day_of, digest, typed_amount
from gpd_soap.console.notices.page import debtor_of
from gpd_soap.console.notices.refused import CHANGED, Problem, by_field
from gpd_soap.console.rendering import render
from gpd_soap.console.words import _
from gpd_soap.core import rome
from gpd_soap.core.payment import fee_transfer
from gpd_soap.core.text import clean
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases.notices.read import WholeNotice
from gpd_soap.usecases.positions.correct import DEBTOR, Correction

#: The fields of the debtor in the form, by GPD's names; the kind is chosen, and not typed.
PERSON = tuple(DEBTOR)
#: Those that a debtor always has.
REQUIRED = ("fiscalCode", "fullName")
AMOUNT = "amount"


class Changed(NamedTuple):
    """A value that a correction changes; `kind` says how it is written."""

    name: str
    kind: str
    before: object
    after: object


class Form:
    """The fields of a correction as they were typed."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Keep the fields."""
        self._fields = dict(fields)

    @classmethod
    def of(cls, notice: WholeNotice) -> Form:
        """Return the form with the present values of a notice."""
        debtor = debtor_of(notice)
        amounts = {
            amount_field(number): typed_amount(cents) for number, cents in amounts_of(notice)
        }
        person = {name: getattr(debtor, field) or "" for name, field in DEBTOR.items()}
        return cls(
            {
                **amounts,
                **person,
                "due": rome.day_of(notice.option.due_at).isoformat(),
                "description": notice.option.description,
                "etag": notice.stored.etag,
            }
        )

    def get(self, name: str) -> str:
        """Return a field, "" if it was not sent."""
        return self._fields.get(name, "")

    @property
    def names(self) -> list[str]:
        """The fields that decide what is saved."""
        return sorted(set(self._fields) - {"seen", "save", "etag"})

    @property
    def digest(self) -> str:
        """What the next form must repeat, so that nothing is saved that was not seen."""
        return digest(self._fields, self.names)

    @property
    def was_seen(self) -> bool:
        """Whether what would change was shown for these very fields."""
        return "save" in self._fields and self.get("seen") == self.digest

    def correction(self, notice: WholeNotice, *, sees_persons: bool) -> Correction:
        """Return what the fields change in a notice.  Raises Unfit if a field cannot be read."""
        present = Form.of(notice)
        amounts = {
            number: cents_of(self.get(amount_field(number)), amount_field(number))
            for number, _cents in amounts_of(notice)
            if amount_field(number) in self._fields
        }
        due = day_of(self.get("due"), "due").isoformat()
        description = clean(self.get("description"))
        debtor = {
            name: clean(self.get(name))
            for name in PERSON
            if name in self._fields and self.get(name) != present.get(name)
        }
        for name in REQUIRED:
            if debtor.get(name) == "":
                raise Unfit(name, "required")
        return Correction(
            notice.option.nav,
            amounts=amounts if amounts != dict(amounts_of(notice)) else None,
            due_date=due if due != present.get("due") else None,
            description=description if description != notice.option.description else None,
            debtor=debtor if sees_persons and debtor else None,
        )


def correction_page(
    notice: WholeNotice,
    form: Form,
    status: int = 200,
    problems: Sequence[Problem] = (),
    after: Stored | None = None,
) -> Response:
    """Returns the form, with what is wrong or with what it would change."""
    position = notice.stored.position
    set_subjects(Subject(notice.option.nav, position.iupd))
    return render(
        "notices/correct.html",
        status,
        title=_("Correggere l’avviso"),
        notice=notice,
        form=form,
        # WHY: who was late sees how it is now, and sends again what was typed on that.
        etag=notice.stored.etag if status == CHANGED or not form.get("etag") else form.get("etag"),
        problems=list(problems),
        wrong=by_field(list(problems)),
        amounts=[(amount_field(number), number) for number, _cents in amounts_of(notice)],
        present=Form.of(notice),
        changed=[] if after is None else list(changed_by(notice, after)),
        previewed=after is not None,
        today=rome.day_of(g.now).isoformat(),
        several_notices=len(position.options) > 1,
    )


def changed_by(notice: WholeNotice, after: Stored) -> Iterator[Changed]:
    """Yields what differs between a notice and what it would be."""
    new = next(each for each in after.position.options if each.nav == notice.option.nav)
    old, fee = notice.option, notice.progress.notification_fee
    if old.amount != new.amount:
        yield Changed("amount", "money", old.amount + fee, new.amount + fee)
    for before, transfer in zip(old.transfers, new.transfers, strict=True):
        if before.amount != transfer.amount and len(old.transfers) > 1:
            name = f"{transfer.number}. {transfer.company_name or transfer.organization}"
            yield Changed(name, "money", before.amount, transfer.amount)
    if old.due_at != new.due_at:
        yield Changed("due", "day", old.due_at, new.due_at)
    if old.description != new.description:
        yield Changed("description", "text", old.description, new.description)
    debtors = notice.stored.position.debtor, after.position.debtor
    for name, field in DEBTOR.items():
        before_text, after_text = (getattr(each, field) for each in debtors)
        if before_text != after_text:
            yield Changed(name, "text", before_text, after_text)


def amounts_of(notice: WholeNotice) -> list[tuple[int, int]]:
    """Return the number and the cents of each transfer, the notification fee among them."""
    transfers = notice.option.transfers
    carrier = fee_transfer(notice.stored.position.organization, transfers)
    fee = notice.progress.notification_fee
    return [
        (each.number, each.amount + (fee if index == carrier else 0))
        for index, each in enumerate(transfers)
    ]


def amount_field(number: int) -> str:
    """Return the name of the field with the amount of a transfer."""
    return AMOUNT if number == 1 else f"{AMOUNT}-{number}"
