"""Two texts side by side: their tokens, and how far they begin alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.text_cost import cacheable, pair_costs
from ingest.tokens import count_tokens, counting_for, shared_prefix

if TYPE_CHECKING:
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.rates import Model
    from costmodel.text_cost import PairCost


@dataclass(frozen=True)
class TextPair:
    """How two texts count for a model, and what they cost as its input.

    ``shared`` tokens are the same at their beginning, of which ``cacheable`` can come
    from a cache: none below the model's minimum, and OpenAI's in steps of 128.
    """

    model: Model
    tokenizer: str
    estimated: bool
    tokens: tuple[int, int]
    shared: int
    cacheable: int
    costs: tuple[PairCost, ...]


def compare(
    texts: tuple[str, str], model: Model, book: PriceBook, on: date, *, estimate: bool = False
) -> TextPair:
    """Return two texts side by side for a model.

    Raises:
        TokenizerError: The model has no public tokenizer, and no estimate is asked for.
    """
    counting = counting_for(model, estimate=estimate)
    first, second = texts
    tokens = (count_tokens(first, counting.tokenizer), count_tokens(second, counting.tokenizer))
    shared = shared_prefix(first, second, counting.tokenizer)
    held = cacheable(model, shared)
    costs = tuple(pair_costs(model, tokens, held, book, on))
    return TextPair(model, counting.tokenizer, counting.estimated, tokens, shared, held, costs)
