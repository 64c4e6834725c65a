"""When what Redis answered is written down (web.append_only)."""

import pytest

from web.append_only import Goal, RedisStartedAnewError, WrittenForMany


def test_nothing_waits_so_all_is_written():
    assert Goal("r").is_reached("r", n_written=100, n_waiting=0)


def test_what_waits_is_waited_for_and_not_what_came_later():
    goal = Goal("r")

    looks = [goal.is_reached("r", *sizes) for sizes in ((100, 20), (100, 50), (150, 30))]

    assert looks == [False, False, True]


def test_a_file_that_was_written_anew_is_shorter():
    goal = Goal("r")
    goal.is_reached("r", 1000, 20)

    assert not goal.is_reached("r", 300, 5)
    assert goal.is_reached("r", 320, 0)


class Redis:
    """Tells one look after the other: process, bytes written, bytes that wait."""

    def __init__(self, *told):
        self.told = list(told)

    def register_script(self, _):
        async def look():
            return self.told.pop(0).split()

        return look


async def test_looking_ends_when_all_is_written():
    redis = Redis("r 10 0", "r 10 5", "r 15 7", "never asked")
    written = WrittenForMany(redis)

    await written.wait(await written.run())

    assert redis.told == ["never asked"]


async def test_a_redis_that_was_started_meanwhile_has_nothing_to_say_of_what_was_before():
    written = WrittenForMany(Redis("r1 10 0", "r2 10 0", "r2 10 0"))
    run = await written.run()

    with pytest.raises(RedisStartedAnewError):
        await written.wait(run)

    await written.wait(await written.run())
