"""A broken input that `nibblesim` must answer with one line."""
import dataclasses


@dataclasses.dataclass
class Case:
    name: str
    arguments: list
    says: str  # a regular expression for the whole line
    spoil: object = None  # called with the folder
