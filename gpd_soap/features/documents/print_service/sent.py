"""Decides a notice whose texts were sent: what moves money must be what is stored; pure.

The addressee's name, the address and the subject are printed as they were sent.  Numbers, amounts,
due dates and the debtor's code must be those of the stored notice, because the Node answers these.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gpd_soap.core.debt import Debtor
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.core.rome import day_of
from gpd_soap.features.documents.archive.archive import Draft, draft_of
from gpd_soap.features.documents.issuer import issuer_of, languages_of
from gpd_soap.features.documents.notice import Way, paper_of, ways_of
from gpd_soap.features.documents.print_service import templates
from gpd_soap.features.documents.reasons import Reason, Refused
from gpd_soap.features.documents.slips import debtor_of, known_code
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.store.positions.read import Stored
from gpd_soap.validation.queries.print_service import NoticeItem, SentDebtor


def draft_of_item(
    item: NoticeItem, stored: Stored | None, settings: PrintSettings, now: datetime
) -> Draft | Refused:
    """Return what is to be released for an item, or why nothing is.

    `stored` is the position of the item's first number, None if there is none.
    """
    template = templates.find(item.template_id)
    if template is None:
        return Refused(Reason.TEMPLATE, item.nav)
    if templates.lacks(template, item.data.notice):
        return Refused(Reason.TEMPLATE_DATA, item.nav)
    if stored is None:
        return Refused(Reason.UNKNOWN, item.nav)
    position = stored.position
    ways = ways_of(
        position.options,
        [progress.settled for progress in stored.progress],
        [progress.notification_fee for progress in stored.progress],
    )
    chosen = templates.ways_to_print(template, item, position, ways, now)
    if isinstance(chosen, Refused):
        return chosen
    reason = _difference(item, position, chosen)
    if reason is not None:
        return Refused(reason, item.nav)
    printed, printed_ways = _as_sent(item, position, chosen)
    paper = paper_of(printed, printed_ways, issuer_of(settings), now, languages_of(settings))
    if template.has_slips and not paper.has_slips:
        return Refused(Reason.NO_SLIP, item.nav)
    return draft_of(paper, stored)


def _difference(item: NoticeItem, position: NewPosition, chosen: Sequence[Way]) -> Reason | None:
    """Return what was sent otherwise than it is stored, or None; what was not sent is no such."""
    sent = {code: (cents, day) for code, cents, day in item.amounts}
    for way in chosen:
        cents, day = sent[way.option.nav]
        if cents not in {None, way.option.amount}:
            return Reason.SENT_AMOUNT
        if day not in {None, day_of(way.option.due_at)}:
            return Reason.SENT_DUE_DATE
        codes = (item.data.debtor.tax_code or "", debtor_of(position, way.option).code)
        known = {known_code(code).upper() for code in codes} - {""}
        if len(known) > 1:
            return Reason.SENT_DEBTOR
    return None


def _as_sent(
    item: NoticeItem, position: NewPosition, chosen: Sequence[Way]
) -> tuple[NewPosition, tuple[Way, ...]]:
    """Return a position and amounts with the texts that were sent in the place of the stored."""
    stored = debtor_of(position, chosen[0].option)
    debtor = _debtor(item.data.debtor, stored)
    subject = item.data.notice.subject

    def option_of(option: NewOption) -> NewOption:
        return option._replace(description=subject, debtor=None)

    printed = position._replace(
        debtor=debtor, options=tuple(option_of(option) for option in position.options)
    )
    return printed, tuple(way._replace(option=option_of(way.option)) for way in chosen)


def _debtor(sent: SentDebtor, stored: Debtor) -> Debtor:
    return Debtor(
        kind=stored.kind,
        code=known_code(stored.code) or sent.tax_code or stored.code,
        full_name=sent.full_name,
        street_name=sent.address,
        civic_number=sent.building_number,
        postal_code=sent.postal_code,
        city=sent.city,
        province=sent.province,
    )
