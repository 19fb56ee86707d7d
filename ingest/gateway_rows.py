"""Rows of a gateway's export, whichever way it was saved.

The same rows come as a table, as a JSON array, as one object a line, or inside the reply
of an API. Keys are in small letters, as the columns of tables are; a fraction keeps every
digit. A cell of a table, or a value that a gateway has written twice, may hold JSON as text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.canonical import Given
from ingest.csv_records import header_of, records_of
from ingest.files import first_objects
from ingest.json_documents import UNREADABLE, documents
from ingest.projection import Sample
from ingest.rows import DIMENSION_KEYS, ROW_DIMENSIONS
from ingest.values import Fault, storable, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from ingest.canonical import UsageRow
    from ingest.projection import ImportOptions

WRAPPERS: Final = ("data", "results")
"""Keys under which an API's reply has its rows."""
NOTHING: Final = frozenset(("", "none", "null", "\\n", "[null]"))
"""How databases and gateways write that there is no value."""
_WRAPPED: Final = re.compile(r'\s*\{[^\[{]*"(?:data|results)"\s*:\s*(?=\[)')
_KEY: Final = re.compile(r'"(\w+)"\s*:')

NO_TOKENS: Final[Mapping[Meter, int]] = {Meter.INPUT: 0}
"""Of a request that certainly used none at a provider; without meters it would be unknown."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """A row by its keys, or why there is none; ``where`` tells its place in an API's reply."""

    line: int
    where: str
    values: Row | Fault

    @property
    def fault(self) -> Fault | None:
        """Return why there is no row."""
        return self.values if isinstance(self.values, Fault) else None


def is_json(sample: Sample) -> bool:
    """Tell JSON from a table."""
    return sample.text.lstrip("\ufeff \t\r\n").startswith(("{", "["))


def key_sets(sample: Sample) -> list[frozenset[str]]:
    """Return the keys of the first rows, or the columns of a table, in small letters."""
    if not is_json(sample):
        return [frozenset(header_of(sample))]
    if wrapped := _WRAPPED.match(sample.text):
        sample = Sample(sample.path, sample.text[wrapped.end() :], complete=False)
    found = [_small(row) for each in first_objects(sample) for row in _unwrapped(each)]
    if found:
        return [frozenset(row) for row in found if isinstance(row, dict)]
    return [frozenset(key.lower() for key in _KEY.findall(sample.text))]


def gateway_rows(sample: Sample) -> Iterator[GatewayRow]:
    """Return every row of the file, in its order."""
    if not is_json(sample):
        for record in records_of(sample):
            cells = record.cells
            yield GatewayRow(record.line, "", cells if isinstance(cells, Fault) else {**cells})
        return
    for line, document in documents(sample.path, EXACT):
        if document is UNREADABLE:
            yield GatewayRow(line, "", Fault("cannot be read as JSON: cut off or damaged"))
            continue
        rows = _unwrapped(document)
        for place, row in enumerate(rows, start=1):
            where = "" if row is document else f"row {place}"
            found = _small(row)
            values = found if isinstance(found, dict) else Fault("no object with keys")
            yield GatewayRow(line, where, values)


def given_rows(
    rows: Iterable[GatewayRow], read: Callable[[Row], UsageRow | None]
) -> Iterator[Given]:
    """Return what each row reads as, None for no request; a fault tells the row's place."""
    for each in rows:
        try:
            yield Given(each.line, read(values_of(each)))
        except Fault as fault:
            yield Given(each.line, placed(each, fault))


def from_cache(gateway: str, requests: int) -> list[str]:
    """Return what is to be said of requests that no provider served, nothing where none are."""
    words = f"{requests} requests were answered from {gateway}'s own cache: "
    meaning = "they count as requests without tokens, as no provider served them"
    return [words + meaning] if requests else []


def most_keys(sample: Sample, usual: AbstractSet[str]) -> float:
    """Return the largest share of the usual keys that one of the first rows has."""
    return max((len(keys & usual) / len(usual) for keys in key_sets(sample)), default=0.0)


def values_of(row: GatewayRow) -> Row:
    """Return the values of a row.

    Raises:
        Fault: There are none.
    """
    if isinstance(row.values, Fault):
        raise row.values
    return row.values


def placed(row: GatewayRow, fault: Fault) -> Fault:
    """Return a fault with the place of its row."""
    return Fault(f"{row.where}: {fault}") if row.where else fault


def inside(value: object, *keys: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what stands under keys inside of each other, None where one is not there.

    Raises:
        Fault: Text where an object should be is no JSON.
    """
    for place, key in enumerate(keys):
        within = value if place == 0 else unpacked(keys[place - 1], value)
        if not isinstance(within, dict):
            return None
        value = within.get(key)
    return value


def unpacked(name: str, value: object) -> object:
    """Return a value, read as JSON where it is text that holds an object or a list.

    Raises:
        Fault: It begins like one and is none.
    """
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[", '"{', '"[')):
        return value
    try:
        return unpacked(name, EXACT.decode(value))
    except (ValueError, RecursionError) as error:
        raise Fault(f"{name} cannot be read as JSON: cut off or damaged") from error


def name_of(value: object) -> str | None:
    """Return a name as it may be kept: None for nothing, for objects and for truth values."""
    if isinstance(value, bool | dict | list):
        return None
    text = storable(text_of(value) or "").strip()
    return None if text.lower() in NOTHING else text


def plain(value: object) -> object:
    """Return what stands for a number: None for nothing, and no name for an object."""
    return value if isinstance(value, bool | dict | list) else name_of(value)


def first_name(*values: object) -> str | None:
    """Return the first value that is a name."""
    return next((name for value in values if (name := name_of(value)) is not None), None)


def labelled(labels: Mapping[str, object], options: ImportOptions) -> dict[str, str | None]:
    """Return dimensions of the labels that people put on requests.

    The configuration says which label means which dimension; beside that a
    dimension's own name does.
    """
    known = {key.lower(): name_of(value) for key, value in labels.items()}
    found: dict[str, str | None] = {}
    for name in ROW_DIMENSIONS:
        configured = [key for key, meaning in options.dimensions.items() if meaning == name]
        keys = (*configured, *DIMENSION_KEYS.get(name, (name,)))
        found[name] = first_name(*(known.get(key.lower()) for key in keys))
    return {name: value for name, value in found.items() if value is not None}


def _unwrapped(document: object) -> list[object]:
    """Return the rows of an API's reply, or the document itself."""
    if isinstance(document, dict):
        for key in WRAPPERS:
            within = document.get(key)
            if isinstance(within, list):
                return within
            if isinstance(within, dict):
                return [within]
    return [document]


def _small(row: object) -> object:
    return {key.lower(): value for key, value in row.items()} if isinstance(row, dict) else row


def _fraction(text: str) -> Decimal | str:
    """Return a number with every digit; one beyond all bounds stays text, which is no number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


EXACT: Final = json.JSONDecoder(parse_float=_fraction)
