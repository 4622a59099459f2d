"""The files that the console takes from npm, made again; a drill, because only a network has them.

`test_assets.py` compares the digest of each file in every clone.
"""

from pathlib import Path

from tests.console.assets.build import FILES, LOCK, STATIC, build, install


def test_rebuilt_files_are_the_same(tmp_path: Path):
    """Every byte comes again from the locked packages; without npm's registry the test fails."""
    install(tmp_path)
    made = tmp_path / "made"
    made.mkdir()
    build(tmp_path, made)

    for name in (*FILES, LOCK):
        assert (made / name).read_bytes() == (STATIC / name).read_bytes(), name
