"""Where faces are, as a picture beside the photo."""

import numpy as np

from japananime.faces import face_masks


def test_marks_fall_from_a_face_to_nothing():
    marks = face_masks.mark(np.array([[10.0, 20.0, 8.0, 0.9]]), 48, 40)
    assert marks.shape == (48, 40, 3) and marks.dtype == np.uint8
    assert (marks == marks[..., :1]).all()
    # Its middle is (14, 24) and its radius 4: pixels are taken at their middles.
    assert marks[24, 14, 0] == 255 and marks[24, 17, 0] == 255
    away = np.hypot(4.5, 0.5) / 4
    assert marks[24, 18, 0] == round(255 * (1.5 - away) / 0.5)
    assert marks[24, 20, 0] == 0 and marks[0, 0, 0] == 0


def test_of_two_faces_the_stronger_mark_holds_and_none_marks_nothing():
    boxes = np.array([[0.0, 0.0, 8.0], [6.0, 0.0, 8.0]])
    one, two = (face_masks.mark(boxes[[number]], 8, 16) for number in (0, 1))
    np.testing.assert_array_equal(face_masks.mark(boxes, 8, 16), np.maximum(one, two))
    assert not face_masks.mark(np.zeros((0, 8)), 8, 16).any()


def test_a_photo_is_looked_at_once(monkeypatch):
    monkeypatch.setattr(face_masks, "_found", {})
    looks = []
    monkeypatch.setattr(face_masks, "_detector", lambda: lambda rgb: looks.append(rgb.shape) or np.zeros((0, 8)))
    photo = np.full((12, 16, 3), 7, np.uint8)
    assert not face_masks.find(photo).any()
    face_masks.draw(photo)
    face_masks.find(photo.reshape(16, 12, 3))
    assert looks == [(12, 16, 3), (16, 12, 3)]


def test_find_asks_the_detector_for_photos(monkeypatch):
    monkeypatch.setattr(face_masks, "_found", {})
    monkeypatch.setattr(face_masks, "_detector", lambda: lambda picture: np.array([[2.0, 3.0, 4.0, 1.0]]))
    np.testing.assert_array_equal(
        face_masks.find(np.zeros((12, 16, 3), np.uint8)), face_masks.mark(np.array([[2.0, 3.0, 4.0]]), 12, 16)
    )


def test_small_faces_are_drawn_large_and_put_back():
    shapes = []

    def drawn(picture):
        shapes.append(picture.shape)
        return np.full_like(picture, 200 if len(shapes) > 1 else 50)

    photo = np.zeros((120, 160, 3), np.uint8)
    made = face_masks.draw_finer(photo, np.array([[60.0, 40.0, 40.0, 0.9]]), drawn)
    # The face with 0.3 of its size on every side is shown at 240 * 1.6 pixels.
    assert shapes == [(120, 160, 3), (384, 384, 3)]
    assert made.shape == photo.shape
    assert (made[50:70, 70:90] == 200).all()
    assert (made[:28] == 50).all() and (made[:, :48] == 50).all() and (made[:, 112:] == 50).all()


def test_large_faces_need_no_enlarging():
    shapes = []
    face_masks.draw_finer(
        np.zeros((300, 300, 3), np.uint8),
        np.array([[10.0, 10.0, 240.0, 0.9]]),
        lambda picture: shapes.append(picture.shape) or picture,
    )
    assert shapes == [(300, 300, 3)]
