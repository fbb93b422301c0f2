"""One place between two threads."""

import threading

from japananime.video.live.mailbox import Mailbox


def test_the_newest_is_fetched_and_the_others_are_counted():
    box = Mailbox()
    assert box.take(0) is None
    for number in range(4):
        box.put(number)
    assert (box.take(0), box.dropped) == (3, 3)
    box.put(4)
    assert (box.take(0), box.dropped) == (4, 3)
    assert box.take(0) is None


def test_what_waits_when_it_is_closed_is_still_fetched():
    box = Mailbox()
    box.put(1)
    box.close()
    assert not box.over
    assert (box.take(60), box.over, box.take(60)) == (1, True, None)


def test_who_waits_is_woken_by_an_item_and_by_the_end():
    box, fetched = Mailbox(), []
    asked = threading.Semaphore(0)

    def fetch():
        while not box.over:
            asked.release()
            fetched.append(box.take(60))

    reader = threading.Thread(target=fetch)
    reader.start()
    asked.acquire()
    box.put("a")
    asked.acquire()
    box.close()
    reader.join(30)
    assert not reader.is_alive()
    assert fetched in (["a", None], ["a"])
