"""The statements that fill a town, in both dialects: each makes all rows of a table at once."""

import re
from collections.abc import Iterator

#: What differs between the databases, by the word that stands for it in a statement.
DIALECTS: dict[str, dict[str, str]] = {
    "postgresql": {
        "SERIES": "(SELECT i FROM generate_series(CAST({0} AS bigint), {1}) AS each(i)) AS series",
        "AGO": "(CAST('{{now}}+00' AS timestamptz) + ({0}) * interval '1 day')",
        "DUE": "(CAST('{{due}}+00' AS timestamptz) + ({0}) * interval '1 day')",
        "HOUR": "date_trunc('hour', {0})",
        "JSON": "CAST({0} AS jsonb)",
        "DIGEST": "lpad(CAST({0} AS text), 64, '0')",
        "BYTES": "convert_to({0}, 'UTF8')",
        "YES": "true",
        "NO": "false",
    },
    "sqlite": {
        "SERIES": "(WITH RECURSIVE each(i) AS (SELECT {0} UNION ALL SELECT i + 1 FROM each"
        " WHERE i < {1}) SELECT i FROM each) AS series",
        "AGO": "strftime('%Y-%m-%d %H:%M:%f000', julianday('{{now}}') + ({0}))",
        "DUE": "(date(julianday('{{due}}') + ({0})) || substr('{{due}}', 11))",
        "HOUR": "strftime('%Y-%m-%d %H:00:00.000000', {0})",
        "JSON": "{0}",
        "DIGEST": "printf('%064d', {0})",
        "BYTES": "CAST({0} AS blob)",
        "YES": "1",
        "NO": "0",
    },
}
_WORD = re.compile(r"\b(SERIES|AGO|DUE|HOUR|JSON|DIGEST|BYTES)«([^«»]*)»")

#: One row for each position: its number, its person, and days from now.  A rare surname or given
#: name is as frequent as the square of a random number makes it; `paid` is null where nobody paid.
DEBT = """
CREATE TEMPORARY TABLE debt AS
SELECT i, 'IUPD-' || i AS iupd, person, created, due,
  CAST((3010000000000000 + i) * 100 + (3010000000000000 + i) % 93 AS varchar(18)) AS nav,
  CASE WHEN i % 100 > 97 OR i % 10 > 5 THEN NULL
       WHEN due = 10 AND i % 50 < 2 THEN - (i % 50) - (i % 997) / 2500.0
       WHEN created + 5 + i % 30 < 0 THEN created + 5 + i % 30 END AS paid
FROM (SELECT i, person, created, CASE WHEN i % 4 < 3
    THEN (CAST(created + 1240 AS integer) / 240 + 1) * 240 - 1190
    ELSE CAST(created + 60 AS integer) END AS due
  FROM (SELECT i, (i * 7919) % {people} + 1 AS person,
          - ({last} - i) * {days}.0 / {last} AS created
        FROM SERIES«{first},{last}») AS born) AS dated
"""
DEBT_INDEX = "CREATE UNIQUE INDEX debt_by_number ON debt (i)"
PERSON = """
CREATE TEMPORARY TABLE person AS
SELECT made.i, CAST(10000000000 + made.i AS varchar(16)) AS code,
  given.name || ' ' || surname.name AS name
FROM (SELECT i, (i * 48271) % 10007 / 10007.0 AS one, (i * 16807) % 9973 / 9973.0 AS other
      FROM SERIES«1,{people}») AS made
JOIN surname ON surname.k = CAST(({surnames} - 1) * one * one AS integer)
JOIN given ON given.k = CAST(({given} - 1) * other * other AS integer)
"""
PERSON_INDEX = "CREATE UNIQUE INDEX person_by_number ON person (i)"
POSITION = """
INSERT INTO position (organization, iupd, version, published_at, withdrawn_at, company_name,
  pay_stand_in, debtor_kind, debtor_code, debtor_full_name, created_at, updated_at,
  created_by_kind, created_by)
SELECT '{own}', iupd, 1, CASE WHEN debt.i % 100 <> 99 THEN AGO«created» END,
  CASE WHEN debt.i % 100 = 98 THEN AGO«created / 2» END, '{name}', YES, 'F', code, name,
  AGO«created», AGO«created», 'key', 'k-1'
FROM debt JOIN person ON person.i = debt.person ORDER BY debt.i
"""
OPTION = """
INSERT INTO payment_option (organization, nav, iupd, iuv, amount, description, plan, due_at,
  switch_to_expired, metadata, updated_at, paid_at, receipt_id, payment_date, payment_method, psp,
  psp_name, fee, debtor_kind, debtor_code, debtor_full_name)
SELECT '{own}', nav, iupd, substr(nav, 2), 2000 + debt.i % 8000, 'Tributo ' || debt.i,
  CASE WHEN debt.i % 10 = 7 THEN 'PIANO' END, DUE«due», YES, JSON«'[]'», AGO«created»,
  AGO«paid», CASE WHEN paid IS NOT NULL THEN 'R' || debt.i END, AGO«paid»,
  CASE WHEN paid IS NOT NULL THEN 'creditCard' END,
  CASE WHEN paid IS NOT NULL THEN 'PSP' || debt.i % 40 END,
  CASE WHEN paid IS NOT NULL THEN 'Banca ' || debt.i % 40 END,
  CASE WHEN paid IS NOT NULL THEN 150 END, CASE WHEN person.i IS NOT NULL THEN 'F' END, code, name
FROM debt LEFT JOIN person
  ON debt.i % 20 = 0 AND person.i = (debt.person * 31) % {people} + 1
ORDER BY debt.i
"""
RATES = """
INSERT INTO payment_option (organization, nav, iupd, iuv, amount, description, plan, due_at,
  switch_to_expired, metadata, updated_at)
SELECT '{own}', nav, iupd, substr(nav, 2), 1000, 'Rata ' || k, 'PIANO', DUE«due + 30 * k», YES,
  JSON«'[]'», AGO«created»
FROM (SELECT iupd, due, created, k, CAST((3010000000000000 + {last} + 2 * i + k) * 100
        + (3010000000000000 + {last} + 2 * i + k) % 93 AS varchar(18)) AS nav
      FROM debt CROSS JOIN (SELECT 1 AS k UNION ALL SELECT 2) AS two WHERE i % 10 = 7) AS rate
ORDER BY nav
"""
TRANSFER = """
INSERT INTO transfer (organization, nav, number, amount, beneficiary, iban,
  remittance_information, category, metadata)
SELECT organization, nav, 1, amount, organization, '{iban}', 'Tributo', '0101002IM', JSON«'[]'»
FROM payment_option WHERE organization = '{own}' AND nav > '{plain_nav}'
"""
#: `kept`, the receiptId's letter, the rows that have it, and how many of the last days are open.
CASES = (
    ("double", "D", "i % 100 = 3", 12),
    ("review", "V", "i % 500 = 11", 6),
    ("unmatched", "U", "i % 300 = 5", 20),
    ("conflicting", "C", "i % 1000 = 35", 6),
)
RECEIPT = """
INSERT INTO receipt (organization, receipt_id, variant, digest, kept, reasons, primitive, broker,
  station, issuer, nav, iuv, outcome, amount, fee, psp, psp_name, channel, method, paid_at,
  stand_in, debtor_code, received_at, last_received_at, copies, raw, resolved_at, resolved_by,
  resolution, resolved_as)
SELECT '{own}', '%(letter)s' || debt.i, 0, DIGEST«debt.i», '%(kept)s', '%(reasons)s', 'paSendRTV2',
  '{broker}', '{station}', '{own}', %(nav)s, substr(%(nav)s, 2), 'OK', 2000 + debt.i %% 8000, 150,
  'PSP' || debt.i %% 40, 'Banca ' || debt.i %% 40, 'canale', 'creditCard', AGO«at», NO,
  CAST(10000000000 + debt.person AS varchar(16)), AGO«at», AGO«at», 1, BYTES«'%(raw)s'»,
  CASE WHEN %(resolved)s THEN AGO«at + 2» END, CASE WHEN %(resolved)s THEN 'Anna Inventata' END,
  CASE WHEN %(resolved)s THEN 'visto' END,
  CASE WHEN %(resolved)s THEN CASE WHEN debt.i %% 7000 = 3 THEN 'to-refund' ELSE 'right' END END
FROM (SELECT *, paid + %(after)s AS at FROM debt WHERE paid IS NOT NULL AND %(which)s) AS debt
ORDER BY debt.i
"""
EVENT = """
INSERT INTO event (organization, subject, at, id, sequence, type, nav, receipt_id, revision,
  actor_kind, actor, data)
SELECT '{own}', iupd, AGO«%(at)s», '%(letter)s' || i, %(sequence)s, '%(type)s', nav, %(receipt)s,
  1, '%(kind)s', '%(actor)s', JSON«%(data)s»
FROM debt WHERE %(which)s ORDER BY i
"""
CREATED_DATA = """'{"after": {"options": [{"nav": "' || nav || '", "amount": '
  || (2000 + i % 8000) || '}]}}'"""
PAID_DATA = """'{"receiptId": "R' || i || '", "nav": "' || nav || '", "amount": '
  || (2000 + i % 8000) || ', "pays": true}'"""
#: An exchange of the last 180 days for each position, and a busy last hour.
JOURNAL = """
INSERT INTO journal (organization, at, id, microseconds, caller, operation, broker, station, nav,
  iuv, receipt_id, psp, channel, outcome, fault, rule, status)
SELECT '{own}', AGO«ago», j, CASE WHEN j % 997 = 0 THEN 8000000 ELSE 4000 + j % 9000 END,
  '127.0.0.1', CASE WHEN j % 10 < 5 THEN 'paVerifyPaymentNotice' WHEN j % 10 < 8
  THEN 'paGetPaymentV2' ELSE 'paSendRTV2' END, '{broker}', '{station}', nav, NULL,
  CASE WHEN j % 10 > 7 THEN 'R' || i END, 'PSP' || j % 40, 'canale',
  CASE WHEN j % 12 = 0 THEN 'KO' ELSE 'OK' END,
  CASE WHEN j % 12 > 0 THEN '-' WHEN j % 50004 = 0 THEN 'PAA_SYSTEM_ERROR'
    WHEN j % 24 = 0 THEN 'PAA_PAGAMENTO_SCADUTO' ELSE 'PAA_PAGAMENTO_SCONOSCIUTO' END, '', 200
FROM (SELECT i AS j, CASE WHEN i % 600 = 0 THEN - (i % 86399) / 2073600.0
        ELSE - 180.0 * ({last} - i) / {last} - 0.05 END AS ago,
      (i * 7919) % ({last} - {first}) + {first} AS of_debt
      FROM SERIES«{first},{last}») AS made
JOIN debt ON debt.i = made.of_debt
"""
TALLY = """
INSERT INTO tally (organization, hour, station, operation, outcome, fault, exchanges, microseconds,
  within_100_ms, within_500_ms, within_1_s, within_2_s, within_7_s)
SELECT organization, HOUR«at», station, operation, outcome, fault, count(*), sum(microseconds),
  %(sums)s
FROM journal WHERE organization = '{own}' GROUP BY 1, 2, 3, 4, 5, 6
"""
WITHIN = ", ".join(
    f"sum(CASE WHEN microseconds <= {bound} THEN 1 ELSE 0 END)"
    for bound in (100_000, 500_000, 1_000_000, 2_000_000, 7_000_000)
)
YEAR_BEFORE = """
INSERT INTO tally (organization, hour, station, operation, outcome, fault, exchanges, microseconds,
  within_100_ms, within_500_ms, within_1_s, within_2_s, within_7_s)
SELECT '{own}', HOUR«AGO_HOURS», '{station}', operation, 'OK', '-', 90, 90000, 90, 90, 90, 90, 90
FROM SERIES«4400,10500» CROSS JOIN (SELECT 'paSendRTV2' AS operation
  UNION ALL SELECT 'paVerifyPaymentNotice' UNION ALL SELECT 'paGetPaymentV2') AS operations
"""
QUARANTINE = """
INSERT INTO quarantine (organization, digest, primitive, reason, received_at, last_received_at,
  copies, raw, resolved_at, resolved_by, resolution)
SELECT '{own}', DIGEST«i», 'paSendRTV2', 'not valid', AGO«- i», AGO«- i», 1, BYTES«'<a/>'»,
  CASE WHEN i > 9 THEN AGO«2 - i» END, CASE WHEN i > 9 THEN 'Anna Inventata' END,
  CASE WHEN i > 9 THEN 'visto' END
FROM SERIES«1,300»
"""
AUDIT = """
INSERT INTO audit (organization, at, id, key_id, key_name, method, path, status, request_id,
  actor_kind, actor, nav, iupd)
SELECT '{own}', AGO«- ({last} - i) * 730.0 / {last}», i, '', '',
  CASE WHEN i % 5 = 0 THEN 'POST' ELSE 'GET' END, '/console/notices/nav', 200, 'r' || i,
  'operator', CASE WHEN i % 2 = 0 THEN 'writer' ELSE 'clerk' END, nav, iupd
FROM debt WHERE i % 4 = 0
"""
DOCUMENT = """
INSERT INTO document (organization, id, iupd, navs, input, facts, versions, codes, digest, size,
  storage, created_at, actor_kind, actor)
SELECT '{own}', DIGEST«i», iupd, JSON«'["' || nav || '"]'», '{"notices": []}', DIGEST«i»,
  JSON«'{}'», JSON«'[]'», DIGEST«i», 42000, 'folder', AGO«created», 'operator', 'writer'
FROM debt WHERE i % 4 = 0
"""
DOCUMENT_NOTICE = """
INSERT INTO document_notice (organization, nav, document)
SELECT '{own}', nav, DIGEST«i» FROM debt WHERE i % 4 = 0
"""
RETIRED = """
INSERT INTO retired_number (organization, nav, iuv, iupd, retired_at)
SELECT '{own}', '30199' || DIGEST_13, '0199' || DIGEST_13, 'IUPD-OLD-' || i, AGO«- 40»
FROM SERIES«1,1000»
"""
FEED = """
INSERT INTO feed (organization, last, expired_until) VALUES ('{own}', 2 * {last}, AGO«0»)
"""
#: The numbers of the town were issued one after another, and the next one is free.
SERIAL = """
INSERT INTO iuv_serial (organization, segregation_code, last) VALUES ('{own}', '01', 4 * {last})
"""


def of(dialect: str) -> Iterator[str]:
    """Yield the statements that fill a town, in their order."""
    for statement in _statements():
        yield _in_dialect(statement, DIALECTS[dialect])


def _statements() -> Iterator[str]:
    yield from (DEBT, DEBT_INDEX, PERSON, PERSON_INDEX, POSITION, OPTION, RATES, TRANSFER)
    plain = {"letter": "R", "kept": "applied", "reasons": "", "nav": "nav", "after": "0",
             "which": "1 = 1", "resolved": "1 = 0", "raw": "<receipt/>" * 40}  # fmt: skip
    yield RECEIPT % plain
    for status, letter, which, open_days in CASES:
        nav = "'3019' || substr(nav, 5)" if status == "unmatched" else "nav"
        more = {"letter": letter, "kept": status, "which": f"{which} AND paid < -1.1", "nav": nav,
                "after": "1", "resolved": f"at < -{open_days}", "reasons": "test"}  # fmt: skip
        yield RECEIPT % (plain | more)
    created = {"at": "created", "letter": "a", "sequence": "i", "type": "position.created",
               "receipt": "NULL", "kind": "key", "actor": "k-1", "data": CREATED_DATA,
               "which": "1 = 1"}  # fmt: skip
    yield EVENT % created
    paid = {"at": "paid", "letter": "b", "sequence": "{last} + i", "type": "receipt.applied",
            "receipt": "'R' || i", "kind": "node", "actor": "{station}", "data": PAID_DATA,
            "which": "paid IS NOT NULL"}  # fmt: skip
    yield EVENT % paid
    yield from (JOURNAL, TALLY % {"sums": WITHIN}, YEAR_BEFORE, QUARANTINE, AUDIT)
    yield from (DOCUMENT, DOCUMENT_NOTICE, RETIRED, FEED, SERIAL)


def _in_dialect(statement: str, words: dict[str, str]) -> str:
    """Return a statement in which each word of `DIALECTS` is replaced, the innermost first."""
    statement = statement.replace("AGO_HOURS", "AGO«- i / 24.0»")
    statement = statement.replace("DIGEST_13", "substr(DIGEST«i», 52)")
    while _WORD.search(statement):
        statement = _WORD.sub(lambda m: _expanded(words[m[1]], m[2]), statement)
    for name in ("YES", "NO"):
        statement = re.sub(rf"\b{name}\b", words[name], statement)
    return statement


def _expanded(pattern: str, argument: str) -> str:
    expanded = pattern.replace("{{", "{").replace("}}", "}")
    pieces = argument.split(",") if "{1}" in pattern else [argument]
    for number, piece in enumerate(pieces):
        expanded = expanded.replace(f"{{{number}}}", piece.strip())
    return expanded
