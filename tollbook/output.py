"""What a command says: tables for people, one JSON object for programs, messages aside.

Results go to stdout, everything else to stderr. Text from usage files is printed as
it is, without markup and without control characters.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import click

from costmodel.money import decimal_string, dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from rich.console import Console
    from rich.text import Text

WIDTH_OF_A_PIPE = 240
NARROWEST_TEXT = 10
"""A column of text is not squeezed further on a narrow terminal."""

Justify = Literal["left", "right"]


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, and on which side its values stand."""

    title: str
    justify: Justify = "left"


def number_column(title: str) -> Column:
    """Return a column of numbers."""
    return Column(title, "right")


@dataclass
class Table:
    """A table for people; ``total`` is set apart at its end."""

    columns: Sequence[Column]
    rows: list[Sequence[str]] = field(default_factory=list)
    total: Sequence[str] | None = None
    title: str | None = None


@dataclass(frozen=True)
class Output:
    """Where the words of one command go."""

    as_json: bool

    def result(self, answer: dict[str, Any]) -> None:
        """Print the answer for programs; call it once, only with ``as_json``."""
        text = json.dumps(answer, indent=2, ensure_ascii=not _is_utf8())
        click.echo("\n".join(map(_escaped, text.split("\n"))))

    def table(self, table: Table) -> None:
        """Print a table for people."""
        from rich import box
        from rich.table import Table as RichTable

        drawn = RichTable(
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            collapse_padding=True,
            show_footer=table.total is not None,
            footer_style="bold",
        )
        totals = table.total or [""] * len(table.columns)
        for index, (column, total) in enumerate(zip(table.columns, totals, strict=True)):
            longest = max(len(row[index]) for row in (*table.rows, totals))
            drawn.add_column(
                plain(column.title),
                footer=_cell(total),
                justify=column.justify,
                overflow="fold" if index == 0 else "ellipsis",
                no_wrap=column.justify == "right",
                min_width=min(longest, NARROWEST_TEXT),
            )
        for row in table.rows:
            drawn.add_row(*map(_cell, row))
        console = _console()
        if table.title:
            console.print(plain(table.title), style="bold", soft_wrap=True)
        console.print(drawn)

    def say(self, text: str = "") -> None:
        """Print a line of the answer for people."""
        _console().print(plain(text), soft_wrap=True)

    def note(self, text: str) -> None:
        """Print a message beside the answer."""
        click.echo(plain(text), err=True)


def _console() -> Console:
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_OF_A_PIPE
    return Console(width=width, markup=False, highlight=False, emoji=False)


def _cell(text: str) -> Text:
    from rich.text import Text

    return Text(plain(text))


def _is_utf8() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


def _escaped(line: str) -> str:
    """Return a line of JSON with the characters escaped that could steer a terminal."""
    if line.isprintable():
        return line
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in line)


def plain(text: str) -> str:
    """Return text without the control characters that could steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def amount(money: Fraction | None) -> str | None:
    """Return money as JSON has it: a decimal string, null where nothing has a price."""
    return None if money is None else decimal_string(money)


def exact_money(money: Fraction, currency: str = "USD") -> str:
    """Return money with all its decimals: ``$0.00102``, ``$396.00``."""
    decimals = decimal_string(money).partition(".")[2]
    return dollars(money, currency, places=len(decimals))


def at_least(text: str, *, is_lower_bound: bool) -> str:
    """Return an amount, marked where the total misses some usage."""
    return f"at least {text}" if is_lower_bound else text


def tokens_text(tokens: int) -> str:
    """Return a token count as people read it: ``930``, ``12.3k``, ``1.2M``, ``4.05B``."""
    for unit, size in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if tokens >= size:
            return f"{tokens / size:.3g}{unit}"
    return str(tokens)


def listed(words: Iterable[str], joint: str = "and") -> str:
    """Return words as a sentence lists them: ``a, b and c``."""
    given = list(words)
    if len(given) < 2:  # noqa: PLR2004 - one word needs no joint
        return "".join(given)
    return f"{', '.join(given[:-1])} {joint} {given[-1]}"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 request``, ``1,200 requests``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def share_words(share: Fraction) -> str:
    """Return a share in percent with at most one decimal: ``12%``, ``10.3%``."""
    return f"{float(share) * 100:.1f}".removesuffix(".0") + "%"
