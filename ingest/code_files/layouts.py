"""The layouts that are known, tried one after the other."""

from collections.abc import Sequence

from ingest.code_files.code_sets import recognise_hcpcs, recognise_icd
from ingest.code_files.edits import recognise_mue, recognise_ptp
from ingest.code_files.relative_values import recognise_rvu
from ingest.code_files.row import Layout

_LAYOUTS = (recognise_icd, recognise_ptp, recognise_mue, recognise_rvu, recognise_hcpcs)


def find_layout(lines: Sequence[str]) -> Layout | None:
    """Give the layout that the first lines of a file have, None where it is none of ours."""
    return next((found for recognise in _LAYOUTS if (found := recognise(lines))), None)
