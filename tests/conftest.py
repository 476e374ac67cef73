"""Fixtures that several folders of tests share."""

import os
from pathlib import Path

import pytest

from ingest.embed import ReferenceEmbedder
from tests import support

for _name in [name for name in os.environ if name.startswith("CODECITE_")]:
    del os.environ[_name]  # tests see the defaults, whatever the machine or make has set


@pytest.fixture(scope="session")
def reference() -> ReferenceEmbedder:
    """The packaged model as sentence-transformers runs it."""
    return ReferenceEmbedder()


@pytest.fixture(scope="session")
def runtime(reference: ReferenceEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported question encoder; exporting needs torch and some ten seconds, once."""
    folder = tmp_path_factory.mktemp("encoder") / "runtime"
    reference.export(folder)
    return folder


@pytest.fixture
def tiny_library(tmp_path: Path, runtime: Path) -> Path:
    """A data directory with two documents that disagree on 77336."""
    return support.build_library(tmp_path / "codecite", runtime, {"society.md": support.SOCIETY, "payer.md": support.PAYER})
