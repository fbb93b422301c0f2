"""What work says while it is done, for whoever shows it step by step."""

import contextvars
import queue
from concurrent.futures import ThreadPoolExecutor

END = object()


def streamed(work, stop=lambda: None):
    """Do `work(say)` in a thread of its own; yield all that it says, as it says it, and return what it returns.

    stop: called where nobody listens any more, so that the work may end early; its end is waited for.
    The thread sees the context variables of the caller, by which Gradio knows whose progress it is.
    """
    said: queue.SimpleQueue = queue.SimpleQueue()

    def do():
        try:
            return work(said.put)
        finally:
            said.put(END)

    with ThreadPoolExecutor(1, "work") as pool:
        done = pool.submit(contextvars.copy_context().run, do)
        try:
            while (item := said.get()) is not END:
                yield item
        except GeneratorExit:
            stop()
            raise
        return done.result()
