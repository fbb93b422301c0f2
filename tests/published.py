"""The programs as published, slow and plain: what the tools agree with. Also timed by benchmarks/dataset_tools.py."""

import cv2
import numpy as np


def key_frames(film, folder, window=100, alpha=None):
    """Decode a film with every score in memory, pick, decode it again and write: the numbers picked, from 1 on."""
    scores, before = [], None
    for now in _decoded(film):
        before = now if before is None else before
        scores.append(_score(before, now))
        before = now
    if alpha is not None:
        scores = _smoothed(scores, alpha)
    picked = pick(scores, window)
    left = set(picked)
    for number, picture in enumerate(_decoded(film), start=1):
        if number in left:
            cv2.imwrite(str(folder / f"{number}.jpg"), picture)
            left.remove(number)
        if not left:
            break
    return picked


def pick(scores, window):
    """Numbers, from 1 on, of the scores that are the highest of the window around them, after standardising."""
    scores = (np.array(scores) - np.mean(scores)) / np.std(scores)
    picked = []
    for index, score in enumerate(scores):
        low = max(0, index - window // 2)
        high = min(len(scores) - 1, index + window // 2)
        if score >= max(scores[low:high]):
            picked.append(index + 1)
    return picked


def smooth(rgb):
    """Edge smoothing, pixel by pixel and channel by channel."""
    edges = cv2.dilate(cv2.Canny(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), 100, 200), np.ones((5, 5), np.uint8))
    line = cv2.getGaussianKernel(5, 0)
    kernel = line @ line.T
    padded = np.pad(rgb, ((2, 2), (2, 2), (0, 0)), mode="reflect")
    smoothed = rgb.copy()
    for y, x in zip(*np.nonzero(edges), strict=True):
        for channel in range(3):
            smoothed[y, x, channel] = np.sum(kernel * padded[y : y + 5, x : x + 5, channel])
    return smoothed


def _decoded(film):
    capture = cv2.VideoCapture(str(film))
    while True:
        success, picture = capture.read()
        if not success:
            break
        yield picture
    capture.release()


def _score(before, now):
    before, now = (cv2.GaussianBlur(cv2.cvtColor(one, cv2.COLOR_BGR2GRAY), (3, 3), 0) for one in (before, now))
    _, changed = cv2.threshold(cv2.absdiff(before, now), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.sum(np.sum(changed))


def _smoothed(scores, alpha):
    smoothed = [scores[0]]
    for index in range(1, len(scores)):
        smoothed.append(alpha * scores[index - 1] + (1 - alpha) * smoothed[index - 1])
    return smoothed
