"""What-if: what the same usage would cost under another plan."""

from __future__ import annotations
