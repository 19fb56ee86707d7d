"""Random imports and undos: the store says what a plain list of imports says."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ingest.imports import import_file
from ingest.store import Store
from tests.conftest import SOAK
from tests.ingest.chats import adds_up, chat, counts, ledger, written

ROUNDS = 200 if SOAK else 4
FEATURES = ("search", "draft", None)


@dataclass
class PlainLedger:
    """Every import as the rows that won inside its file; undone ones are taken out."""

    imports: dict[int, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def add(self, number: int, lines: list[dict[str, Any]]) -> None:
        won: dict[str, dict[str, Any]] = {}
        for line in lines:
            if line["id"] not in won or weight(line) >= weight(won[line["id"]]):
                won[line["id"]] = line
        self.imports[number] = won

    def winners(self) -> list[dict[str, Any]]:
        best: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {}
        for number, rows in self.imports.items():
            for key, line in rows.items():
                rank = (weight(line), number)
                if key not in best or rank >= best[key][0]:
                    best[key] = (rank, line)
        return [line for _, line in best.values()]


def weight(line: dict[str, Any]) -> int:
    return int(line["usage"]["completion_tokens"]) if line["usage"] else -1


def some_lines(chance: random.Random) -> list[dict[str, Any]]:
    lines = []
    for _ in range(chance.randrange(1, 12)):
        feature = chance.choice(FEATURES)
        usage = counts(chance.choice((100, 2_000)), chance.choice((5, 9)))
        line = chat(
            chance.randrange(8),
            metadata={"feature": feature} if feature else {},
            usage=usage if chance.random() > 0.15 else None,
        )
        lines.append(line)
    return lines


def alone(folder: Path, lines: list[dict[str, Any]]) -> object:
    """Return what a store says that was brought only these lines."""
    store = Store(folder / "alone.duckdb")
    store.path.unlink(missing_ok=True)
    if lines:
        import_file(store, written(folder / "alone.jsonl", lines))
    return ledger(store)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_any_order_of_imports_and_undos_leaves_what_the_list_says(seed: int) -> None:
    chance = random.Random(seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        store, plain = Store(folder / "store.duckdb"), PlainLedger()
        files: list[list[dict[str, Any]]] = []
        for _ in range(chance.randrange(4, 9)):
            if plain.imports and chance.random() < 0.35:
                undone = chance.choice(list(plain.imports))
                store.undo(undone)
                del plain.imports[undone]
                continue
            again = files and chance.random() < 0.4
            lines = chance.choice(files) if again else some_lines(chance)
            files.append(lines)
            result = import_file(store, written(folder / "a.jsonl", lines))
            plain.add(result.import_id, lines)
            assert adds_up(result)
        assert ledger(store) == alone(folder, plain.winners()), f"seed {seed}"


@pytest.mark.parametrize("seed", range(ROUNDS // 2))
def test_undo_gives_back_exactly_what_was(seed: int) -> None:
    chance = random.Random(1_000 + seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(folder / "store.duckdb")
        import_file(store, written(folder / "a.jsonl", some_lines(chance)))
        before = ledger(store)
        result = import_file(store, written(folder / "b.jsonl", some_lines(chance)))
        store.undo(result.import_id)
        assert ledger(store) == before, f"seed {seed}"


def mutated(text: bytes, chance: random.Random) -> bytes:
    """Return a file with some of its bytes, lines or ends spoiled."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(lines))
        kind = chance.randrange(6)
        if kind == 0 and len(lines[at]) > 2:
            place = chance.randrange(len(lines[at]) - 1)
            lines[at] = lines[at][:place] + bytes([chance.randrange(256)]) + lines[at][place + 1 :]
        elif kind == 1:
            lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
        elif kind == 2:
            lines.insert(at, lines[chance.randrange(len(lines))])
        elif kind == 3:
            lines.insert(at, chance.choice([b"\n", b"\r\n", b" \t\n", b"null\n", b"{}\n", b'""\n']))
        elif kind == 4:
            lines[at] = lines[at].replace(b"10", chance.choice([b"1.5", b"-1", b"true", b'"x"']))
        else:
            lines[at] = lines[at].rstrip(b"\n") + b"\r\n"
    return b"".join(lines)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_every_line_of_a_spoiled_file_is_accounted_for(seed: int) -> None:
    chance = random.Random(2_000 + seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = written(folder / "a.jsonl", [chat(0), *some_lines(chance), *some_lines(chance)])
        path.write_bytes(path.read_bytes().splitlines(keepends=True)[0]
                         + mutated(path.read_bytes(), chance))  # fmt: skip
        store = Store(folder / "store.duckdb")
        result = import_file(store, path)
        filled = [line for line in path.read_bytes().split(b"\n") if line.strip(b" \t\r\v\f")]
        assert result.rows_read == len(filled), f"seed {seed}"
        assert adds_up(result)
        assert len(result.set_aside) == result.rows_set_aside
        before = ledger(store)
        again = import_file(store, path)
        assert (again.rows_added, again.rows_replaced) == (0, 0)
        assert ledger(store) == before
