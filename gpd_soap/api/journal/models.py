"""The models of the bodies about the journal, under the names of the Giornale degli Eventi."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import Count, ResponseModel, RomeTime
from gpd_soap.store.journal.entries import REFERENCE

Reference = Annotated[str, Field(pattern=REFERENCE)]


class JournalEntry(ResponseModel):
    """An exchange with the Node."""

    id: Reference
    data_ora_evento: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    categoria_evento: Literal["INTERFACCIA"]
    tipo_evento: str | None = None
    identificativo_dominio: str | None = None
    broker: Annotated[str | None, Field(alias="identificativoIntermediarioPA")] = None
    station: Annotated[str | None, Field(alias="identificativoStazioneIntermediarioPA")] = None
    numero_avviso: str | None = None
    identificativo_univoco_versamento: str | None = None
    codice_contesto_pagamento: str | None = None
    identificativo_prestatore_servizi_pagamento: str | None = None
    canale_pagamento: str | None = None
    esito: Literal["OK", "KO", "Fault"] | None = None
    fault_code: str | None = None
    decision: str | None = None
    duration_ms: Annotated[float, Field(ge=0)]
    http_status: Annotated[int, Field(ge=100, le=599)]
    caller: str | None = None
    soap_action: str | None = None


class JournalPage(ResponseModel):
    """A page of exchanges, the newest first."""

    entries: list[JournalEntry]
    next: Reference | None = None


class TallyRow(ResponseModel):
    """The exchanges of a period with one station, operation, outcome and fault."""

    begin: RomeTime
    station: str
    operation: str
    outcome: str
    fault: str
    exchanges: Count
    average_ms: float
    within_100ms: Annotated[Count, Field(alias="within100ms")]
    within_500ms: Annotated[Count, Field(alias="within500ms")]
    within_1s: Annotated[Count, Field(alias="within1s")]
    within_2s: Annotated[Count, Field(alias="within2s")]
    within_7s: Annotated[Count, Field(alias="within7s")]


class TallyRows(ResponseModel):
    """The tally of a window."""

    tally: list[TallyRow]


MODELS = (
    TallyRows,
    JournalPage,
)
