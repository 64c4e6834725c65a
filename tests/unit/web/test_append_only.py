"""When what Redis answered is written down (web.append_only)."""

from web.append_only import Goal, Written


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
    """Tells one pair of sizes after the other."""

    def __init__(self, *told):
        self.told = list(told)

    def register_script(self, _):
        async def sizes():
            return self.told.pop(0)

        return sizes


async def test_looking_ends_when_all_is_written():
    redis = Redis((10, 5), (15, 7), "never asked")

    await Written(redis).wait()

    assert redis.told == ["never asked"]


async def test_without_such_a_file_nobody_waits():
    await Written(Redis((0, 0))).wait()
