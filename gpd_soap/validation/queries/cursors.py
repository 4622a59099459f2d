"""Keys of lists as texts without meaning to the caller, who sends them back."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from gpd_soap.store.loads.loads import LoadKey
from gpd_soap.store.loads.rows import FindingKey
from gpd_soap.store.positions.keyset import PositionKey
from gpd_soap.store.positions.notices import NoticeKey
from gpd_soap.store.receipts.listing import ReceiptListKey

#: LIMIT: characters of a cursor, which holds a name and the id of a position.
LONGEST = 4000
#: LIMIT: no file has as many lines, and a column holds the number.
LAST_LINE = 1 << 40
#: The cursor before the first row of a list of positions.
FIRST = "first"
#: The parts of a list of notices: three orders of a name's words, of positions and of notices.
PARTS = 6


def notice_cursor(key: NoticeKey) -> str:
    """Returns the cursor of a key in a list of notices."""
    return _encode(key)


def notice_key(cursor: str) -> NoticeKey:
    """Returns the key that a cursor of notices stands for.  Raises ValueError if it is none."""
    part, *texts = _decode(cursor, 4)
    if type(part) is not int or not 0 <= part < PARTS:
        raise ValueError("no cursor")
    return NoticeKey(part, *map(_text, texts))


def position_cursor(key: PositionKey) -> str:
    """Returns the cursor of a key in a list of positions."""
    value = key.value.isoformat() if isinstance(key.value, datetime) else key.value
    return _encode([value, key.iupd])


def position_key(cursor: str, *, by_instant: bool) -> PositionKey | None:
    """Returns the key that a cursor of positions stands for; None before the first.

    Raises ValueError if it is none of a list in this order.
    """
    if cursor == FIRST:
        return None
    value, iupd = map(_text, _decode(cursor, 2))
    if not by_instant:
        return PositionKey(value, iupd)
    return PositionKey(_instant(value), iupd)


def receipt_cursor(key: ReceiptListKey) -> str:
    """Returns the cursor of a key in a list of receipts."""
    return _encode([key.received_at.isoformat(), key.digest])


def receipt_list_key(cursor: str) -> ReceiptListKey:
    """Returns the key that a cursor of receipts stands for.  Raises ValueError if it is none."""
    received_at, digest = map(_text, _decode(cursor, 2))
    return ReceiptListKey(_instant(received_at), digest)


def load_cursor(following: LoadKey) -> str:
    """Returns the cursor of a key in a list of loads."""
    return _encode([following.created_at.isoformat(), following.id])


def load_key(cursor: str) -> LoadKey:
    """Returns the key that a cursor of loads stands for.  Raises ValueError if it is none."""
    created_at, load_id = map(_text, _decode(cursor, 2))
    return LoadKey(_instant(created_at), load_id)


def line_cursor(following: FindingKey) -> str:
    """Returns the cursor of a key among the lines or the findings of a load."""
    return _encode(following)


def line_key(cursor: str) -> FindingKey:
    """Returns the key that a cursor of lines stands for.  Raises ValueError if it is none."""
    line, number = map(_number, _decode(cursor, 2))
    return FindingKey(line, number)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("no cursor")
    return instant.astimezone(UTC)


def _encode(values: Sequence[object]) -> str:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, length: int) -> list[object]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except RecursionError as error:
        raise ValueError("no cursor") from error
    if not isinstance(values, list) or len(values) != length:
        raise ValueError("no cursor")
    return values


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < LAST_LINE:
        raise ValueError("no cursor")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("no cursor")
    # WHY: JSON has halves of characters, which no database takes.
    value.encode()
    return value
