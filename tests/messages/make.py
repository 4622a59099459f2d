"""Writes the folder of every case again: `python -m tests.messages.make`."""

from pathlib import Path

from tests.messages import demands, envelopes, questions, receipts
from tests.messages.case import Case, write

CASES: list[Case] = [*questions.CASES, *receipts.CASES, *demands.CASES, *envelopes.CASES]

if __name__ == "__main__":
    write(CASES, Path(__file__).parent)
