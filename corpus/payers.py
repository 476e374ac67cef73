"""Read the names under which payers are spoken of."""

import tomllib
from importlib.resources import files

from pydantic import TypeAdapter, ValidationError

from corpus.errors import CorpusError


def load_payer_names() -> dict[str, tuple[str, ...]]:
    """Return each payer with its other names; one with a capital is meant only as written, one in lower case in any case.

    Raises:
        CorpusError: The table is not TOML or not a table of lists of names.
    """
    return parse_payer_names(files("corpus").joinpath("payers.toml").read_text(encoding="utf-8"))


def parse_payer_names(text: str) -> dict[str, tuple[str, ...]]:
    """Read a table of payers in TOML; raise as `load_payer_names` does."""
    try:
        return TypeAdapter(dict[str, tuple[str, ...]]).validate_python(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise CorpusError(f"The table of payers cannot be read: {error}") from error
