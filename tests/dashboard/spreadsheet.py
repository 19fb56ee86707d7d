"""A real spreadsheet program, without its window: computes a workbook again."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import openpyxl

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
BLUE = "FF0000FF"


def recomputed(path: Path, folder: Path) -> Any:  # noqa: ANN401 - openpyxl publishes no types
    """The workbook with every formula computed again by LibreOffice."""
    assert SOFFICE is not None
    folder.mkdir()
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [SOFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=180)
    return openpyxl.load_workbook(folder / path.name, data_only=True)


def with_changes(path: Path, target: Path, changes: Mapping[tuple[str, str], float]) -> Path:
    """A copy with other numbers in some cells, by sheet and cell; computed values are dropped."""
    book = openpyxl.load_workbook(path)
    for (sheet, cell), value in changes.items():
        found = book[sheet][cell]
        assert found.font.color is not None
        assert found.font.color.rgb == BLUE, f"{sheet}!{cell} is no cell to change"
        found.value = value
    book.save(target)
    return target


def cell_beside(book: Any, sheet: str, *texts: object) -> Any:  # noqa: ANN401 - openpyxl
    """The cells after the first ones of the row that begins with these texts."""
    for row in book[sheet].iter_rows():
        if tuple(cell.value for cell in row[: len(texts)]) == texts:
            return row[len(texts) :]
    raise AssertionError(f"no row {texts} on {sheet}")
