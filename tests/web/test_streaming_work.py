"""What work says step by step, and how it ends."""

import contextvars
import threading

import pytest

from japananime.web.streaming_work import streamed

WHOSE = contextvars.ContextVar("whose", default="nobody")


def drained(steps):
    """(all that is said, what is returned)."""
    said = []
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            return said, end.value


def test_all_is_heard_in_order_and_the_result_comes_last():
    def work(say):
        for number in range(5):
            say(number)
        say(WHOSE.get())
        return threading.current_thread().name

    WHOSE.set("a visitor's")
    said, result = drained(streamed(work))
    assert said == [0, 1, 2, 3, 4, "a visitor's"]
    assert result.startswith("work")


def test_it_is_heard_while_the_work_goes_on():
    goes_on = threading.Event()

    def work(say):
        say("begun")
        assert goes_on.wait(60)
        return "done"

    steps = streamed(work)
    assert next(steps) == "begun"
    goes_on.set()
    assert drained(steps) == ([], "done")


def test_an_error_is_the_callers():
    def work(say):
        say(1)
        raise ValueError("wrong")

    steps = streamed(work)
    assert next(steps) == 1
    with pytest.raises(ValueError, match="wrong"):
        next(steps)


def test_where_nobody_listens_any_more_the_work_is_told_and_waited_for():
    enough, ended = threading.Event(), []

    def work(say):
        say("begun")
        assert enough.wait(60)
        ended.append(True)

    steps = streamed(work, enough.set)
    next(steps)
    steps.close()
    assert ended == [True]
