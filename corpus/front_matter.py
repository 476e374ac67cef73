"""Read the YAML front matter of a digest or of a user's own Markdown file."""

import calendar
import re
from datetime import date, datetime
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, HttpUrl, TypeAdapter, ValidationError, model_validator

from corpus.digests import AUTHORITIES
from corpus.errors import CorpusError

_BLOCK = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_OPENING = re.compile(r"\A\ufeff?---[ \t]*\r?\n")
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C where PyYAML was built with it
_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


def _as_text(value: object) -> object:
    """Turn what YAML reads as a year or a day back into text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value


def _span(value: object) -> tuple[date, date]:
    """Return the first and last day of a date written YYYY, YYYY-MM or YYYY-MM-DD."""
    match = _PARTIAL_DATE.fullmatch(str(_as_text(value)))
    if match is None:
        raise ValueError("expected YYYY, YYYY-MM or YYYY-MM-DD")
    year, month, day = (int(part or 0) for part in match.groups())
    last_day = day or calendar.monthrange(year, month or 12)[1]
    return date(year, month or 1, day or 1), date(year, month or 12, last_day)


def _first_day(value: object) -> date | None:
    return None if value is None else _span(value)[0]


def _last_day(value: object) -> date | None:
    return None if value is None else _span(value)[1]


def _known_authority(value: object) -> object:
    if value is not None and value not in AUTHORITIES:
        raise ValueError(f"expected one of: {', '.join(AUTHORITIES)}")
    return value


def _partial_date(value: object) -> object:
    if value is not None:
        _span(value)
    return _as_text(value)


def web_address(value: object) -> object:
    """Give a web address back as it is, and None for None.

    Raises:
        ValidationError: it is no http or https address.
    """
    if value is not None:
        _URL.validate_python(value)
    return value


class FrontMatter(BaseModel):
    """Describe one source; only what the file states is set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str | None, BeforeValidator(_as_text)] = None
    publisher: str | None = None
    authority: Annotated[str | None, BeforeValidator(_known_authority)] = None
    url: Annotated[str | None, BeforeValidator(web_address)] = None
    edition: Annotated[str | None, BeforeValidator(_as_text)] = None
    published: Annotated[str | None, BeforeValidator(_partial_date)] = None
    valid_from: Annotated[date | None, BeforeValidator(_first_day)] = None
    valid_to: Annotated[date | None, BeforeValidator(_last_day)] = None
    payer: str = "all"
    basis: Literal["stated", "inferred"] = "stated"
    licence: str | None = None
    questions: dict[str, tuple[str, ...]] = {}
    """Questions that a paragraph answers, by its anchor; passages are found by them too, they are never quoted."""

    @model_validator(mode="after")
    def _dates_in_order(self) -> "FrontMatter":
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError("valid_from is later than valid_to")
        return self


def split_front_matter(text: str) -> tuple[FrontMatter, int]:
    """Return the front matter and the offset in `text` where the body starts.

    Raises:
        CorpusError: The block is not closed, is not YAML, or holds an unknown or wrong field.
    """
    block = _BLOCK.match(text)
    if block is None:
        if _OPENING.match(text):
            raise CorpusError("Front matter is opened with '---' but never closed; add a closing '---' line.")
        return FrontMatter(), 0
    return _parse(block[1]), block.end()


def _parse(block: str) -> FrontMatter:
    try:
        fields = _load(block)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CorpusError(f"Front matter is not valid YAML: {' '.join(str(error).split())}") from error
    if fields is None:
        return FrontMatter()
    if not isinstance(fields, dict):
        raise CorpusError("Front matter must be a list of 'field: value' lines.")
    try:
        return FrontMatter.model_validate(fields)
    except ValidationError as error:
        raise CorpusError(f"Front matter is wrong: {_summary(error)}") from error


def _load(block: str) -> object:
    try:
        return _FAST_LOADER(block).get_single_data()
    except yaml.YAMLError:  # libyaml refuses more, and says less of what is wrong
        return yaml.safe_load(block)


def _summary(error: ValidationError) -> str:
    problems = (
        (".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, "))
        for item in error.errors(include_url=False, include_input=False)
    )
    return "; ".join(f"{field}: {message}" if field else message for field, message in problems)
