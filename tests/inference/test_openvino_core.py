"""Signals after networks have come and gone."""

import subprocess
import sys

PROGRAM = """\
import faulthandler, gc, os, signal
import numpy as np
from japananime.inference.openvino_backend import OpenVinoNetwork
from japananime.styles import folder

faulthandler.enable()  # signals get a stack of their own, as under pytest
style = folder.find("cel")
networks = [OpenVinoNetwork(style.graph(), style.weights, "float32") for _ in range(2)]
for network in networks:
    network.whole(np.zeros((1, 64, 64, 3), np.uint8))
del network
while networks:
    networks.pop(0)
    gc.collect()
signal.signal(signal.SIGTERM, lambda number, frame: print("caught", number, flush=True))
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_finds_its_stack_after_two_networks_have_gone_in_the_order_they_came():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout) == (0, "caught 15\n"), ended.stderr
