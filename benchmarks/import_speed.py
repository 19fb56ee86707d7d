"""Import ten million requests, beside DuckDB's bare load of the same columns.

Run: ``python -m benchmarks.import_speed [lines] [jsonl|csv] [rounds]``; without a kind
both, one after the other. Both sides read the same seeded file, alternately, each in a
process of its own. Prints medians, the ratio of each pair's neighbours, peak memory and
how long the store was locked; a second import, which adds nothing, is measured too.
Both sides must hold the same tokens. litellm, in the same run, prices the first lines of
the file in a loop, which is what one would write without Tollbook.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import duckdb

from ingest.imports import ImportOptions, import_file
from ingest.store import CellQuery, Store

LINES = 10_000_000
KINDS = ("jsonl", "csv")
ROUNDS = 5
LITELLM_LINES = 20_000
FIRST_SECOND = 1_789_000_000
DAYS = 60
MODELS = (
    "gpt-4.1-2025-04-14",
    "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano-2025-04-14",
    "gpt-5-mini-2025-08-07",
)
TEAMS = {
    "search": "shop",
    "support": "desk",
    "review": "platform",
    "summaries": "desk",
    "routing": "platform",
    "extraction": "shop",
}
FEATURES = tuple(TEAMS)
LINE = (
    '{{"id": "chatcmpl-{id:029x}", "object": "chat.completion", "created": {created}, '
    '"model": "{model}", "service_tier": "{tier}", "usage": {{"prompt_tokens": {prompt}, '
    '"completion_tokens": {answer}, "total_tokens": {total}, "prompt_tokens_details": '
    '{{"cached_tokens": {cached}, "audio_tokens": 0}}, "completion_tokens_details": '
    '{{"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, '
    '"rejected_prediction_tokens": 0}}}}, "metadata": {{"feature": "{feature}", '
    '"team": "{team}", "environment": "production"}}}}\n'
)
ROW = (
    "chatcmpl-{id:029x},{created},{model},{tier},{prompt},{answer},{cached},"
    "{feature},{team},production\n"
)
HEADER = (
    "id,created,model,service_tier,prompt_tokens,completion_tokens,cached_tokens,"
    "feature,team,environment\n"
)
MAPPING = """columns:
  id: id
  time: created
  model: model
  tier: service_tier
  input: prompt_tokens
  output: completion_tokens
  cached_input: cached_tokens
  feature: feature
  team: team
  environment: environment
input_includes_cached: true
"""
BARE_CSV = """CREATE TABLE usage AS
    SELECT * FROM read_csv(?, header=true, auto_detect=false, columns={
    id: 'VARCHAR', created: 'BIGINT', model: 'VARCHAR', service_tier: 'VARCHAR',
    prompt_tokens: 'BIGINT', completion_tokens: 'BIGINT', cached_tokens: 'BIGINT',
    feature: 'VARCHAR', team: 'VARCHAR', environment: 'VARCHAR'})"""
BARE_JSONL = """CREATE TABLE usage AS SELECT id, created, model, service_tier,
    usage.prompt_tokens, usage.completion_tokens,
    usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens_details.audio_tokens,
    usage.completion_tokens_details.reasoning_tokens,
    usage.completion_tokens_details.audio_tokens AS audio_tokens_out,
    metadata.feature, metadata.team, metadata.environment
FROM read_json(?, format='newline_delimited', columns={
    id: 'VARCHAR', created: 'BIGINT', model: 'VARCHAR', service_tier: 'VARCHAR',
    usage: 'STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT,
        prompt_tokens_details STRUCT(cached_tokens BIGINT, audio_tokens BIGINT),
        completion_tokens_details STRUCT(reasoning_tokens BIGINT, audio_tokens BIGINT))',
    metadata: 'STRUCT(feature VARCHAR, team VARCHAR, environment VARCHAR)'})"""


@dataclass(frozen=True)
class Run:
    """What one process measured of its own work; memory is its peak, start included."""

    seconds: float
    peak_mb: float
    rows: int
    tokens: int
    lock_seconds: float = 0.0
    file_mb: float = 0.0


def write_lines(path: Path, lines: int) -> None:
    """Write the same answers of the Chat API in every run, in the order of their time."""
    draw = random.Random(1)
    row = ROW if path.suffix == ".csv" else LINE
    with path.open("w", encoding="utf-8") as out:
        if path.suffix == ".csv":
            out.write(HEADER)
            path.with_suffix(".yaml").write_text(MAPPING, encoding="utf-8")
        for number in range(lines):
            feature = draw.choice(FEATURES)
            prompt, answer = draw.randrange(50, 20_000), draw.randrange(1, 900)
            cached = prompt * draw.randrange(2) // 2 // 128 * 128
            line = row.format(
                id=draw.getrandbits(116),
                created=FIRST_SECOND + number * DAYS * 86_400 // lines,
                model=draw.choice(MODELS),
                tier=draw.choice(("default", "flex")),
                prompt=prompt,
                answer=answer,
                total=prompt + answer,
                cached=cached,
                feature=feature,
                team=TEAMS[feature],
            )
            out.write(line)


def bare(source: Path, target: Path) -> Run:
    started = time.perf_counter()
    session = duckdb.connect(str(target), config={"threads": 2})
    session.execute("SET enable_progress_bar=false")
    session.execute(BARE_CSV if source.suffix == ".csv" else BARE_JSONL, [str(source)])
    session.close()
    seconds = time.perf_counter() - started
    with duckdb.connect(str(target), read_only=True) as reader:
        rows, tokens = reader.execute(
            "SELECT count(*), sum(prompt_tokens + completion_tokens)::BIGINT FROM usage"
        ).fetchall()[0]
    return Run(seconds, peak_mb(), rows, tokens, file_mb=size_mb(target))


def whole(source: Path, target: Path) -> Run:
    store = Store(target)
    started = time.perf_counter()
    mapping = source.with_suffix(".yaml") if source.suffix == ".csv" else None
    result = import_file(store, source, options=ImportOptions(mapping=mapping))
    seconds = time.perf_counter() - started
    peak = peak_mb()
    tokens = sum(sum(cell.quantities) for cell in store.cells(CellQuery()))
    return Run(seconds, peak, result.rows_added, tokens, result.lock_seconds, size_mb(target))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def size_mb(path: Path) -> float:
    return path.stat().st_size / 1e6


def measured(side: str, source: Path, target: Path) -> Run:
    """Run one side in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.import_speed", side, str(source), str(target)]
    answer = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    return Run(**json.loads(answer))


def litellm_loop(source: Path, _: Path) -> Run:
    """Read the first lines and ask litellm what each of them costs."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # the map in the package, no network
    import litellm

    started = time.perf_counter()
    tokens = 0
    with source.open(encoding="utf-8") as lines:
        for line in islice(lines, LITELLM_LINES):
            answer = litellm.ModelResponse(**json.loads(line))
            litellm.completion_cost(answer, custom_llm_provider="openai")
            tokens += answer.usage.total_tokens
    return Run(time.perf_counter() - started, peak_mb(), LITELLM_LINES, tokens)


def main(lines: int, kind: str, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="tollbook-bench-") as name:
        folder = Path(name)
        source = folder / f"usage.{kind}"
        write_lines(source, lines)
        loads, imports, again, loops = [], [], [], []
        for number in range(rounds):
            store = folder / f"store{number}.duckdb"
            loads.append(measured("bare", source, folder / "bare.duckdb"))
            imports.append(measured("whole", source, store))
            again.append(measured("whole", source, store))
            if kind == "jsonl":
                loops.append(measured("litellm", source, store))
            for made in folder.glob("*.duckdb"):
                made.unlink()
        show(lines, size_mb(source), loads, imports, again)
        if loops:
            show_loop(lines, imports, loops)


def show(
    lines: int, megabytes: float, loads: list[Run], imports: list[Run], again: list[Run]
) -> None:
    for load, ours, second in zip(loads, imports, again, strict=True):
        assert (load.rows, load.tokens) == (ours.rows, ours.tokens)
        assert (second.rows, second.tokens) == (0, ours.tokens)
    print(f"{lines:,} rows, {megabytes:,.0f} MB, median of {len(loads)} alternating runs")
    print(f"{'':24}{'seconds':>9}{'rows/s':>12}{'peak MB':>9}{'locked s':>10}{'file MB':>9}")
    for title, runs in (
        ("bare CREATE TABLE AS", loads),
        ("whole import", imports),
        ("the same file again", again),
    ):
        seconds = median(run.seconds for run in runs)
        memory = max(run.peak_mb for run in runs)
        locked = median(run.lock_seconds for run in runs)
        size = median(run.file_mb for run in runs)
        speed = f"{lines / seconds:12,.0f}"
        print(f"{title:24}{seconds:9.2f}{speed}{memory:9.0f}{locked:10.2f}{size:9.0f}")
    print(f"import to bare load, neighbours: {_ratios(imports, loads)}")
    print(f"again to first import, neighbours: {_ratios(again, imports)}")


def show_loop(lines: int, imports: list[Run], loops: list[Run]) -> None:
    speed = LITELLM_LINES / median(run.seconds for run in loops)
    ours = lines / median(run.seconds for run in imports)
    print(f"litellm's completion_cost in a loop: {speed:,.0f} rows/s; import {ours / speed:.0f}x")


def _ratios(above: list[Run], below: list[Run]) -> str:
    ratios = [a.seconds / b.seconds for a, b in zip(above, below, strict=True)]
    return f"median {median(ratios):.2f}, {min(ratios):.2f}..{max(ratios):.2f}"


SIDES = {"bare": bare, "whole": whole, "litellm": litellm_loop}


def _asked(words: list[str]) -> tuple[int, tuple[str, ...], int]:
    """Return lines, kinds and rounds."""
    lines, kind, rounds = [*words, *[""] * 3][:3]
    return int(lines or LINES), (kind,) if kind else KINDS, int(rounds or ROUNDS)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in SIDES:
        print(json.dumps(asdict(SIDES[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3])))))
    else:
        lines, kinds, rounds = _asked(sys.argv[1:])
        for kind in kinds:
            main(lines, kind, rounds)
