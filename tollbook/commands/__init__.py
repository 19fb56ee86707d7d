"""The commands, one module for each or for a group of them."""

from __future__ import annotations
