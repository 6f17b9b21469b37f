from hypothesis import given
from hypothesis import strategies as st

from index.recent import make_room


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20))
def test_there_is_room_and_the_latest_stay(held, more, most):
    known = dict.fromkeys(range(held))
    make_room(known, more, most)
    assert len(known) + more <= most or not known
    assert list(known) == list(range(held - len(known), held))
    assert held + more > most or len(known) == held
