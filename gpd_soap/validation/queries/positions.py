"""The bodies of operations of ours on positions, for the API and the commands."""

from __future__ import annotations

from gpd_soap.validation.fields import Strict, Text500, Until


class Restoration(Strict):
    """Why a position is restored, and the new due date of its notices that have expired."""

    reason: Text500
    due_date: Until | None = None
