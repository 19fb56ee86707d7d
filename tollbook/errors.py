"""What can go wrong on the command line, and the exit code of each.

TollbookError         1  the work failed
├── UsageProblem      2  the command line or the configuration is wrong
├── PolicyViolated    3  a limit is crossed; the result stands on stdout
└── DataUnfit         4  usage is too old or has no price; the result stands on stdout

0 means that all went well. Errors of lower packages are translated in
``tollbook.failures``; none reaches the terminal as a traceback.
"""

from __future__ import annotations

from typing import ClassVar


class TollbookError(Exception):
    """The work failed."""

    exit_code: ClassVar[int] = 1
    kind: ClassVar[str] = "failed"


class UsageProblem(TollbookError):  # noqa: N818 - an error of the person asking, said so
    """The command line or the configuration is wrong."""

    exit_code = 2
    kind = "usage"


class PolicyViolated(TollbookError):  # noqa: N818 - a verdict, not a fault
    """A limit is crossed."""

    exit_code = 3
    kind = "policy"


class DataUnfit(TollbookError):  # noqa: N818 - a verdict, not a fault
    """Usage is too old, or has no price."""

    exit_code = 4
    kind = "data"
