"""``tollbook escalation``: what asking again below each confidence costs, and is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tollbook.invocation import Invocation, with_invocation
from tollbook.options import command
from tollbook.output import Column, Table, amount, number_column, plural, share_words
from tollbook.report_options import filter_values, range_words, usage_options
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from fractions import Fraction

    from costmodel.threshold import MarkedPair, Option, Step, Thresholds, TwoByTwo
    from ingest.escalation import Escalation, PairEscalation

FIELD_WORDS = {
    "confidence": (
        "No call tells its confidence, so there is no threshold to move: send 'confidence' with "
        "the metadata of each try, or name its column in a column mapping."
    ),
    "escalated_from": (
        "No call says that another model was tried first: send 'escalated_from' with the "
        "metadata of second calls."
    ),
    "quality": (
        "Quality not known: send 'quality' (0 to 1) with the metadata of rated answers, or name "
        "its column in a column mapping."
    ),
}
"""What to say where a field is missing, in the order of what matters most."""


@command("escalation")
@usage_options
@with_invocation
def escalation_command(
    invocation: Invocation, last: str, tz: str | None, filters: tuple[str, ...]
) -> None:
    """Show what escalating at each confidence costs.

    A small model tries, and answers below the threshold are asked again of the full one:
    both are paid. Example: tollbook escalation --last 30d --filter feature=search
    """
    from ingest.escalation import usage_escalation
    from ingest.periods import parse_period

    zone = tz or invocation.configuration.timezone
    period = parse_period(range_words(last), invocation.now, zone)
    found = usage_escalation(invocation.store(), invocation.book, period, filter_values(filters))
    if invocation.as_json:
        invocation.output.result({"period": period.label, **answer(found)})
        return
    invocation.output.say(f"{period.label}, {period.zone}; costs a month of 30 days")
    _show(invocation, found)


def answer(found: Escalation) -> dict[str, Any]:
    """Return everything as JSON: shares as numbers, money as decimal strings."""
    return {
        "currency": found.currency,
        "pairs": [_pair_answer(pair, found.scale) for pair in found.pairs],
        "marked": [_marked_answer(each) for each in found.marked],
        "missing": list(found.missing),
    }


def _pair_answer(pair: PairEscalation, scale: Fraction) -> dict[str, Any]:
    names = {"provider": pair.provider, "first": pair.first, "full": pair.full}
    steps = [_step_answer(step) for step in pair.steps]
    known = {**names, "unmatched": pair.unmatched, "confidence": steps}
    whole = pair.thresholds
    if whole is None:
        return {**known, "tries": None, "today": None, "break_even": None, "options": []}
    return {
        **known,
        "tries": whole.tries,
        "today": {
            "share": float(whole.seen.share),
            "cost_share": float(whole.seen.cost_share),
            "monthly_cost": amount(whole.seen.cost * scale),
        },
        "break_even": float(whole.break_even),
        "answers": whole.answers and _answers(whole.answers),
        "options": [_option_answer(option, scale) for option in whole.options],
    }


def _step_answer(step: Step) -> dict[str, Any]:
    return {"from": float(step.above), "tries": step.tries, "asked_again": step.asked_again}


def _answers(table: TwoByTwo) -> dict[str, int]:
    return {
        "both": table.both,
        "only_first": table.only_first,
        "only_full": table.only_full,
        "neither": table.neither,
    }


def _option_answer(option: Option, scale: Fraction) -> dict[str, Any]:
    return {
        "kind": option.kind,
        "threshold": _number(option.threshold),
        "share": float(option.share),
        "cost_share": float(option.cost_share),
        "monthly_cost": amount(option.cost * scale),
        "quality": _number(option.quality),
        "cost_per_right_answer": amount(option.per_right_answer),
        "price_of_one_more": amount(option.price_of_one_more),
        "is_never_best": option.is_never_best,
    }


def _marked_answer(each: MarkedPair) -> dict[str, Any]:
    return {
        "provider": each.provider,
        "first": each.first,
        "full": each.full,
        "tries": int(each.tries),
        "asked_again": int(each.asked_again),
        "share": float(each.share),
        "cost_share": float(each.cost_share),
        "break_even": float(each.break_even),
        "pays": each.pays,
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _show(invocation: Invocation, found: Escalation) -> None:
    out = invocation.output
    for pair in found.pairs:
        if pair.thresholds is not None:
            out.table(_table(pair, pair.thresholds, found))
            for line in remarks(pair, pair.thresholds):
                out.say(line)
        else:
            out.say(f"{pair.first}, then {pair.full}: not every call has a price.")
    shown = {(pair.first, pair.full) for pair in found.pairs if pair.thresholds}
    for each in found.marked:
        if (each.first, each.full) not in shown:
            out.say(marked_words(each))
    for line in missing_words(found):
        out.say(line)


def missing_words(found: Escalation) -> list[str]:
    """Return which fields no call has, and what brings them; ratings only where calls are tried."""
    asked = [name for name in found.missing if name != "quality" or found.pairs]
    return [words for name, words in FIELD_WORDS.items() if name in asked]


def _table(pair: PairEscalation, whole: Thresholds, found: Escalation) -> Table:
    titles = ["Asked again", "By cost", "A month"]
    if whole.knows_quality:
        titles += ["Right", "Per right answer", "One more right"]
    columns = [Column("Below"), *map(number_column, titles), Column("")]
    table = Table(columns, title=f"{pair.first} first, then {pair.full}")
    for option in whole.options:
        table.rows.append(_row(option, pair, whole, found))
    return table


def _row(option: Option, pair: PairEscalation, whole: Thresholds, found: Escalation) -> list[str]:
    currency = found.currency
    row = [
        option_words(option, pair),
        share_words(option.share),
        share_words(option.cost_share),
        money_words(option.cost * found.scale, currency),
    ]
    if whole.knows_quality:
        row += [
            "not known" if option.quality is None else share_words(option.quality),
            _money_or_blank(option.per_right_answer, currency),
            _money_or_blank(option.price_of_one_more, currency),
        ]
    return [*row, verdict_words(option, whole, pair)]


def verdict_words(option: Option, whole: Thresholds, pair: PairEscalation) -> str:
    """Return what speaks against an option, if anything does."""
    if option.is_never_best:
        return "never the best choice"
    dearer = option.kind == "threshold" and option.cost >= whole.options[-1].cost
    return f"costs more than all on {pair.full}" if dearer and option.quality is None else ""


def _money_or_blank(money: Fraction | None, currency: str) -> str:
    return "" if money is None else money_words(money, currency)


def option_words(option: Option, pair: PairEscalation) -> str:
    """Return the name of an option: a threshold, or a model alone."""
    if option.threshold is not None:
        return f"{float(option.threshold):.4g}"
    return f"all on {pair.first if option.kind == 'first_only' else pair.full}"


def remarks(pair: PairEscalation, whole: Thresholds) -> list[str]:
    """Return what happens today, from where on it loses, and what both models know."""
    lines = [_today_words(pair, whole)]
    if whole.answers is not None:
        table = whole.answers
        lines.append(
            f"Of {plural(table.total, 'question')} rated for both: both right {table.both:,}, only "
            f"{pair.first} {table.only_first:,}, only {pair.full} {table.only_full:,}, neither "
            f"{table.neither:,}; a check that is never wrong reaches {share_words(table.best)}."
        )
    lines.append("Assumed: the same tokens on both models where only one was asked.")
    return lines


def _today_words(pair: PairEscalation, whole: Thresholds) -> str:
    seen, limit = whole.seen, share_words(whole.break_even)
    if not seen.share:
        return (
            f"No try of {whole.tries:,} was asked again; up to {limit} by cost that is cheaper "
            f"than all on {pair.full}."
        )
    verdict = "it pays" if seen.cost_share < whole.break_even else "it does not pay"
    return (
        f"Today {share_words(seen.share)} of {whole.tries:,} tries are asked again, "
        f"{share_words(seen.cost_share)} by cost; up to {limit} by cost this is cheaper than "
        f"all on {pair.full}: {verdict}."
    )


def marked_words(each: MarkedPair) -> str:
    """Return what second calls tell that are only marked."""
    verdict = "it pays" if each.pays else "it does not pay"
    return (
        f"{each.first} first, then {each.full}: {share_words(each.share)} of tries were asked "
        f"again, about {share_words(each.cost_share)} by cost; up to "
        f"{share_words(each.break_even)} by cost this is cheaper than {each.full} alone: {verdict}."
    )
