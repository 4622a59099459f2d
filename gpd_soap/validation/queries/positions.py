"""The bodies of operations of ours on positions, for the API and the commands."""

from __future__ import annotations

from gpd_soap.validation.fields import Prose500, Strict, Until


class Reason(Strict):
    """Why a person changes something."""

    reason: Prose500


class Restoration(Strict):
    """Why a position is restored, and the new due date of its notices that have expired."""

    reason: Prose500
    due_date: Until | None = None
