"""Where a search of prices looks next."""

import numpy as np

from computegrid.solvers.box import Box, around


def test_parts_look_to_all_sides_of_the_rows_that_have_a_price():
    price, reach = np.array([3.0, 0.0, -2.0]), np.array([0.1, 9.0, 0.5])
    found = around(price, reach, parts=8)
    steps = found - price
    assert (np.count_nonzero(steps, axis=1) == 1).all() and not steps[:, 1].any()
    assert np.allclose(sorted(steps[:, 0][steps[:, 0] != 0]), [-0.1, -0.1, 0.1, 0.1])
    assert np.allclose(sorted(steps[:, 2][steps[:, 2] != 0]), [-0.5, -0.5, 0.5, 0.5])


def test_another_turn_sends_each_part_another_way():
    price, reach = np.array([3.0, -2.0]), np.array([0.1, 0.5])
    first, second = around(price, reach, 4), around(price, reach, 4, turn=1)
    assert (first != second).any(axis=1).all()


def test_too_few_parts_or_no_price_give_nothing_to_look_at():
    assert around(np.array([1.0, 2.0]), np.ones(2), parts=1) is None
    assert around(np.zeros(2), np.ones(2), parts=9) is None


def test_a_side_grows_where_the_cuts_told_the_truth_and_shrinks_where_the_step_lost():
    box = Box(np.array([1.0, 1.0]), np.zeros(2))
    at_one_edge = np.array([1.0, 0.2])
    assert box.after(at_one_edge, told=0.9, widest=10.0).reach.tolist() == [2.0, 1.0]
    assert box.after(at_one_edge, told=-0.5, widest=10.0).reach.tolist() == [0.5, 1.0]
    assert box.after(np.array([0.1, 0.2]), told=-0.5, widest=10.0).reach.tolist() == [0.5, 0.5]
    assert box.after(at_one_edge, told=0.9, widest=1.5).reach.tolist() == [1.5, 1.0]
