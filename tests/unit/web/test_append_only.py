"""When what Redis answered is written down (web.append_only)."""

from web.append_only import Goal, when_written


def test_nothing_waits_so_all_is_written():
    assert Goal().is_reached(n_written=100, n_waiting=0)


def test_what_waits_is_waited_for_and_not_what_came_later():
    goal = Goal()

    looks = [goal.is_reached(100, 20), goal.is_reached(100, 50), goal.is_reached(150, 30)]

    assert looks == [False, False, True]


def test_a_file_that_was_written_anew_is_shorter():
    goal = Goal()
    goal.is_reached(1000, 20)

    assert not goal.is_reached(300, 5)
    assert goal.is_reached(320, 0)


class Redis:
    def __init__(self, *told):
        self.told = list(told)

    async def info(self, section):
        return self.told.pop(0)


async def test_looking_ends_when_all_is_written():
    redis = Redis(
        {"aof_current_size": 10, "aof_buffer_length": 5},
        {"aof_current_size": 15, "aof_buffer_length": 7},
        {"never": "asked"},
    )

    await when_written(redis)

    assert redis.told == [{"never": "asked"}]


async def test_without_such_a_file_nobody_waits():
    await when_written(Redis({"aof_enabled": 0}))
