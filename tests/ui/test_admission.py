"""Who may ask now: quotas, turns, patience, and that no slot is ever lost."""

import asyncio
import random
from contextlib import suppress

import pytest

from tests.waiting import PATIENCE
from ui.admission import Admission, Overloaded, Quota


def test_one_answer_a_user_and_two_waiting():
    async def run():
        admission = Admission(Quota(running=8))
        places = [admission.enter("甲") for _ in range(3)]
        assert [place.state for place in places] == ["running", "waiting", "waiting"]
        assert [place.ahead for place in places] == [0, 0, 1]
        with pytest.raises(Overloaded) as full:
            admission.enter("甲")
        assert full.value.own and full.value.retry_after >= 1
        assert admission.enter("乙").state == "running"

    asyncio.run(run())


def test_all_together_may_not_wait_without_end():
    async def run():
        admission = Admission(Quota(running=1, waiting=2))
        for user in "甲乙丙":
            admission.enter(user)
        with pytest.raises(Overloaded, match="前面已有 2 个") as full:
            admission.enter("丁")
        assert not full.value.own

    asyncio.run(run())


def test_slots_go_to_users_in_turn():
    async def run():
        admission = Admission(Quota(running=1, own_waiting=5))
        running = admission.enter("甲")
        flood = [admission.enter("甲") for _ in range(5)]
        other = admission.enter("乙")
        assert other.ahead == 1  # the flooder's first, then this one
        running.leave()
        assert flood[0].state == "running" and other.ahead == 0
        flood[0].leave()
        assert other.state == "running"
        other.leave()
        assert flood[1].state == "running"

    asyncio.run(run())


def test_a_user_at_his_limit_does_not_hold_up_others():
    async def run():
        admission = Admission(Quota(running=2))
        first = admission.enter("甲")
        second = admission.enter("甲")
        assert admission.enter("乙").state == "running"
        third = admission.enter("丙")
        first.leave()
        # One slot is free: it is the turn of 甲, who runs nothing any more.
        assert (second.state, third.state) == ("running", "waiting")

    asyncio.run(run())


def test_who_leaves_the_queue_or_is_cancelled_holds_nothing():
    async def run():
        admission = Admission(Quota(running=1))

        async def ask():
            async with admission.slot("甲"):
                await asyncio.sleep(60)

        tasks = [asyncio.create_task(ask()) for _ in range(3)]
        await asyncio.sleep(0)
        assert (admission.running, admission.waiting) == (1, 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (admission.running, admission.waiting) == (0, 0)

    asyncio.run(run())


def test_patience_ends():
    async def run():
        admission = Admission(Quota(running=1, patience=1.0))
        admission.enter("甲")
        waiting = admission.enter("乙")
        assert not await waiting.wait(0.01)
        with pytest.raises(Overloaded, match="排队超过"):
            await waiting.wait(PATIENCE)
        assert admission.waiting == 0

    asyncio.run(run())


def test_a_server_that_stops_lets_nobody_in():
    async def run():
        admission = Admission()
        running = admission.enter("甲")
        admission.draining = True
        with pytest.raises(Overloaded, match="正在关闭"):
            admission.enter("乙")
        running.leave()

    asyncio.run(run())


@pytest.mark.parametrize("seed", range(20))
def test_no_slot_is_lost_whatever_happens(seed):
    async def run():
        chance = random.Random(seed)
        quota = Quota(running=3, waiting=6)
        admission = Admission(quota)
        places = []
        for _ in range(300):
            if chance.random() < 0.6:
                with suppress(Overloaded):
                    places.append(admission.enter(chance.choice("甲乙丙丁戊")))
            elif places:
                chance.choice(places).leave()
            running = [place.user for place in places if place.state == "running"]
            waiting = [place for place in places if place.state == "waiting"]
            assert len(running) == admission.running <= 3
            assert len(set(running)) == len(running)
            assert len(waiting) == admission.waiting <= 6
            # Nobody waits beside a free slot that is his.
            assert len(running) == 3 or all(place.user in running for place in waiting)
            assert sorted({place.ahead for place in waiting}) == sorted(place.ahead for place in waiting)
        for place in places:
            place.leave()
        assert (admission.running, admission.waiting) == (0, 0)

    asyncio.run(run())
