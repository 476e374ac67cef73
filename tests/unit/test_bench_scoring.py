import numpy as np
import pytest

from benchmarks.scoring import Place, Target, cuts_of, interval, letters, ndcg, places_of, score, target_at

TEXT = "Alpha beta gamma. Delta epsilon zeta. Alpha beta gamma. Eta theta iota kappa."


def test_a_target_is_placed_in_letters_and_digits():
    assert target_at("d", TEXT, 18, 23) == Target("d", 14, 19)


def test_white_space_hyphens_and_ligatures_do_not_move_a_passage():
    assert letters("Eﬃcient  re\u2010use\n2") == letters("efficient re-use 2")


def test_a_repeated_passage_is_placed_after_the_one_before_it():
    pieces = [("d", "Delta epsilon zeta."), ("d", "Alpha  beta\ngamma.")]
    assert [place.start for place in places_of(pieces, {"d": letters(TEXT)}) if place] == [14, 30]


def test_an_overlapping_passage_is_still_found_before_the_last_one():
    pieces = [("d", "Delta epsilon zeta."), ("d", "gamma. Delta")]
    assert [place.start for place in places_of(pieces, {"d": letters(TEXT)}) if place] == [14, 9]


def test_a_passage_whose_reader_left_out_a_number_stands_from_its_beginning_to_its_end():
    text = f"Before. 1. {'First alpha item. ' * 3}2. {'Second beta item. ' * 3}After."
    piece = f"{'First alpha item. ' * 3}\n{'Second beta item. ' * 3}"
    assert places_of([("d", piece)], {"d": letters(text)}) == [Place("d", len("Before1"), len(letters(text)) - len("After"))]


def test_a_passage_that_is_not_in_its_document_has_no_place():
    assert places_of([("d", "omega"), ("d", " ")], {"d": letters(TEXT)}) == [None, None]


@pytest.mark.parametrize(("start", "end", "held"), [(0, 15, True), (0, 14, False), (10, 20, True), (16, 30, False)])
def test_half_of_a_target_is_enough(start, end, held):
    assert Place("d", start, end).holds(Target("d", 10, 20)) is held


def test_a_place_in_another_document_holds_nothing():
    assert not Place("e", 0, 50).holds(Target("d", 10, 20))


def test_ndcg_counts_the_rank_and_the_number_of_right_passages():
    assert ndcg([True, False, True], 2) == pytest.approx((1 + 1 / 2) / (1 + 1 / np.log2(3)))
    assert ndcg([False] * 10 + [True], 1) == 0.0
    assert ndcg([False], 0) == 0.0


def test_the_ideal_is_drawn_from_the_systems_own_cut():
    twice = cuts_of([("d", "Delta epsilon zeta."), ("d", "epsilon zeta. Alpha"), ("d", "Eta theta")], {"d": TEXT})
    target = target_at("d", TEXT, 24, 36)
    assert score([0, 1, 2], [target], twice).ndcg == 1.0
    assert score([0, 2], [target], twice).ndcg < 1.0
    assert score([2], [target], twice).ndcg == 0.0


def test_a_target_cut_away_is_out_of_reach():
    cuts = cuts_of([("d", "Delta epsilon zeta.")], {"d": TEXT})
    assert score([0], [target_at("d", TEXT, 56, 70)], cuts).reachable == 0.0


def test_recall_looks_at_five_passages_and_counts_targets():
    text = " ".join(f"word{number}" for number in range(8))
    cuts = cuts_of([("d", f"word{number}") for number in range(8)], {"d": text})
    targets = [target_at("d", text, 6 * n, 6 * n + 5) for n in (0, 1, 6)]
    assert score(range(8), targets, cuts).recall == pytest.approx(2 / 3)


def test_only_the_first_four_thousand_characters_are_read():
    filler = "x" * 3990
    text = f"{filler} answer is here"
    cuts = cuts_of([("d", filler), ("d", "answer is here")], {"d": text})
    whole, head = (target_at("d", text, 3991, end) for end in (4005, 3997))
    assert score([0, 1], [whole, head], cuts).in_context == 1.0
    assert score([0, 1], [target_at("d", text, 4001, 4005)], cuts).in_context == 0.0


def test_the_interval_holds_the_mean_and_narrows_with_more_questions():
    few, many = np.tile([0.0, 1.0], 10), np.tile([0.0, 1.0], 1000)
    (low, high), (inner_low, inner_high) = interval(few), interval(many)
    assert low < inner_low < 0.5 < inner_high < high
    assert interval(few) == (low, high)
