"""The command line: the only package that reads the clock and the environment."""

from __future__ import annotations
