"""Settings come from `CODECITE_*` variables only; what is misspelt or out of range is refused by name."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.settings import Settings, read_settings
from corpus.errors import ConfigError


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("CODECITE_")]:
        monkeypatch.delenv(name)


def test_without_any_variable_no_model_and_no_network_is_set_up() -> None:
    settings = read_settings()
    assert (settings.llm, settings.llm_base_url, settings.llm_api_key.get_secret_value()) == ("", "", "")
    assert (settings.vector_index, settings.max_sentences, settings.llm_timeout_s) == ("auto", 8, 30.0)
    assert settings.data_dir.is_absolute()
    assert settings.data_dir.name == "codecite"


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("data_dir", "/data/codecite", Path("/data/codecite")),
        ("data_dir", "~/codes", Path.home() / "codes"),
        ("data_dir", "", Settings().data_dir),
        ("embedding_model", "/models/other", "/models/other"),
        ("vector_index", "chroma", "chroma"),
        ("llm", "openai:gpt-5", "openai:gpt-5"),
        ("llm_base_url", "http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("llm_timeout_s", "0.5", 0.5),
        ("llm_timeout_s", "600", 600.0),
        ("max_sentences", "1", 1),
        ("max_sentences", "30", 30),
        ("max_sentences", "", 8),
    ],
)
def test_every_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str, held: object) -> None:
    monkeypatch.setenv(f"CODECITE_{name.upper()}", value)
    assert getattr(read_settings(), name) == held


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CODECITE_VECTOR_INDEX", "faiss", "'exact'"),
        ("CODECITE_VECTOR_INDEX", "Exact", "'exact'"),
        ("CODECITE_LLM_TIMEOUT_S", "0", "greater than 0"),
        ("CODECITE_LLM_TIMEOUT_S", "601", "600"),
        ("CODECITE_LLM_TIMEOUT_S", "nan", "'nan'"),
        ("CODECITE_LLM_TIMEOUT_S", "inf", "600"),
        ("CODECITE_LLM_TIMEOUT_S", "soon", "'soon'"),
        ("CODECITE_MAX_SENTENCES", "0", "'0'"),
        ("CODECITE_MAX_SENTENCES", "31", "30"),
        ("CODECITE_MAX_SENTENCES", "2.5", "'2.5'"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name) as told:
        read_settings()
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["CODECITE_DATADIR", "CODECITE_", "codecite_datadir", "CODECITE_LLM_APIKEY"])
def test_an_unknown_name_is_refused_and_its_value_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "sk-secret")
    with pytest.raises(ConfigError, match=f"unknown setting {name}; known are .*CODECITE_DATA_DIR") as told:
        read_settings()
    assert "sk-secret" not in str(told.value)


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", "elsewhere")
    monkeypatch.setenv("LLM", "other:model")
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("CODECITE_LLM=file:model\n")
    assert read_settings().llm == ""


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECITE_LLM_API_KEY", "sk-secret")
    settings = read_settings()
    assert settings.llm_api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"


def test_settings_do_not_change_once_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read_settings().max_sentences = 3


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []
