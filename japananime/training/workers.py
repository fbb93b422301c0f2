"""One training on several devices and machines: who takes part, and the few things they do together.

Every worker is a process with one device, a whole copy of the networks, and its part of every batch. It computes the
gradients of its part; their mean over all workers, weighted by the parts, is what the whole batch would have given, and
every worker makes the same update with it. What goes between the workers goes through TensorFlow's own
`tf.distribute.MultiWorkerMirroredStrategy` (NCCL between GPUs, rings of gRPC between CPUs).

The updates are not made under the strategy: Keras 3 does not allow an optimizer's update inside of a condition there,
and a condition is what keeps an update that is not finite away from the weights.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from japananime.base.errors import UserError, reason

# Seconds that workers started here are given to end by themselves, after all went well and after it did not.
LEAVE, LEAVE_IN_TROUBLE = 30.0, 3.0
BLOCK = 4096  # bytes of text in an exchange
# What an exchange ends with where a worker is gone, and what it speaks of where it ends with something else.
GONE = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.DeadlineExceededError)
EXCHANGE = ("ollective", "oordination")


class Part(NamedTuple):
    """Which images of a batch are a worker's: `size` from `first` on, of `whole`."""

    first: int
    size: int
    whole: int


class SingleProcess:
    """A training in one process: the interface of a WorkerGroup, with nobody to agree with."""

    rank, size, on_this_machine = 0, 1, 1

    @property
    def chief(self):
        """Whether this worker is the one that writes and speaks."""
        return self.rank == 0

    def parts(self, batch):
        """How many images of a batch each worker takes: they differ by one at most."""
        if batch < self.size:
            raise UserError(
                f"--batch is {batch} with {self.size} workers; it is the batch of all of them together and must be at "
                f"least {self.size}"
            )
        return [batch // self.size + (rank < batch % self.size) for rank in range(self.size)]

    def part(self, batch):
        """This worker's Part of a batch."""
        parts = self.parts(batch)
        return Part(sum(parts[: self.rank]), parts[self.rank], batch)

    def mean(self, nest, part):
        """A nest of float tensors, each the mean over a worker's part -> the same of means over the whole batch."""
        return nest

    def any(self, *flags):
        """[whether a flag is set on any worker]."""
        return list(flags)

    def follow(self, state, meta):
        """Give all workers the chief's variables and its `meta` (JSON), which is returned."""
        return meta

    def same(self, what):
        """Raise UserError where {name: JSON} is not the same on all workers."""


class WorkerGroup(SingleProcess):
    """This process among several that train together.

    All of them must call the same methods in the same order: each call waits for the others.
    """

    def __init__(self, rank, size, on_this_machine, strategy):
        self.rank, self.size, self.on_this_machine = rank, size, on_this_machine
        self._strategy = strategy
        # Each is for tensors of one shape, or nearly so: outside of a graph an exchange takes several times as long.
        self._sum_flags, self._sum_text, self._sum_state = (
            tf.function(lambda *tensors: self._sum(tensors), autograph=False) for _ in range(3)
        )

    def mean(self, nest, part):
        """See SingleProcess. For the inside of a graph: it adds one exchange to it."""
        share = part.size / part.whole
        tensors = [share * tensor for tensor in tf.nest.flatten(nest)]
        return tf.nest.pack_sequence_as(nest, self._sum(tensors))

    def any(self, *flags):
        """See SingleProcess."""
        (together,) = self._sum_flags(tf.constant(flags, tf.float32))
        return [bool(count) for count in together.numpy()]

    def follow(self, state, meta):
        """See SingleProcess."""
        meta = self._from_chief(meta)
        variables = [variable for thing in state.values() for variable in thing.variables]
        sent = [np.asarray(variable) for variable in variables]
        # Whole numbers go as float64, which every kind of exchange takes and which holds them exactly.
        sent = [value if value.dtype.kind == "f" else value.astype(np.float64) for value in sent]
        if not self.chief:
            sent = [np.zeros_like(value) for value in sent]
        received = self._sum_state(*(tf.constant(value) for value in sent))
        if not self.chief:
            for variable, value in zip(variables, received, strict=True):
                variable.assign(tf.cast(value, variable.dtype))
        return meta

    def same(self, what):
        """See SingleProcess."""
        chiefs = self._from_chief(what)
        different = [name for name in chiefs if chiefs[name] != json.loads(json.dumps(what[name]))]
        if self.any(bool(different))[0]:
            raise UserError(
                f"worker {self.rank} has another {' and '.join(different)} than worker 0: all workers are started with "
                "the same flags and must see the same files"
                if different
                else "another worker has other settings or files than worker 0; it says which"
            )

    def _from_chief(self, value):
        # Blocks of one size, ended by a zero, which JSON never holds.
        text = json.dumps(value).encode() if self.chief else b""
        received = b""
        while b"\0" not in received:
            codes = np.zeros(BLOCK, np.float32)
            block = text[len(received) : len(received) + BLOCK]
            codes[: len(block)] = np.frombuffer(block, np.uint8)
            (codes,) = self._sum_text(tf.constant(codes))
            received += codes.numpy().astype(np.uint8).tobytes()
        return json.loads(received.rstrip(b"\0"))

    def _sum(self, tensors):
        # One exchange takes numbers of one kind.
        kinds: dict = {}
        for place, tensor in enumerate(tensors):
            kinds.setdefault(tensor.dtype, []).append(place)

        def exchange(*tensors):
            context, summed = tf.distribute.get_replica_context(), list(tensors)
            for places in kinds.values():
                # Copied, so that each lies on this replica's device by name, which the exchange asks for.
                copies = [tf.identity(tensors[place]) for place in places]
                for place, total in zip(places, context.all_reduce(tf.distribute.ReduceOp.SUM, copies), strict=True):
                    summed[place] = total
            return summed

        return self._strategy.run(exchange, args=tuple(tensors))


@contextlib.contextmanager
def team(asked=None, command="", arguments=None):
    """Who trains: a SingleProcess or a WorkerGroup, until the end of the `with`.

    asked: None, "auto" (a worker for every GPU of this machine) or a number of workers on this machine. Where
    TF_CONFIG names a cluster, this process is the worker of it that TF_CONFIG says; `asked` may say how many it has.
    command, arguments: the module and its command line (None: this process's), to start other workers with.
    Where a worker is lost, all others end with a UserError.
    """
    cluster = _cluster(asked)
    if cluster is None:
        count = max(1, len(_gpus())) if asked == "auto" else asked or 1
        if count == 1:
            yield SingleProcess()
            return
        addresses = _free_addresses(count)
        cluster = addresses, 0
        arguments = sys.argv[1:] if arguments is None else arguments
        others = _Others([sys.executable, "-m", command, *arguments], addresses)
    else:
        others = None
    patience = LEAVE_IN_TROUBLE
    try:
        formed = _form(*cluster)
        if others:
            others.formed.set()
        yield formed
        formed.any(False)  # nobody leaves while another still needs it
        patience = LEAVE
    except tf.errors.OpError as error:
        if not isinstance(error, GONE) and not any(word in str(error) for word in EXCHANGE):
            raise
        said = others.last_words() if others else f"({_why(error)})"
        raise UserError(
            f"a worker is gone, and the others stop with it {said}; what was saved is kept: start all workers again "
            "with --resume, as many as you like"
        ) from error
    finally:
        if others:
            others.end(patience)


def _why(error):
    """The line of TensorFlow's long error that says what happened between the workers."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return reason(RuntimeError(next((line for line in lines if "aborted by" in line), lines[-1])))


def sharing(parts):
    """[2, 2] -> "global batch 4 = 2 workers × 2"; [2, 1] -> "global batch 3 = 2 + 1 images of 2 workers"."""
    if len(set(parts)) == 1:
        return f"global batch {sum(parts)} = {len(parts)} workers × {parts[0]}"
    return f"global batch {sum(parts)} = {' + '.join(map(str, parts))} images of {len(parts)} workers"


def _cluster(asked):
    """([address of every worker], which one this process is) as TF_CONFIG says, or None where it names no cluster."""
    text = os.environ.get("TF_CONFIG")
    if not text:
        return None
    try:
        config = json.loads(text)
        workers = {kind: list(addresses) for kind, addresses in config.get("cluster", {}).items() if addresses}
        kind, index = config["task"]["type"], int(config["task"]["index"])
        # A chief, where one is named apart, is worker 0.
        addresses = workers.pop("chief", []) + workers.pop("worker", [])
        rank = index + (len(config["cluster"].get("chief", [])) if kind == "worker" else 0)
        if workers or kind not in ("chief", "worker") or not 0 <= rank < len(addresses):
            raise ValueError(f"task {kind} {index} of {json.dumps(config['cluster'])}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            'TF_CONFIG is not understood; it must be like {"cluster": {"worker": ["host1:12345", "host2:12345"]}, '
            f'"task": {{"type": "worker", "index": 0}}}} ({reason(error)})'
        ) from error
    if asked not in (None, "auto", len(addresses)):
        raise UserError(f"--workers is {asked}, and TF_CONFIG names {len(addresses)}")
    return (addresses, rank) if len(addresses) > 1 else None


def _form(addresses, rank):
    """Take one device, and wait until all workers are there."""
    hosts = [address.rsplit(":", 1)[0] for address in addresses]
    here = [other for other, host in enumerate(hosts) if host == hosts[rank]]
    gpus = _gpus()
    if gpus:
        tf.config.set_visible_devices(gpus[here.index(rank) % len(gpus)], "GPU")
    elif len(here) > 1:
        # Each process would use all cores, and they would wait for each other.
        tf.config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 1) // len(here)))
    # The strategy reads a cluster from the environment alone.
    task = {"type": "worker", "index": rank}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
    if rank == 0:
        print(f"waiting for {len(addresses)} workers: {', '.join(addresses)}", flush=True)
    return WorkerGroup(rank, len(addresses), len(here), tf.distribute.MultiWorkerMirroredStrategy())


def _gpus():
    return tf.config.list_physical_devices("GPU")


def _free_addresses(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("localhost", 0))
        return [f"localhost:{one.getsockname()[1]}" for one in sockets]


class _Others:
    """The other workers on this machine: processes that this one, the chief, has started."""

    def __init__(self, command, addresses):
        self.formed = threading.Event()
        self._processes, self._errors = [], []
        for rank in range(1, len(addresses)):
            config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": rank}}
            self._errors.append(tempfile.TemporaryFile())  # noqa: SIM115
            environment = {**os.environ, "TF_CONFIG": json.dumps(config)}
            self._processes.append(
                subprocess.Popen(
                    command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=self._errors[-1],
                )
            )  # fmt: skip
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        # Waiting for the workers to come together cannot be interrupted by an exception.
        while not self.formed.wait(0.5):
            if any(process.poll() is not None for process in self._processes):
                print(f"error: the workers did not come together {self.last_words()}", file=sys.stderr, flush=True)
                self.end(0.0)
                os._exit(2)

    def last_words(self):
        """Which of them have ended, how, and the last line each wrote, in brackets."""
        time.sleep(0.5)  # one that dies closes its connections before it can be asked for its status
        told = []
        for rank, (process, errors) in enumerate(zip(self._processes, self._errors, strict=True), 1):
            if process.poll() is not None:
                errors.seek(0)
                lines = [line for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
                said = [line for line in lines if line.startswith("error: ")] or lines
                # One that was killed has said nothing about it.
                last = f", {said[-1].strip()}" if said and process.returncode > 0 else ""
                told.append(f"worker {rank} ended with status {process.returncode}{last}")
        return f"({'; '.join(told) or 'which one is not known'})"

    def end(self, patience):
        """See that none of them is left: those that do not end in so many seconds are stopped."""
        last = time.monotonic() + patience
        for process in self._processes:
            try:
                process.wait(max(0.1, last - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for errors in self._errors:
            errors.close()
