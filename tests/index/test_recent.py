from hypothesis import given
from hypothesis import strategies as st

from index.recent import looked_up, make_room


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20))
def test_there_is_room_and_the_latest_stay(held, more, most):
    known = dict.fromkeys(range(held))
    make_room(known, more, most)
    assert len(known) + more <= most or not known
    assert list(known) == list(range(held - len(known), held))
    assert held + more > most or len(known) == held


def test_only_what_is_not_known_is_read_and_what_is_not_there_is_left_out():
    known, read = {1: "one"}, []

    def find(keys):
        read.append(keys)
        return {key: str(key) for key in keys if key < 9}

    assert looked_up(known, [1, 2, 9, 2], find, 10) == {1: "one", 2: "2"}
    assert looked_up(known, [2, 2, 1], find, 10) == {1: "one", 2: "2"}
    assert known == {1: "one", 2: "2"}
    assert read == [[2, 9, 2]]
