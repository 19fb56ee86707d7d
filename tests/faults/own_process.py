"""Programs in processes of their own that begin with everything imported.

A process that is killed must be a real one; that each imports the same for half a second
shows nothing. So they are forked from a server that has done it, and has done nothing else:
no thread runs in it and no store is open.
"""

from __future__ import annotations

import traceback
from multiprocessing import get_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

Answer = TypeVar("Answer")

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["alerts.tick", "ingest.imports"])


def started(program: Callable[..., object], *arguments: object) -> ForkServerProcess:
    """Start a function of a module as a program; all that it is given is sent to it."""
    process = FORKS.Process(target=program, args=arguments)
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """Return the exit code of a program when it ends."""
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def exit_code_of(program: Callable[..., object], *arguments: object) -> int:
    """Run a program to its end; a signal that ended it is a negative code."""
    return ended(started(program, *arguments))


def answer_of(program: Callable[..., Answer], *arguments: object) -> Answer:
    """Run a program to its end and return what it returned.

    Raises:
        AssertionError: It failed, or ended without an answer.
    """
    mine, its = FORKS.Pipe(duplex=False)
    process = started(_answering, its, program, *arguments)
    its.close()
    try:
        failure, answer = mine.recv()
    except EOFError as error:
        raise AssertionError(f"it ended with {ended(process)} and no answer") from error
    ended(process)
    assert not failure, failure
    return answer  # type: ignore[no-any-return]


def _answering(out: Connection, program: Callable[..., object], *arguments: object) -> None:
    try:
        told: tuple[str, object] = ("", program(*arguments))
    except BaseException:  # noqa: BLE001 - whatever it is, the test must say so
        told = (traceback.format_exc(), None)
    out.send(told)
