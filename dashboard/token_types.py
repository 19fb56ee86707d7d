"""What people call the priced kinds of usage."""

from __future__ import annotations

from costmodel.meters import Meter

TOKEN_TYPES: dict[Meter, str] = {
    Meter.INPUT: "uncached input",
    Meter.CACHED_INPUT: "cached input",
    Meter.CACHE_WRITE: "cache write",
    Meter.CACHE_WRITE_1H: "cache write, 1 hour",
    Meter.OUTPUT: "output",
    Meter.INPUT_AUDIO: "audio input",
    Meter.CACHED_INPUT_AUDIO: "cached audio input",
    Meter.OUTPUT_AUDIO: "audio output",
    Meter.INPUT_IMAGE: "image input",
    Meter.CACHED_INPUT_IMAGE: "cached image input",
    Meter.OUTPUT_IMAGE: "image output",
}


def token_type(meter: Meter) -> str:
    """Return what people call a meter: ``cached input``, ``web search calls``."""
    return TOKEN_TYPES.get(meter, str(meter).replace("_", " "))


def sized(name: str, above_input_tokens: int) -> str:
    """Return a token type with the size of requests that its rate begins above, if it has one."""
    return f"{name}, over {above_input_tokens // 1_000}k" if above_input_tokens else name
