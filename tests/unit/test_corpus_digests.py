"""The digests ship and are found in a stable order."""

from corpus.digests import AUTHORITIES, digest_paths
from corpus.paragraphs import read_digest


def test_digests_are_found_in_order() -> None:
    paths = digest_paths()
    assert len(paths) > 500
    assert list(paths) == sorted(paths)


def test_authorities_run_from_regulation_to_forum() -> None:
    assert (AUTHORITIES[0], AUTHORITIES[-1], len(AUTHORITIES)) == ("regulation", "forum", 9)


def test_names_of_digests_are_short_and_ascii() -> None:
    stems = [path.stem for path in digest_paths()]
    assert all(stem.isascii() and len(stem) <= 60 for stem in stems)


def test_a_reprint_on_a_blog_does_not_rank_as_the_manual() -> None:
    digests = [read_digest(path.read_text(encoding="utf-8")).front_matter for path in digest_paths()]
    reprints = {d.authority for d in digests if d.publisher and d.publisher.startswith("Radiology Billing Coding blog")}
    assert reprints == {"vendor or publisher"}
