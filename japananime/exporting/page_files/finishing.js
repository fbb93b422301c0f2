// What goes between the two passes and after them, as the program does it: crisp edges, and the tones of others.

import { nearest, resize } from "./pictures.js";

const TIMES = 2;
const SHARE = 0.5;
const BLURS = 3;
const SIDE = 64;
const BLUR = 4;
const ALIKE = 100;

// Soft edges made crisp: each pixel moves towards the lightest or the darkest around it.
export function crispen({ width, height, rgb }) {
  let part = Float32Array.from(rgb);
  for (let time = 0; time < TIMES; time++) {
    const side = lightSide(part, width, height);
    const [light, dark] = [extreme(part, width, height, Math.max), extreme(part, width, height, Math.min)];
    part = part.map((value, at) => {
      const share = side[Math.floor(at / 3)];
      return value + SHARE * (share > 0 ? share * (light[at] - value) : -share * (dark[at] - value));
    });
  }
  return { width, height, rgb: Uint8Array.from(part, nearest) };
}

// How surely each place is on the light side of an edge, 1, or on the dark one, -1.
function lightSide(part, width, height) {
  let light = new Float32Array(width * height);
  light = light.map((_, at) => 0.299 * part[3 * at] + 0.587 * part[3 * at + 1] + 0.114 * part[3 * at + 2]);
  const filtered = (field, down, weights) =>
    field.map((value, at) => {
      const [before, after] = neighbours(at, width, height, 1, down);
      return weights[0] * field[before] + weights[1] * value + weights[2] * field[after];
    });
  for (let time = 0; time < BLURS; time++) {
    light = filtered(filtered(light, true, [0.25, 0.5, 0.25]), false, [0.25, 0.5, 0.25]);
  }
  const slope = (field, down) => filtered(field, down, [-0.5, 0, 0.5]);
  const [down, right] = [slope(light, true), slope(light, false)];
  const [downDown, downRight, rightRight] = [slope(down, true), slope(down, false), slope(right, false)];
  return light.map((_, at) => {
    const bend = down[at] ** 2 * downDown[at] + 2 * down[at] * right[at] * downRight[at] + right[at] ** 2 * rightRight[at];
    return Math.min(1, Math.max(-1, -bend / (down[at] ** 2 + right[at] ** 2 + 1e-3)));
  });
}

function extreme(part, width, height, which) {
  for (const down of [true, false]) {
    const before = part;
    part = part.map((value, at) => {
      const [one, other] = neighbours(at, width, height, 3, down);
      return which(value, before[one], before[other]);
    });
  }
  return part;
}

// Where the values before and after one lie; at the border its own.
function neighbours(at, width, height, channels, down) {
  const row = width * channels;
  if (down) return [at < row ? at : at - row, at >= row * (height - 1) ? at : at + row];
  const column = at % row;
  return [column < channels ? at : at - channels, column >= row - channels ? at : at + channels];
}

// A picture as light and as coloured in its broad parts as others are on average.
export function keepTones(picture, others) {
  const { width, height } = picture;
  const scale = Math.min(1, SIDE / Math.min(width, height));
  const [wide, tall] = [Math.max(1, nearest(width * scale)), Math.max(1, nearest(height * scale))];
  const seen = others.map((other) => resize(other, wide, tall).rgb);
  const found = Float64Array.from(resize(picture, wide, tall).rgb);
  const wanted = found.map((_, at) => seen.reduce((sum, other) => sum + other[at], 0) / seen.length);
  const [factor, offset] = lines(found, wanted, wide, tall).map((field) => mixed(field, tall, wide, 3, between(wide, width)));
  const row = width * 3;
  const rgb = new Uint8ClampedArray(height * row);
  between(tall, height).forEach(({ start, weights }, number) => {
    for (let at = 0, to = number * row; at < row; at++, to++) {
      let [steep, over] = [0, 0];
      for (let i = 0, from = start * row + at; i < weights.length; i++, from += row) {
        steep += weights[i] * factor[from];
        over += weights[i] * offset[from];
      }
      rgb[to] = steep * picture.rgb[to] + over; // a clamped array rounds halves to the even number
    }
  });
  return { width, height, rgb: new Uint8Array(rgb.buffer) };
}

// Around each place: the factor and the offset that turn what is found into what is wanted.
function lines(found, wanted, wide, tall) {
  const spread = Math.max((BLUR * Math.min(wide, tall)) / SIDE, 1e-3);
  const [down, across] = [bell(tall, spread), bell(wide, spread)];
  const blurred = (field) => mixed(mixed(field, 1, tall, wide * 3, down), tall, wide, 3, across);
  const change = found.map((value, at) => wanted[at] - value);
  const [mean, meanChange] = [blurred(found), blurred(change)];
  const both = blurred(found.map((value, at) => value * change[at]));
  const squares = blurred(found.map((value) => value * value));
  const slope = mean.map((value, at) => (both[at] - value * meanChange[at]) / (squares[at] - value * value + ALIKE));
  return [blurred(slope).map((value) => 1 + value), blurred(mean.map((value, at) => meanChange[at] - slope[at] * value))];
}

// Sums of a field (lines, length, size) along its middle side, as parts say: [{start, weights}] for each new place.
function mixed(field, lines, length, size, parts) {
  const made = new Float64Array(lines * parts.length * size);
  for (let line = 0; line < lines; line++) {
    parts.forEach(({ start, weights }, place) => {
      const to = (line * parts.length + place) * size;
      weights.forEach((weight, i) => {
        const from = (line * length + start + i) * size;
        for (let at = 0; at < size; at++) made[to + at] += weight * field[from + at];
      });
    });
  }
  return made;
}

function bell(length, spread) {
  const places = Array.from({ length }, (_, place) => place);
  return places.map((centre) => {
    const weights = places.map((place) => Math.exp(-(((place - centre) / spread) ** 2) / 2));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { start: 0, weights: weights.map((weight) => weight / total) };
  });
}

// Where the middles of many pixels lie among those of few, over the same length.
function between(few, many) {
  return Array.from({ length: many }, (_, place) => {
    const at = Math.min(Math.max(((place + 0.5) * few) / many - 0.5, 0), few - 1);
    const start = Math.min(Math.floor(at), Math.max(few - 2, 0));
    return few === 1 ? { start, weights: [1] } : { start, weights: [1 - (at - start), at - start] };
  });
}
