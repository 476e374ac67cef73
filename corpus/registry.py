"""Read the code registry: what each billing code and modifier is, and since when."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from corpus.errors import CorpusError

Kind = Literal["CPT", "HCPCS", "modifier"]
Component = Literal["technical", "professional", "both", ""]

_HCPCS = re.compile(r"[A-Z]\d{4}")


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class CodeEntry:
    """Describe one code; empty fields are unknown, not untrue.

    `label` is plain wording of our own. `revised` is the day from which the number has a new meaning.
    `sources` pairs the name of a field with the id of the fact it rests on.
    """

    code: str
    kind: Kind
    family: str
    label: str = ""
    component: Component = ""
    introduced: date | None = None
    revised: date | None = None
    deleted: date | None = None
    replaced_by: tuple[str, ...] = ()
    replaced_when: str = ""
    unit_rule: str = ""
    sources: tuple[tuple[str, str], ...] = ()


_ENTRY = TypeAdapter(CodeEntry)


def load_codes() -> dict[str, CodeEntry]:
    """Return the registry by code.

    Raises:
        CorpusError: The registry is not TOML, or an entry has an unknown or wrong field.
    """
    text = files("corpus").joinpath("codes.toml").read_text(encoding="utf-8")
    return parse_codes(text)


def parse_codes(text: str) -> dict[str, CodeEntry]:
    """Read a registry in TOML; raise as `load_codes` does."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"The code registry is not valid TOML: {error}") from error
    return {code: _entry(code, table) for code, table in tables.items()}


def _kind(code: str) -> Kind:
    if len(code) == 2:
        return "modifier"
    return "HCPCS" if _HCPCS.fullmatch(code) else "CPT"


def _entry(code: str, table: dict[str, object]) -> CodeEntry:
    replaced_by, sources = table.get("replaced_by", []), table.get("sources", {})
    if not isinstance(replaced_by, list) or not isinstance(sources, dict):
        raise CorpusError(f"Code {code}: replaced_by must be a list and sources a table.")
    fields = table | {
        "code": code,
        "kind": _kind(code),
        "replaced_by": tuple(replaced_by),
        "sources": tuple(sources.items()),
    }
    try:
        return _ENTRY.validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise CorpusError(f"Code {code}: {field}: {first['msg']}") from error
