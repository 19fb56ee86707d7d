from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from pricing.located_yaml import Checker, Located, YamlError, nearest, parse, read

FILE = Path("tollbook.yaml")


def located(text: str) -> Located:
    return parse(text, FILE)


def mistakes(text: str) -> list[str]:
    with pytest.raises(YamlError) as caught:
        located(text)
    return [str(problem) for problem in caught.value.problems]


def test_every_value_knows_its_line_and_the_keys_that_lead_to_it() -> None:
    book = located("a: 1\nb:\n  - x\n  - c: 2.50\n    d: e\n")
    found = book.find(["b", 1, "c"])
    assert (found.line, found.key, found.value) == (4, "b[1].c", Decimal("2.50"))


def test_a_mapping_stands_on_the_line_of_its_key() -> None:
    assert located("a: 1\nb:\n  c: 2\n").find(["b"]).line == 2


def test_find_stops_at_the_deepest_value_on_the_way() -> None:
    assert located("a:\n  b: 1\n").find(["a", "b", "c", 3]).key == "a.b"


def test_numbers_are_exact_and_dates_are_days() -> None:
    assert located("[1, 0.1, 1_000, 2026-11-01, true, ~]").plain() == [
        1,
        Decimal("0.1"),
        1000,
        date(2026, 11, 1),
        True,
        None,
    ]


def test_words_that_yaml_would_turn_into_something_else_stay_words() -> None:
    assert located("[yes, off, no, 12:30, 0x1F, 007, 12%, .inf, 2026-02-30]").plain() == [
        "yes",
        "off",
        "no",
        "12:30",
        "0x1F",
        "007",
        "12%",
        ".inf",
        "2026-02-30",
    ]


def test_a_key_is_the_text_that_stands_there() -> None:
    assert located("on: 2026-11-01\n1: x\n").plain() == {"on": date(2026, 11, 1), "1": "x"}


def test_walk_gives_every_value_in_the_order_of_the_file() -> None:
    assert [item.key for item in located("a: [1, 2]\nb: 3\n").walk()] == [
        "",
        "a",
        "a[0]",
        "a[1]",
        "b",
    ]


def test_a_key_written_twice_names_both_lines() -> None:
    assert mistakes("a: 1\nb: 2\na: 3\n") == [
        "tollbook.yaml:3: a: written twice, first on line 1; keep one"
    ]


def test_anchors_are_refused() -> None:
    assert "anchors" in mistakes("a: &x [1]\nb: *x\n")[0]


def test_a_key_must_be_text() -> None:
    assert mistakes("? [a]\n: 1\n") == ["tollbook.yaml:1: a key must be text"]


def test_broken_yaml_names_its_line() -> None:
    assert mistakes("a: [1\nb: 2")[0].startswith("tollbook.yaml:2: not valid YAML here")


def test_a_file_that_is_no_text_is_a_problem_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: \xff\xfe")
    with pytest.raises(YamlError, match="not UTF-8 text"):
        read(path)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(path).plain() == {"a": 1}


def test_an_empty_file_holds_nothing() -> None:
    assert located("# only a comment\n").value is None


def test_all_mistakes_of_a_mapping_are_collected() -> None:
    check = Checker()
    fields = check.mapping(located("tiemzone: UTC\ncells: 3\n"), ["sources"], ["timezone", "cells"])
    assert list(fields) == ["cells"]
    assert [str(problem) for problem in check.problems] == [
        "tollbook.yaml:1: the key 'sources' is missing; add it",
        "tollbook.yaml:1: tiemzone: unknown key 'tiemzone'; did you mean 'timezone'?",
    ]


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        ("mapping", "x: [1]", "must be keys with values"),
        ("sequence", "x: {a: 1}", "must be a list"),
        ("text", "x: [1]", "must be text"),
        ("text", "x: true", "must be text"),
        ("whole", "x: 1.5", "must be a whole number"),
        ("whole", "x: true", "must be a whole number"),
        ("number", "x: much", "must be a number"),
        ("number", "x: true", "must be a number"),
        ("flag", "x: yes", "must be true or false"),
        ("day", "x: 2026-02-30", "must be a day"),
        ("day", "x: 2026-02-03 10:00:00", "must be a day"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_problem(reader: str, text: str, message: str) -> None:
    check = Checker()
    assert not getattr(check, reader)(located(text).child("x"))
    assert [problem.key for problem in check.problems] == ["x"]
    assert message in check.problems[0].message


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        ("sequence", "x: a", 1),
        ("text", "x: 12", "12"),
        ("texts", "x: [a, 2]", ("a", "2")),
        ("whole", "x: 1_500", 1500),
        ("number", "x: 0.40", Fraction(2, 5)),
        ("flag", "x: false", False),
        ("day", "x: 2026-02-03", date(2026, 2, 3)),
    ],
)
def test_a_value_of_the_right_kind_is_read(reader: str, text: str, value: object) -> None:
    check = Checker()
    read_value = getattr(check, reader)(located(text).child("x"))
    assert (len(read_value) if reader == "sequence" else read_value) == value
    assert check.problems == []


@pytest.mark.parametrize("reader", ["text", "whole", "number", "flag", "day"])
def test_an_absent_or_empty_value_is_none_and_no_problem(reader: str) -> None:
    check = Checker()
    assert getattr(check, reader)(None) is None
    assert getattr(check, reader)(located("x:").child("x")) is None
    assert check.problems == []


def test_a_mistyped_choice_names_the_nearest() -> None:
    check = Checker()
    assert check.choice(located("x: standrad").child("x"), ["standard", "batch"]) is None
    assert check.problems[0].message == "'standrad' is not known here; did you mean 'standard'?"


def test_nearest_lists_everything_where_nothing_is_near() -> None:
    assert nearest("zzz", ["b", "a"]) == "known: a, b"
