"""The form with which a notice is issued at the counter, and the position that it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from gpd_soap.console.notices.fields import Unfit, cents_of, day_of, typed_amount
from gpd_soap.console.notices.instalments import MOST, Instalment, instalments
from gpd_soap.console.notices.refused import Problem
from gpd_soap.core.codes import warning_for_fiscal_code
from gpd_soap.core.text import clean
from gpd_soap.usecases.notices.templates import FREE, Template

#: How long a payer has, unless the person at the counter says otherwise.
TERM = timedelta(days=30)
#: What stands for a payer who is not known.
PERSON_LENGTH = 16

#: Fields that a template proposes, besides the amount.
KEPT = ("description", "category", "iban")
#: Fields that are never empty.
ALWAYS = ("description", "fiscalCode", "fullName", "category")

#: How many instalments there may be, as a form sends it.
COUNTS = {str(number): number for number in range(1, MOST + 1)}

Body = dict[str, Any]


class IssueForm:
    """The fields of a new notice as they were typed; a template fills those that are empty."""

    def __init__(
        self, fields: Mapping[str, str], templates: Sequence[Template], today: date, iupd: str
    ) -> None:
        """`iupd` is the id of the position, unless the form has one already."""
        self._fields = dict(fields)
        self.templates = {each.id: each for each in templates}
        self._today = today
        self.iupd = clean(self._fields.get("iupd", "")) or iupd
        default = templates[0].id if templates else FREE
        self.template_id = self._fields.get("template", default)
        if self.template_id not in self.templates:
            self.template_id = FREE
        self.is_switched = self._fields.get("was", self.template_id) != self.template_id
        if self.is_switched:
            self._forget_proposals(self._fields["was"])

    is_switched = False

    @property
    def template(self) -> Template:
        """The chosen template."""
        return self.templates.get(self.template_id, Template(FREE, ""))

    def get(self, name: str) -> str:
        """Return a field; one that is empty is the template's."""
        return self._fields.get(name) or self._proposed(name)

    @property
    def pays_after_due(self) -> bool:
        """Whether the notice can be paid after its due date."""
        return "after" in self._fields or "iupd" not in self._fields

    @property
    def plan(self) -> list[Instalment]:
        """The instalments, none for a single payment.  Raises Unfit if a field cannot be read."""
        count = self.count
        if count == 1:
            return []
        return instalments(cents_of(self.get("amount")), count, day_of(self.get("due"), "due"))

    @property
    def count(self) -> int:
        """How many instalments are chosen.  Raises Unfit for no such number."""
        text = clean(self.get("instalments")) or "1"
        if text not in COUNTS:
            raise Unfit("instalments", "choice")
        return COUNTS[text]

    @property
    def cents(self) -> int | None:
        """The amount, or None while it cannot be read."""
        try:
            return cents_of(self.get("amount"))
        except Unfit:
            return None

    @property
    def day(self) -> date | None:
        """The due date, or None while it cannot be read."""
        try:
            return day_of(self.get("due"), "due")
        except Unfit:
            return None

    def warnings(self) -> dict[str, str]:
        """Return what a person should read again, by field: it lets pass."""
        code = clean(self.get("fiscalCode")).upper()
        return {"fiscalCode": code} if code and warning_for_fiscal_code(code) else {}

    def body(self, company_name: str) -> Body:
        """Return the position in GPD's JSON.

        Raises AllUnfit with every field that cannot be read.
        """
        problems: list[Problem] = []
        cents, due, count = (
            _tried(problems, read)
            for read in (
                lambda: cents_of(self.get("amount")),
                lambda: day_of(self.get("due"), "due"),
                lambda: self.count,
            )
        )
        if isinstance(due, date) and due < self._today:
            # WHY: the use case says it too, but only once every field can be read.
            problems.append(Unfit("due", "past").problem)
        missing = [name for name in ALWAYS if not clean(self.get(name))]
        problems += [Unfit(name, "required").problem for name in missing]
        if not clean(self.get("iban")) and not self.template.postal_iban:
            problems.append(Unfit("iban", "required").problem)
        if problems:
            raise AllUnfit(problems)
        assert isinstance(cents, int)
        assert isinstance(due, date)
        options = [self._option(cents, due, partial=False)]
        if isinstance(count, int) and count > 1:
            parts = instalments(cents, count, due)
            options += [self._option(each.amount, each.due, partial=True) for each in parts]
        code = clean(self.get("fiscalCode")).upper().replace(" ", "")
        return {
            "iupd": self.iupd,
            "type": "F"
            if len(code) == PERSON_LENGTH or not (code.isascii() and code.isdigit())
            else "G",
            "fiscalCode": code,
            "fullName": clean(self.get("fullName")),
            **self._contact(),
            "companyName": company_name,
            "switchToExpired": not self.pays_after_due,
            "paymentOption": options,
        }

    def _forget_proposals(self, template_id: str) -> None:
        """Drops the values that another template had proposed, and keeps what was typed."""
        own, self.template_id = self.template_id, template_id
        proposed = {name: self._proposed(name) for name in ("amount", *KEPT)}
        self.template_id = own
        for name, value in proposed.items():
            if self._fields.get(name) == value:
                del self._fields[name]

    def _contact(self) -> Body:
        names = ["streetName", "civicNumber", "postalCode", "city", "province", "country", "email"]
        given = {name: clean(self.get(name)) for name in names}
        return {name: value for name, value in given.items() if value}

    def _option(self, cents: int, due: date, *, partial: bool) -> Body:
        description = clean(self.get("description"))
        transfer: Body = {
            "idTransfer": "1",
            "amount": cents,
            "remittanceInformation": description,
            "category": clean(self.get("category")),
        }
        iban = clean(self.get("iban")).upper().replace(" ", "")
        postal = self.template.postal_iban
        transfer |= {"iban": iban} if iban else {}
        transfer |= {"postalIban": postal} if postal else {}
        return {
            "amount": cents,
            "description": description,
            "isPartialPayment": partial,
            "dueDate": due.isoformat(),
            "transfer": [transfer],
        }

    def _proposed(self, name: str) -> str:
        template = self.template
        proposals = {
            "amount": "" if template.amount is None else typed_amount(template.amount),
            "description": template.description or "",
            "category": template.category or "",
            "iban": template.iban or "",
            "due": (self._today + TERM).isoformat(),
            "instalments": "1",
        }
        # WHY: what was emptied on purpose stays empty, so that it is refused and not guessed.
        typed = name in self._fields and "was" in self._fields and not self.is_switched
        return "" if typed and name not in ("due", "instalments") else proposals.get(name, "")


class AllUnfit(Exception):
    """Fields cannot be read: see `problems`."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep what is said about each field."""
        super().__init__(len(problems))
        self.problems = problems


def _tried(problems: list[Problem], read: Any) -> object:
    """Returns what a field holds, or None with what is said about it."""
    try:
        return read()
    except Unfit as unfit:
        problems.append(unfit.problem)
        return None
