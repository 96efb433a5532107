"""Batches: every row once, no batch over its budget, padding that says it is padding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nli.batching import TokenRow, pad, plan

lengths_of_rows = st.lists(st.integers(1, 80), max_size=60)


@given(lengths_of_rows, st.integers(1, 300))
def test_every_row_is_in_one_batch_and_the_budget_holds(lengths: list[int], budget: int) -> None:
    batches = plan(lengths, budget)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = max(lengths[row] for row in batch) * len(batch)
        assert padded <= budget or len(batch) == 1


@given(lengths_of_rows, st.integers(1, 300))
def test_rows_go_longest_first_and_equal_ones_in_their_order(lengths: list[int], budget: int) -> None:
    order = [row for batch in plan(lengths, budget) for row in batch]
    assert order == sorted(order, key=lambda row: (-lengths[row], row))


@given(lengths_of_rows, st.integers(1, 300))
def test_no_batch_could_have_taken_the_next_row(lengths: list[int], budget: int) -> None:
    batches = plan(lengths, budget)
    for batch in batches[:-1]:
        assert lengths[batch[0]] * (len(batch) + 1) > budget


@given(lengths_of_rows, st.integers(1, 300), st.integers(2, 8))
def test_side_by_side_the_budget_holds_too_and_no_more_is_waited_for(
    lengths: list[int], budget: int, parallel: int
) -> None:
    batches = plan(lengths, budget, parallel)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert lengths[batch[0]] * len(batch) <= min(budget, max(64, sum(lengths) // parallel)) or len(batch) == 1


def test_few_rows_are_shared_out_among_threads() -> None:
    assert len(plan([50, 50], 512)) == 1
    assert len(plan([50, 50], 512, parallel=2)) == 2
    assert [len(batch) for batch in plan([50] * 20, 512, parallel=2)] == [1] * 20
    assert [len(batch) for batch in plan([50] * 400, 512, parallel=2)] == [10] * 40


def test_padding() -> None:
    batch = pad([TokenRow([5, 6, 7], [0, 0, 1]), TokenRow([8], [1])], pad_id=9)
    assert batch.input_ids.tolist() == [[5, 6, 7], [8, 9, 9]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch.token_type_ids is not None
    assert batch.token_type_ids.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert {array.dtype for array in (batch.input_ids, batch.attention_mask, batch.token_type_ids)} == {
        np.dtype("int64")
    }


def test_models_without_token_types_get_none() -> None:
    assert pad([TokenRow([5], None), TokenRow([6, 7], None)], pad_id=0).token_type_ids is None
