"""What can go wrong between a file and the store.

IngestError
├── StoreError
│   ├── StoreMissingError     the file of the store is not there
│   ├── StoreBusyError        another program kept it open for too long
│   ├── StoreUnreadableError  it is no store of Tollbook
│   └── StoreTooNewError      a later version of Tollbook wrote it
├── NoFormatError             no format knows the file, or more than one does
├── UnreadableFileError       the file ends early, or is not there
├── NoRoomError               a disk is full
├── MappingError              a column mapping has mistakes
├── UnknownImportError        there is no such import to undo
├── BudgetNameError           a budget's name is taken, or nobody has it
├── PeriodError               a range in words is not understood
├── BillError                 a bill cannot be held against usage as it is
│   └── NoBillError           the store has no bill for these days
├── DriverFileError       a file of growth by drivers has mistakes
├── TokenizerError            a model has no public tokenizer
└── FetchError                a provider did not hand over its usage
    └── KeyRefusedError       it does not accept the key
"""

from __future__ import annotations


class IngestError(Exception):
    """Something between a file and the store failed."""


class StoreError(IngestError):
    """The store cannot be used."""


class StoreMissingError(StoreError):
    """The file of the store is not there."""


class StoreBusyError(StoreError):
    """Another program kept the store open for too long."""


class StoreUnreadableError(StoreError):
    """The file is no store of Tollbook."""


class StoreTooNewError(StoreError):
    """A later version of Tollbook wrote the store."""


class NoFormatError(IngestError):
    """No format claims a file, or several do: what is wrong, and advice for a command line."""

    def __init__(self, said: str, advice: str = "") -> None:
        super().__init__(f"{said}: {advice}" if advice else said)
        self.said = said
        self.advice = advice


class UnreadableFileError(IngestError):
    """The file ends early, or is not there."""


class NoRoomError(IngestError):
    """A disk is full."""


class MappingError(IngestError):
    """A column mapping has mistakes."""


class UnknownImportError(IngestError):
    """There is no such import."""


class BudgetNameError(IngestError):
    """A budget's name is taken, or there is no budget of this name."""


class PeriodError(IngestError, ValueError):
    """A range in words is not understood."""


class DriverFileError(IngestError):
    """A file of growth by drivers has mistakes."""


class TokenizerError(IngestError):
    """A model has no public tokenizer."""


class FetchError(IngestError):
    """A provider did not hand over its usage."""


class KeyRefusedError(FetchError):
    """A provider does not accept the key."""


class BillError(IngestError):
    """A bill cannot be held against usage as it is."""


class NoBillError(BillError):
    """The store has no bill for these days."""
