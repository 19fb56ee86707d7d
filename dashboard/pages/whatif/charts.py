"""The charts of What-if: figure, sentence and table from a board and an outlook."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.backtest_words import badge
from costmodel.bridge import in_cents
from costmodel.money import dollars
from costmodel.regimes import month_after
from dashboard.chart_card import Chart
from dashboard.figures import whatif as figures
from dashboard.figures import whatif_months as months_figure
from dashboard.figures.palette import EXPECTED, SPENT, colour_of
from dashboard.moments import day_text
from dashboard.pages.whatif.more_levers import step_name, switch_text
from dashboard.pages.whatif.names import listed, short_name
from dashboard.pages.whatif.words import cents, percent, share_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from costmodel.comparison import Alternative
    from costmodel.controls import Controls
    from costmodel.rates import Model
    from dashboard.pages.whatif.board import Board
    from dashboard.pages.whatif.outlook import Outlook

STEP_NAMES: tuple[str, ...] = (
    "First model",
    "Escalation",
    "Cached input",
    "Batch",
    "Growth",
)


def bars_chart(
    board: Board, view: Outlook, limit: Fraction | None, hues: Mapping[str, str]
) -> Chart:
    """Return today, the plan, and all usage on each model, on one scale."""
    rows = [
        figures.Bar("Today", view.today, EXPECTED),
        figures.Bar("This plan", view.plan, SPENT),
        *(_all_on(board, row, hues) for row in alternatives(board)),
    ]
    return Chart(
        sentence=_bars_sentence(board, view, rows),
        figure=figures.bars(rows, limit, board.currency, names_width(board)),
        header=("A month", "Cost", "Against today", "Note"),
        rows=[
            (
                row.name,
                dollars(row.cost, board.currency),
                "" if place == 0 else _against(view.today, row.cost, board.currency),
                row.note,
            )
            for place, row in enumerate(rows)
        ],
    )


def names_width(board: Board) -> int:
    """Return the width of the names that lets bars and waterfall line up."""
    names = [f"All {short_name(name, board.comparison.family)}" for name in board.choices]
    return figures.label_width([*names, *step_names(board)])


def step_names(board: Board) -> tuple[str, ...]:
    """Return the names of the waterfall's steps: the controls, and what is set under "More"."""
    return (*STEP_NAMES, *map(step_name, board.table.switches))


def alternatives(board: Board) -> list[Alternative]:
    """Return the rows of the comparison that put everything on one model of the choices."""
    rows = {row.model: row for row in board.comparison.rows if row.kind == "all_on"}
    family = board.comparison.family
    ordered = [*(model.name for model in family.ladder), *board.choices] if family else []
    return [rows[name] for name in dict.fromkeys(ordered) if name in board.choices]


def _all_on(board: Board, row: Alternative, hues: Mapping[str, str]) -> figures.Bar:
    name = short_name(row.model or "", board.comparison.family)
    note = f"gone since {day_text(row.gone_since)}" if row.gone_since else ""
    return figures.Bar(
        name=f"All {name}",
        cost=row.monthly_cost,
        colour=colour_of(row.model or "", hues),
        is_gone=row.gone_since is not None,
        note=note,
    )


def _against(today: Fraction, cost: Fraction, currency: str) -> str:
    change = cents(cost) - cents(today)
    if change == 0 or not cents(today):
        return "the same"
    sign, word = ("+", "more") if change > 0 else ("−", "less")
    amount = dollars(Fraction(abs(change), 100), currency)
    return f"{sign}{amount} {word} ({percent(change, cents(today))})"


def _bars_sentence(board: Board, view: Outlook, rows: Sequence[figures.Bar]) -> str:
    single = [row for row in rows[2:] if not row.is_gone]
    plan = dollars(view.plan, board.currency)
    if not single:
        return f"This plan costs {plan} a month."
    cheapest = min(single, key=lambda row: row.cost)
    dearest = max(single, key=lambda row: row.cost)
    return (
        f"The same usage in a month: this plan {plan}, between {_lower(dearest.name)} "
        f"{dollars(dearest.cost, board.currency)} and {_lower(cheapest.name)} "
        f"{dollars(cheapest.cost, board.currency)}."
    )


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def waterfall_chart(board: Board, view: Outlook, controls: Controls) -> Chart:
    """Return where the difference between today and the plan comes from."""
    changes = in_cents(view.steps, cents(view.plan) - cents(view.today))
    steps = [
        figures.Step(name, Fraction(change, 100))
        for name, change in zip(step_names(board), changes, strict=True)
    ]
    details = step_details(board, controls)
    return Chart(
        sentence=_waterfall_sentence(board, steps, details),
        figure=figures.waterfall(view.today, steps, view.plan, board.currency, names_width(board)),
        header=("Step", "Change", "Set to"),
        rows=[
            ("Today", dollars(view.today, board.currency), ""),
            *(
                (
                    step.name,
                    figures.step_text(step.change, is_total=False, currency=board.currency),
                    detail,
                )
                for step, detail in zip(steps, details, strict=True)
            ),
            ("This plan", dollars(view.plan, board.currency), ""),
        ],
    )


def step_details(board: Board, controls: Controls) -> tuple[str, ...]:
    """Return what each control is set to, and each lever under "More", in words."""
    family = board.comparison.family
    starts = [(short_name(name, family), share) for name, share in controls.start_with if share]
    mix = listed([f"{share_text(share)} {name}" for name, share in starts])
    start = "as today" if not starts else starts[0][0] if len(starts) == 1 else mix
    how = "after a try" if controls.escalation == "tried_first" else "sent directly"
    full = short_name(controls.full, family)
    return (
        start,
        f"{share_text(controls.escalate)} to {full}, {how}",
        "as today" if controls.cache is None else f"{share_text(controls.cache)} of input",
        f"{share_text(controls.batch)} of standard traffic",
        f"{share_text(controls.growth)} a month",
        *map(switch_text, board.table.switches),
    )


def _waterfall_sentence(board: Board, steps: Sequence[figures.Step], details: Sequence[str]) -> str:
    parts = [
        f"{step.name.lower()} ({detail}) "
        f"{'takes off' if step.change < 0 else 'adds'} {dollars(abs(step.change), board.currency)}"
        for step, detail in zip(steps, details, strict=True)
        if cents(step.change)
    ]
    if not parts:
        return "Nothing is changed: the plan is what happens today."
    text = listed(parts)
    return f"{text[:1].upper()}{text[1:]}."


def months_chart(board: Board, view: Outlook, limit: Fraction | None) -> Chart:
    """Return twelve months, dashed from the first shutdown on."""
    first_dashed = dashed_from(board)
    months = [month_after(board.first_month, place) for place in range(len(view.months_plan))]
    rows = [
        months_figure.Month(month, today, plan, is_dashed=place >= first_dashed)
        for place, (month, today, plan) in enumerate(
            zip(months, view.months_today, view.months_plan, strict=True)
        )
    ]
    return Chart(
        sentence=f"{_months_sentence(board, view)}{_lately(board)}",
        figure=months_figure.months(rows, events_of(board), limit, board.currency),
        header=("Month", "As today", "This plan", "Price"),
        rows=[
            (
                f"{row.month:%b %Y}",
                dollars(row.today, board.currency),
                dollars(row.plan, board.currency),
                "the successor's" if row.is_dashed else "today's",
            )
            for row in rows
        ],
    )


def _lately(board: Board) -> str:
    """Return how forecasts from this usage did, nothing where there are too few days to tell."""
    replayed = board.usage.replayed
    return "" if replayed is None else f" {badge(replayed)}"


def dashed_from(board: Board) -> int:
    """Return the first month that a shutdown ahead touches; past the last one without any."""
    ends = [on for on in shutdowns(board) if on >= board.first_month]
    if not ends:
        return len(board.table.untouched_months)
    first = min(ends)
    start = board.first_month
    return 12 * (first.year - start.year) + first.month - start.month


def shutdowns(board: Board) -> dict[date, list[str]]:
    """Return the days ahead on which models of today or of the choices end, with their names."""
    family = board.comparison.family
    found: dict[date, list[str]] = {}
    for model in _models_in_play(board):
        day = model.life.shutdown_on
        if day and board.today < day < month_after(board.first_month, 12):
            found.setdefault(day, []).append(short_name(model.name, family))
    return dict(sorted(found.items()))


def _models_in_play(board: Board) -> list[Model]:
    family = board.comparison.family
    models = [*board.baseline.served_models(board.book), *(family.ladder if family else ())]
    return list(dict.fromkeys(models))


def events_of(board: Board) -> list[months_figure.Event]:
    """Return the shutdowns ahead as events of the months figure."""
    return [
        months_figure.Event(day, f"{day_text(day)}: {listed(names)} end{'s' * (len(names) == 1)}")
        for day, names in shutdowns(board).items()
    ]


def _months_sentence(board: Board, view: Outlook) -> str:
    now = dollars(sum(view.months_today, Fraction(0)), board.currency, 0)
    plan = dollars(sum(view.months_plan, Fraction(0)), board.currency, 0)
    total = f"Twelve months cost {plan} under this plan and {now} as today."
    found = shutdowns(board)
    if not found:
        return total
    day, names = next(iter(found.items()))
    successors = board.comparison.family.successors if board.comparison.family else ()
    price = f", dashed at the price of {listed([m.name for m in successors])}" if successors else ""
    verb = "ends" if len(names) == 1 else "end"
    return f"{total} On {day_text(day)} {listed(names)} {verb}{price}."
