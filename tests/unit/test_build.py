"""The pipeline brings files in whole: what changed replaces, what did not costs a hash, what is bad is told and skipped."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.errors import IngestError, Refusal
from ingest import build
from ingest.build import UPLOAD, FileReport, Outcome, Source, document_id, ingest, rebuild, shipped_sources, user_sources
from ingest.documents import DocumentText, Passage
from ingest.embed import Encoded, Vectors
from ingest.library import open_reader, open_writer
from ingest.split import split
from tests.support import HashEmbedder, bring, make_pdf, outcomes, state, texts

ODD, EVEN = "# Odd\n\nOdd rule on 77370.\n", "# Even\n\nEven rule on 77336.\n"


def paths(folder: Path) -> dict[str, str]:
    with open_reader(folder) as library:
        return {Path(d.path).name: d.title for d, _, _ in library.documents()}


def test_a_file_that_has_not_changed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, {"a.md": ODD})

    def fail(*_: object) -> None:
        raise AssertionError("an unchanged file costs a hash and nothing more")

    monkeypatch.setattr(build.Sandbox, "__call__", fail)
    assert outcomes(bring(tmp_path, {})) == ["unchanged"]


def test_a_file_that_becomes_a_copy_of_another_gives_up_its_former_words(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": ODD, "b.md": EVEN})
    reports = bring(tmp_path, {"a.md": EVEN})
    assert outcomes(reports) == ["replaced", "unchanged"]
    assert "same content as" in reports[0].reason
    assert texts(tmp_path) == ["Even rule on 77336."]


def test_a_document_kept_as_a_copy_while_its_file_changes_is_not_lost(tmp_path: Path) -> None:
    bring(tmp_path, {"present.md": ODD})
    reports = bring(tmp_path, {"former.md": ODD, "present.md": EVEN})
    assert paths(tmp_path) == {"former.md": "Odd", "present.md": "Even"}
    assert outcomes(reports) == ["added", "replaced"]


def test_equal_files_that_come_together_are_stored_once(tmp_path: Path) -> None:
    reports = bring(tmp_path, {"a.md": ODD, "b.md": ODD, "c.md": EVEN, "d.md": ODD})
    assert outcomes(reports) == ["added", "unchanged", "added", "unchanged"]
    assert [r.reason.rpartition("/")[2] for r in reports if r.reason] == ["a.md", "a.md"]
    assert sorted(texts(tmp_path)) == ["Even rule on 77336.", "Odd rule on 77370."]


def test_a_new_file_equal_to_one_that_changes_before_it_is_added(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": ODD})
    assert outcomes(bring(tmp_path, {"a.md": EVEN, "b.md": ODD})) == ["replaced", "added"]


def test_two_files_that_swap_their_contents_are_both_kept(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": ODD, "b.md": EVEN})
    bring(tmp_path, {"a.md": EVEN, "b.md": ODD})
    assert sorted(texts(tmp_path)) == ["Even rule on 77336.", "Odd rule on 77370."]
    bring(tmp_path, {})
    assert sorted(texts(tmp_path)) == ["Even rule on 77336.", "Odd rule on 77370."]


def test_a_property_changed_by_hand_replaces_and_the_others_stay(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": ODD}, publisher="ASTRO", edition="2025")
    assert outcomes(bring(tmp_path, {}, edition="2026")) == ["replaced"]
    with open_reader(tmp_path) as library:
        ((document, _, _),) = library.documents()
        assert (document.publisher, document.edition) == ("ASTRO", "2026")


def test_properties_of_the_file_and_by_hand_become_the_documents(tmp_path: Path) -> None:
    front = "---\ntitle: T\npublisher: P\nauthority: payer\nurl: https://a.example/x\nedition: 2026\npublished: 2026-02\nvalid_from: 2026\nvalid_to: 2026-06\npayer: Aetna\nbasis: inferred\nlicence: CC0-1.0\n---\n"
    bring(tmp_path, {"a.md": f"{front}Rule on 77370.\n"}, publisher="By hand")
    with open_reader(tmp_path) as library:
        ((d, _, count),) = library.documents()
    assert (d.title, d.publisher, d.authority, d.edition, d.published) == ("T", "By hand", "payer", "2026", "2026-02")
    assert (str(d.valid_from), str(d.valid_to), d.payer, d.basis, d.licence) == ("2026-01-01", "2026-06-30", "Aetna", "inferred", "CC0-1.0")
    assert (d.url, d.media_type, d.added_at, count) == ("https://a.example/x", "text/markdown", "2026-01-01", 1)


def test_ids_come_from_content_and_properties_not_from_place_or_time(tmp_path: Path) -> None:
    bring(tmp_path / "one", {"a.md": ODD})
    bring(tmp_path / "two", {"other name.md": ODD})
    assert state(tmp_path / "one")[0] == state(tmp_path / "two")[0]
    assert document_id(b"x", {}) != document_id(b"x", {"publisher": "P"}) != document_id(b"y", {"publisher": "P"})
    assert document_id(b"x", {"a": "1", "b": "2"}) == document_id(b"x", {"b": "2", "a": "1"})


def test_every_kind_of_file_goes_in_by_one_call_and_the_bad_ones_are_named(tmp_path: Path) -> None:
    place = tmp_path / "files"
    place.mkdir()
    (place / "d.pdf").write_bytes(make_pdf(["Rule on 77300 on a page of its own."]))
    (place / "encrypted.pdf").write_bytes((Path(__file__).parents[1] / "data" / "encrypted.pdf").read_bytes())
    (place / "ignored.zip").write_bytes(b"PK")
    html = "<html><body><p>Rule on 77301 in a page.</p></body></html>"
    reports = bring(
        tmp_path, {"a.md": ODD, "b.txt": "Rule on 77336 in a text.", "c.html": html, "empty.txt": "", "front.md": "---\ntitle: [\n---\n"}
    )
    told = {Path(r.key).name: (r.outcome.value, r.reason, r.passages) for r in reports}
    assert {name for name, (outcome, _, _) in told.items() if outcome == "added"} == {"a.md", "b.txt", "c.html", "d.pdf"}
    assert "password" in told["encrypted.pdf"][1]
    assert "empty" in told["empty.txt"][1]
    assert "Front matter" in told["front.md"][1]
    assert "ignored.docx" not in told
    assert told["d.pdf"][2] == 1
    assert len(texts(tmp_path)) == 4


def test_progress_hears_of_every_file(tmp_path: Path) -> None:
    for name, content in {"a.md": ODD, "b.md": EVEN, "c.md": ""}.items():
        (tmp_path / name).write_text(content)
    heard: list[FileReport] = []
    with open_writer(tmp_path / "data") as library:
        sources = user_sources([tmp_path])
        reports = ingest(library, HashEmbedder(), sources, by_hand={}, added_at="", advance=heard.append)
    assert tuple(heard) == reports
    assert [r.outcome for r in heard] == [Outcome.ADDED, Outcome.ADDED, Outcome.REFUSED]


def test_of_a_changed_file_only_new_passages_are_encoded_and_all_are_as_if_encoded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paragraphs = [f"Rule {n} on 77370: " + f"it is billed {n} times, as the record says. " * 8 for n in range(4)]
    bring(tmp_path / "one", {"a.md": "# Rules\n\n" + "\n\n".join(paragraphs)})
    told: list[str] = []
    whole = HashEmbedder.encode_with_tokens

    def tell(self: HashEmbedder, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Encoded:
        told.extend(texts)
        return whole(self, texts, advance)

    monkeypatch.setattr(HashEmbedder, "encode_with_tokens", tell)
    changed = "# Rules\n\n" + "\n\n".join(["New: 77336 comes first. " * 12, *paragraphs[:2], *paragraphs[3:]])
    (report,) = bring(tmp_path / "one", {"a.md": changed})
    assert (report.outcome, report.passages, len(told)) == (Outcome.REPLACED, 4, 1)
    bring(tmp_path / "two", {"a.md": changed})
    assert state(tmp_path / "one")[0] == state(tmp_path / "two")[0]


def test_a_refused_new_version_leaves_the_former_one(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": ODD})
    before = state(tmp_path)
    assert outcomes(bring(tmp_path, {"a.md": "---\nnever closed\n"})) == ["refused"]
    assert state(tmp_path) == before


class _Broken(HashEmbedder):
    def encode(self, texts: Sequence[str], advance: object = None) -> Vectors:
        raise RuntimeError("out of memory")


def test_a_failure_in_the_middle_stores_nothing_of_that_file(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": ODD})
    before = state(tmp_path)
    (tmp_path / "files" / "b.md").write_text(EVEN)
    with open_writer(tmp_path) as library, pytest.raises(RuntimeError):
        ingest(library, _Broken(), user_sources([tmp_path / "files"]), by_hand={}, added_at="")
    assert state(tmp_path) == before


def test_folders_are_searched_and_what_is_hidden_is_not(tmp_path: Path) -> None:
    for name in ("a.md", "deep/er/b.TXT", ".git/c.md", "deep/.cache/d.md", ".e.md", "f.zip"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(ODD)
    assert [s.path.name for s in user_sources([tmp_path])] == ["a.md", "b.TXT"]


def test_a_hidden_file_named_by_hand_is_read(tmp_path: Path) -> None:
    (tmp_path / ".notes.md").write_text(ODD)
    assert [s.path.name for s in user_sources([tmp_path / ".notes.md"])] == [".notes.md"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(ODD)
    assert len(user_sources([tmp_path / "a.md", tmp_path])) == 1


def test_a_name_that_no_file_can_have_and_a_pipe_are_told(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="too long"):
        user_sources([tmp_path / ("x" * 300)])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IngestError, match="neither a file nor a folder"):
        user_sources([tmp_path / "pipe"])


def test_a_file_that_goes_away_meanwhile_is_reported(tmp_path: Path) -> None:
    with open_writer(tmp_path) as library:
        (report,) = ingest(library, HashEmbedder(), [Source("gone", tmp_path / "gone.md")], by_hand={}, added_at="")
    assert (report.outcome, "cannot be read" in report.reason) == (Outcome.REFUSED, True)


def test_the_starter_corpus_goes_in_whole_and_nothing_of_ones_own_is_removed_with_it(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": ODD})
    shipped = shipped_sources()[:3]
    with open_writer(tmp_path) as library:
        assert outcomes(ingest(library, HashEmbedder(), shipped, by_hand={}, added_at="")) == ["added"] * 3
        assert outcomes(ingest(library, HashEmbedder(), shipped[1:], by_hand={}, added_at="")) == ["unchanged", "unchanged", "removed"]
    assert "a.md" in paths(tmp_path)
    assert outcomes(bring(tmp_path, {})) == ["unchanged"], "ingesting one's own files removes no starter source"
    assert len(paths(tmp_path)) == 3


def test_a_starter_source_that_was_removed_stays_so_until_it_is_restored(tmp_path: Path) -> None:
    shipped = shipped_sources()[:2]
    with open_writer(tmp_path) as library:
        removed, _ = ingest(library, HashEmbedder(), shipped, by_hand={}, added_at="")
        library.remove(removed.document_id)
        again, other = ingest(library, HashEmbedder(), shipped, by_hand={}, added_at="")
        assert (again.outcome, "stays so" in again.reason, other.reason) == (Outcome.UNCHANGED, True, "")
        assert [d.path for d, _, _ in library.documents()] == [shipped[1].key]
        library.restore(removed.document_id)
        assert len(library.documents()) == 2
        assert outcomes(ingest(library, HashEmbedder(), shipped, by_hand={}, added_at="")) == ["unchanged"] * 2


def test_a_starter_source_that_is_shipped_again_comes_back(tmp_path: Path) -> None:
    shipped = shipped_sources()[:2]
    with open_writer(tmp_path) as library:
        for sources in (shipped, shipped[1:], shipped):
            ingest(library, HashEmbedder(), sources, by_hand={}, added_at="")
        assert len(library.documents()) == 2


def test_rebuilding_keeps_ids_properties_and_what_was_removed(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": ODD, "b.md": EVEN}, payer="Aetna")
    with open_writer(tmp_path) as library:
        library.remove(next(d.id for d, _, _ in library.documents() if d.title == "Even"))
        before = library.digest()
        told: list[str] = []
        assert rebuild(library, HashEmbedder(), told.append) == 1
        assert told == ["Odd"]
        assert library.digest() == before
        assert {status for _, status, _ in library.documents(None)} == {"active", "removed"}
    assert outcomes(bring(tmp_path, {})) == ["unchanged", "added"], "naming a removed file again brings it back"
    with open_reader(tmp_path) as library:
        assert {d.payer for d, _, _ in library.documents() if d.title == "Odd"} == {"Aetna"}


def test_a_document_without_a_passage_is_never_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "split", lambda _: ())
    (report,) = bring(tmp_path, {"a.md": ODD})
    assert (report.outcome, report.refusal) == (Outcome.REFUSED, Refusal.NO_TEXT)
    assert texts(tmp_path) == []


def test_an_error_of_our_own_on_one_file_refuses_it_and_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(source: DocumentText) -> tuple[Passage, ...]:
        if source.document.title == "Odd":
            raise ZeroDivisionError
        return split(source)

    monkeypatch.setattr(build, "split", cut)
    reports = bring(tmp_path, {"a.md": ODD, "b.md": EVEN})
    assert [(r.outcome, r.refusal) for r in reports] == [(Outcome.REFUSED, Refusal.INTERNAL), (Outcome.ADDED, None)]
    assert texts(tmp_path) == ["Even rule on 77336."]


def test_an_upload_is_known_by_its_name_and_told_by_its_content(tmp_path: Path) -> None:
    sources = [Source(f"{UPLOAD}rule.txt", Path("rule.txt"), b"Odd rule on 77370 in an upload.")]
    with open_writer(tmp_path) as library:
        first = ingest(library, HashEmbedder(), sources, by_hand={}, added_at="")
        second = ingest(library, HashEmbedder(), [replace(sources[0], content=b"Even rule on 77336 since.")], by_hand={}, added_at="")
    assert [r.outcome for r in (*first, *second)] == [Outcome.ADDED, Outcome.REPLACED]
    assert texts(tmp_path) == ["Even rule on 77336 since."]


def test_a_kill_between_two_files_leaves_the_first_whole_and_nothing_of_the_second(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for name, content in {"a.md": ODD, "b.md": EVEN}.items():
        (tmp_path / "files" / name).write_text(content)

    def stop(_: FileReport) -> None:
        raise KeyboardInterrupt

    with open_writer(tmp_path) as library, pytest.raises(KeyboardInterrupt):
        ingest(library, HashEmbedder(), user_sources([tmp_path / "files"]), by_hand={}, added_at="", advance=stop)
    assert texts(tmp_path) == ["Odd rule on 77370."]
    assert outcomes(bring(tmp_path, {})) == ["unchanged", "added"]


def test_properties_that_are_no_text_stop_neither_their_file_nor_the_others(tmp_path: Path) -> None:
    reports = bring(
        tmp_path, {"a.md": '---\ntitle: "T\\uD800"\npayer: "\\uD800P"\n---\nOdd rule on 77370.\n', "b.md": EVEN}, publisher="A\udcff"
    )
    assert outcomes(reports) == ["added", "added"]
    with open_reader(tmp_path) as library:
        assert {(d.title, d.publisher) for d, _, _ in library.documents()} == {("T", "A"), ("Even", "A")}
        assert {p.payer for d, _, _ in library.documents() for p in library.passages(d.id)} == {"P", "all"}


LONG = "# Long\n\n" + "\n\n".join(f"## Week {n}\n\nRule {n} says that 77336 may be billed once for {n} treatments." for n in range(1_200))


def test_a_long_text_is_stored_in_parts_as_it_would_be_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = bring(tmp_path / "whole", {"a.md": LONG})
    monkeypatch.setattr(build, "_WHOLE_CHARS", 1_000)
    (parts,) = bring(tmp_path / "parts", {"a.md": LONG})
    assert (parts.outcome, parts.passages) == (Outcome.ADDED, whole.passages)
    assert state(tmp_path / "parts")[0] == state(tmp_path / "whole")[0]
    (again,) = bring(tmp_path / "parts", {"a.md": LONG.replace("Rule 700 says", "Rule 700 holds")})
    assert again.outcome is Outcome.REPLACED
    assert len(texts(tmp_path / "parts")) == whole.passages


def test_of_a_long_text_that_breaks_half_way_nothing_is_stored_and_the_next_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_WHOLE_CHARS", 1_000)

    def cut(source: DocumentText) -> Iterator[Passage]:
        yield from split(source)[:700]
        raise ZeroDivisionError

    monkeypatch.setattr(build, "each_passage", cut)
    reports = bring(tmp_path, {"a.md": LONG, "b.md": EVEN})
    assert [(r.outcome, r.refusal) for r in reports] == [(Outcome.REFUSED, Refusal.INTERNAL), (Outcome.ADDED, None)]
    assert texts(tmp_path) == ["Even rule on 77336."]
