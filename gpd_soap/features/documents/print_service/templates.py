"""The platform's templates, and what each of them prints of a stored position; pure.

SPEC: the platform's service that prints notices: ids of templates, and what each demands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from gpd_soap.core.position import NewPosition
from gpd_soap.features.documents.notice import Way, choose, choose_fine
from gpd_soap.features.documents.reasons import Reason, Refused
from gpd_soap.validation.queries.print_service import NoticeItem, SentNotice

#: Ends the id of a template that has slips.
SLIPS = "Poste"


class Template(StrEnum):
    """The ids of the templates."""

    SINGLE = "TemplateSingleInstalment"
    SINGLE_SLIP = "TemplateSingleInstalmentPoste"
    PLAN = "TemplateInstalments"
    PLAN_SLIPS = "TemplateInstalmentsPoste"
    MANY = "TemplateManyInstalments"
    FINE = "TemplateCdsInfraction"
    FINE_SLIPS = "TemplateCdsInfractionPoste"

    @property
    def has_slips(self) -> bool:
        """Whether the template has slips."""
        return self.endswith(SLIPS)

    @property
    def without_slips(self) -> Template:
        """The template of the same amounts without slips."""
        return Template(self.removesuffix(SLIPS))


#: What each template prints, for people.
DESCRIPTIONS = {
    Template.SINGLE: "Single payment",
    Template.SINGLE_SLIP: "Single payment with its slip",
    Template.PLAN: "Single payment and installments",
    Template.PLAN_SLIPS: "Single payment and installments with their slips",
    Template.MANY: "Any number of installments",
    Template.FINE: "Traffic fine",
    Template.FINE_SLIPS: "Traffic fine with slips",
}


def find(template_id: str) -> Template | None:
    """Return the template of an id, or None."""
    return next((each for each in Template if each == template_id), None)


def lacks(template: Template, notice: SentNotice) -> bool:
    """Return whether a notice lacks what a template prints."""
    rates = notice.installments or []
    dated = all(each.due_date for each in rates)
    needed = {
        Template.SINGLE: notice.code is not None,
        Template.PLAN: bool(notice.code and notice.due_date and rates and dated),
        Template.MANY: bool(rates),
        Template.FINE: notice.reduced is not None and notice.discounted is not None,
    }
    return not needed[template.without_slips]


def ways_to_print(
    template: Template,
    item: NoticeItem,
    position: NewPosition,
    ways: Sequence[Way],
    now: datetime,
) -> tuple[Way, ...] | Refused:
    """Return the amounts that a template prints of a position, in the order of the page.

    Each amount that was sent must be payable, and the answer has no other.
    """
    notice = item.data.notice
    rates = [each.code for each in notice.installments or ()]
    fine = [each.code for each in (notice.discounted, notice.reduced) if each is not None]
    single = [notice.code] if notice.code is not None else []
    numbers = {
        Template.SINGLE: single,
        Template.PLAN: [*single, *rates],
        Template.MANY: rates,
        Template.FINE: fine,
    }[template.without_slips]
    chosen = [way for way in ways if way.option.nav in numbers]
    if len(numbers) != len(set(numbers)) or len(chosen) != len(numbers):
        return Refused(Reason.SENT_NUMBERS, item.nav)
    if template.without_slips is Template.FINE:
        printed = choose_fine(position, ways, now)
        in_order = isinstance(printed, Refused) or [way.option.nav for way in printed] == fine
        return printed if in_order else Refused(Reason.FINE, item.nav)
    for way in chosen:
        one = choose(position, ways, way.option.nav, now)
        if isinstance(one, Refused):
            return one
    return choose(position, chosen, None, now)
