"""The faults that `python -m tests.planted` plants are in the program's code as it is now."""

import shutil
from pathlib import Path

import pytest

from tests.planted import FAULTS, ROOT, Fault, plant


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_changes_its_file_and_names_existing_tests(fault: Fault, tmp_path: Path):
    """A changed line or a moved test is not forgotten in the list."""
    (tmp_path / fault.file).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "gpd_soap" / fault.file, tmp_path / fault.file)

    before = plant(tmp_path, fault)
    after = (tmp_path / fault.file).read_text("utf-8")

    assert after != before
    compile(after, fault.file, "exec")
    assert all((ROOT / test).exists() for test in fault.tests.split())
