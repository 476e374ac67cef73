"""Read the glossary of abbreviations, synonyms and coder's shorthand."""

import tomllib
from importlib.resources import files

from pydantic import TypeAdapter, ValidationError

from corpus.errors import CorpusError


def load_glossary() -> dict[str, tuple[str, ...]]:
    """Return each term, in lower case, with the words it stands for.

    Raises:
        CorpusError: The glossary is not TOML or not a table of lists of words.
    """
    return parse_glossary(files("corpus").joinpath("glossary.toml").read_text(encoding="utf-8"))


def parse_glossary(text: str) -> dict[str, tuple[str, ...]]:
    """Read a glossary in TOML; raise as `load_glossary` does."""
    try:
        return TypeAdapter(dict[str, tuple[str, ...]]).validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"The glossary is not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        term = ".".join(map(str, first["loc"]))
        raise CorpusError(f"Glossary term {term}: {first['msg']}") from error
