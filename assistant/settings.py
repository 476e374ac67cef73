"""The settings of Codecite, read from `CODECITE_*` environment variables."""

import os
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from corpus.errors import ConfigError
from ingest.embed import PACKAGED

_PREFIX = "CODECITE_"
_HOME = BeforeValidator(lambda given: str(Path.home() / given[2:]) if isinstance(given, str) and given.startswith("~/") else given)


class Settings(BaseSettings):
    """Everything that can be set. Unknown `CODECITE_*` names are refused by `read_settings`."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    data_dir: Annotated[Path, _HOME] = Field(
        default_factory=lambda: user_data_path("codecite"), description="Folder of the library and of what is built from it."
    )
    embedding_model: str = Field(
        PACKAGED, description="The packaged MiniLM by its name, or a folder that holds a sentence-transformers model."
    )
    vector_index: Literal["auto", "exact", "chroma"] = Field(
        "auto",
        description="What finds nearest passages: `exact` scans the library's own vectors, `chroma` asks Chroma, `auto` takes `exact` for one-shot commands and, up to 20,000 passages, `chroma` for the chat page; a larger library keeps no Chroma unless this says `chroma`.",
    )
    llm: str = Field(
        "", description="A chat model as `provider:model` for LangChain's `init_chat_model`; empty means extractive answers, no model."
    )
    llm_api_key: SecretStr = Field(SecretStr(""), description="Key for the chat model's provider; its own environment variable works too.")
    llm_base_url: str = Field("", description="Address of a self-hosted, OpenAI-compatible chat model.")
    llm_timeout_s: float = Field(
        30.0,
        gt=0,
        le=600,
        description="Seconds after which a chat model is given up; what was proved by then, or the extractive answer, is shown.",
    )
    max_sentences: int = Field(8, ge=1, le=30, description="The most sentences in one answer.")
    ocr: bool = Field(False, description="Whether scanned pages are read by Tesseract, where it is installed; quotes from them say so.")
    keep_questions: bool = Field(False, description="Whether `codecite gaps` keeps the masked text of a question that got no answer.")


def read_settings() -> Settings:
    """Give the settings that the environment holds; an empty variable counts as not set.

    Raises:
        ConfigError: a `CODECITE_*` name is unknown, a value is out of its range, or the folder's name is not UTF-8 text.
    """
    known = {_PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith(_PREFIX) and name.upper() not in known)
    if unknown:
        raise ConfigError(f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = _PREFIX + str(first["loc"][0]).upper()
        raise ConfigError(f"{name}: {first['msg']} (given: {first['input']!r})") from None
    if not _is_text(settings.data_dir):
        raise ConfigError(f"the name of the data folder {str(settings.data_dir)!r} is not UTF-8 text; name another with {_PREFIX}DATA_DIR")
    return settings


def _is_text(path: Path) -> bool:
    """Tell whether what opens the encoder can be given the path: neither ONNX Runtime nor the tokenizers take other names."""
    return str(path) == str(path).encode(errors="replace").decode()
