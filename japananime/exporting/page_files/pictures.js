// Arithmetic on pictures {width, height, rgb}: bytes, rows from the top, three a pixel. Copies what the program does.

const BITS = 22; // of the fractions that Pillow resizes with

export function fromRgba(rgba, width, height) {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from];
    rgb[to++] = rgba[from + 1];
    rgb[to++] = rgba[from + 2];
  }
  return { width, height, rgb };
}

export function toRgba({ width, height, rgb }) {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let from = 0, to = 0; from < rgb.length; to += 4) {
    rgba[to] = rgb[from++];
    rgba[to + 1] = rgb[from++];
    rgba[to + 2] = rgb[from++];
    rgba[to + 3] = 255;
  }
  return rgba;
}

// To the nearest whole number, halves to the even one, as Python rounds.
export function nearest(value) {
  const below = Math.floor(value);
  const over = value - below;
  return over > 0.5 || (over === 0.5 && below % 2) ? below + 1 : below;
}

function cubic(x) {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

// For each new pixel of a side: where the old ones that it is made of begin, and the share of each.
function shares(before, after) {
  const scale = before / after;
  const spread = Math.max(scale, 1);
  const support = 2 * spread;
  return Array.from({ length: after }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(before, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: end - start }, (_, i) => cubic((i + start - centre + 0.5) / spread));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { start, weights: Int32Array.from(weights, (weight) => Math.round((weight / total) * 2 ** BITS)) };
  });
}

// One side resized; `stride` is between neighbours along it, `lines` are where the lines across it begin.
function along(source, target, parts, stride, lineCount, lineStrideFrom, lineStrideTo) {
  for (let line = 0; line < lineCount; line++) {
    parts.forEach(({ start, weights }, place) => {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 1 << (BITS - 1);
        let at = line * lineStrideFrom + start * stride + channel;
        for (let i = 0; i < weights.length; i++, at += stride) sum += source[at] * weights[i];
        const level = sum >> BITS;
        target[line * lineStrideTo + place * stride + channel] = level < 0 ? 0 : level > 255 ? 255 : level;
      }
    });
  }
}

// Bicubic, with the same roundings as Pillow: across first, then down.
export function resize(picture, width, height) {
  let { rgb } = picture;
  if (width !== picture.width) {
    const across = new Uint8Array(width * picture.height * 3);
    along(rgb, across, shares(picture.width, width), 3, picture.height, picture.width * 3, width * 3);
    rgb = across;
  }
  if (height !== picture.height) {
    const down = new Uint8Array(width * height * 3);
    along(rgb, down, shares(picture.height, height), width * 3, width, 3, 3);
    rgb = down;
  }
  return { width, height, rgb };
}

// Continued by reflection (the border itself is not repeated).
export function pad(picture, top, bottom, left, right) {
  const width = picture.width + left + right;
  const height = picture.height + top + bottom;
  const rgb = new Uint8Array(width * height * 3);
  const columns = Int32Array.from({ length: width }, (_, column) => mirror(column - left, picture.width) * 3);
  for (let row = 0, to = 0; row < height; row++) {
    const begin = mirror(row - top, picture.height) * picture.width * 3;
    for (let column = 0; column < width; column++) {
      const from = begin + columns[column];
      rgb[to++] = picture.rgb[from];
      rgb[to++] = picture.rgb[from + 1];
      rgb[to++] = picture.rgb[from + 2];
    }
  }
  return { width, height, rgb };
}

function mirror(place, length) {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((place % period) + period) % period;
  return within < length ? within : period - within;
}

export function cut(picture, top, left, height, width) {
  const rgb = new Uint8Array(width * height * 3);
  paste({ width, height, rgb }, 0, 0, picture, top, left, height, width);
  return { width, height, rgb };
}

export function paste(target, top, left, source, sourceTop, sourceLeft, height, width) {
  for (let row = 0; row < height; row++) {
    const from = ((sourceTop + row) * source.width + sourceLeft) * 3;
    target.rgb.set(source.rgb.subarray(from, from + width * 3), ((top + row) * target.width + left) * 3);
  }
}

// Strength 0 gives the photo, 1 the picture.
export function blend(photo, picture, strength) {
  if (strength === 1) return picture;
  const mixed = new Uint8ClampedArray(photo.length);
  for (let i = 0; i < photo.length; i++) mixed[i] = photo[i] + strength * (picture[i] - photo[i]);
  return mixed;
}
