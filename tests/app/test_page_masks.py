"""The page shows no identifier of a patient again that was typed into it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

PAGE = Path(__file__).parents[2] / "ui" / "app.py"
TYPED = "May 77370 be billed after treatment ends? Patient Priya Okafor, MRN 00998877"


def shown(page: AppTest) -> str:
    assert not page.exception
    bodies = [str(element.proto.body) for element in page.get("html")]
    return "\n".join(
        [*bodies, *(element.proto.json for element in page.get("bidi_component")), *(area.value or "" for area in page.text_area)]
    )


def test_what_is_typed_on_either_tab_is_shown_masked(tiny_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(tiny_library))
    monkeypatch.setenv("CODECITE_VECTOR_INDEX", "exact")
    page = AppTest.from_file(PAGE, default_timeout=60).run()
    page.chat_input[0].set_value(TYPED).run()
    asked = shown(page)
    assert "Patient [name], MRN [MRN]" in asked
    assert "Patient identifiers were masked" in asked
    page.session_state["tab"] = "Find codes"
    page.run()
    page.text_area[0].set_value(TYPED)
    next(b for b in page.button if b.label == "Find codes").click().run()
    found = shown(page)
    assert page.text_area[0].value == "May 77370 be billed after treatment ends? Patient [name], MRN [MRN]"
    assert "Patient identifiers were masked" in found
    for value in ("Priya", "Okafor", "00998877"):
        assert value not in asked + found
