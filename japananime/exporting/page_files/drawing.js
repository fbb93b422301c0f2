// A photo of any size into a style: margins, tiles, and the two passes, as the program does it.
//
// style: {multiple, reach, whole}; run: a function that takes a picture through the network; step: called, and waited
// for, after each tile, with the share of all work that is done.

import { crispen, keepTones } from "./finishing.js";
import { cut, nearest, pad, paste, resize } from "./pictures.js";

const MARGIN = 32;
const LEAST_SIDE = 64;
const STEP = 8;
const WIDE_STEP = 16;
const WIDE = 256;
const LARGEST_WHOLE = 640_000; // pixels; beyond it goes in tiles
const LARGEST_TILE = 640; // pixels a side, beside what tiles overlap
const MOST_OBLONG = 1.1;
const SHYEST = 1080;
const LEAST = 256;
const ENLARGED = 2;
const SMALL = 0.73;

export function drawnAt(boldness) {
  return nearest(SHYEST * (LEAST / SHYEST) ** boldness);
}

export async function draw(photo, style, boldness, run, step) {
  const { width, height } = photo;
  if (style.whole && Math.max(width, height) <= MOST_OBLONG * Math.min(width, height)) {
    const square = resize(photo, style.whole, style.whole);
    return resize(await inTiles(square, style, 0, run, step), width, height);
  }
  const side = Math.min(width, height);
  const scale = Math.min(1, drawnAt(boldness) / side);
  if (side < SMALL * drawnAt(boldness)) return inTiles(photo, style, MARGIN, run, step);
  const small = scale < 1 ? resize(photo, nearest(width * scale), nearest(height * scale)) : photo;
  const [wide, tall] = [ENLARGED * small.width, ENLARGED * small.height];
  const area = small.width * small.height;
  const share = area / (area + (scale < 1 ? width * height : wide * tall));
  const first = await inTiles(small, style, MARGIN, run, (done) => step(done * share));
  const crisp = crispen(scale < 1 && height < tall ? resize(first, width, height) : resize(first, wide, tall));
  const given = scale < 1 ? resize(crisp, width, height) : crisp;
  const second = await inTiles(given, style, MARGIN, run, (done) => step(share + done * (1 - share)));
  return keepTones(resize(second, width, height), [first, small]);
}

async function inTiles(photo, style, margin, run, step) {
  const { multiple } = style;
  const halo = Math.ceil(style.reach / multiple) * multiple;
  const widthStep = multiple * (photo.width > WIDE * multiple ? WIDE_STEP : STEP);
  const [top, bottom] = margins(photo.height, multiple, margin);
  const [left, right] = margins(photo.width, widthStep, margin);
  const padded = pad(photo, top, bottom, left, right);
  const whole = padded.width * padded.height <= LARGEST_WHOLE;
  const most = Math.max(LARGEST_TILE + 2 * halo, 4 * halo);
  const window = whole ? Math.max(padded.width, padded.height) : most - (most % (STEP * multiple));
  const rows = spans(padded.height, window, halo, multiple);
  const columns = spans(padded.width, window, halo, STEP * multiple);
  const made = { ...padded, rgb: new Uint8Array(padded.rgb.length) };
  let done = 0;
  for (const row of rows) {
    for (const column of columns) {
      const drawn = await run(cut(padded, row.start, column.start, row.size, column.size));
      const [tall, wide] = [row.end - row.begin, column.end - column.begin];
      paste(made, row.begin, column.begin, drawn, row.begin - row.start, column.begin - column.start, tall, wide);
      await step(++done / (rows.length * columns.length));
    }
  }
  return cut(made, top, left, photo.height, photo.width);
}

function margins(side, step, margin) {
  const wanted = Math.max(side + 2 * margin, LEAST_SIDE);
  const extra = Math.ceil(wanted / step) * step - side;
  return [Math.floor(extra / 2), extra - Math.floor(extra / 2)];
}

// Windows of one size that cover a side; each is kept from `begin` to `end`, a halo away from its own ends.
function spans(length, largest, halo, step) {
  if (length <= largest) return [{ start: 0, size: length, begin: 0, end: length }];
  const count = Math.ceil((length - 2 * halo) / (largest - 2 * halo));
  const size = Math.ceil((length + 2 * halo * (count - 1)) / (count * step)) * step;
  const starts = Array.from({ length: count - 1 }, (_, number) => number * (size - 2 * halo));
  starts.push(length - size);
  const cuts = [0, ...starts.slice(1).map((start, i) => Math.floor((starts[i] + size + start) / 2)), length];
  return starts.map((start, number) => ({ start, size, begin: cuts[number], end: cuts[number + 1] }));
}
