"""Doors to the outside: usage exports, the store, imports and token counting."""

from __future__ import annotations
