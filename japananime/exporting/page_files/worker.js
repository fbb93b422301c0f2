// Runs the styles beside the page, so that the page stays quick: on WebGPU where there is, else on WebAssembly.

import { draw } from "./drawing.js";
import { fromRgba, toRgba } from "./pictures.js";

const RUNTIME = new URL("./runtime/", import.meta.url).href;
const engines = { webgpu: "ort.webgpu.min.mjs", wasm: "ort.wasm.min.mjs" };
const sessions = new Map();
let newest = 0;
let loaded;

class Superseded extends Error {}

async function load(wanted) {
  const adapter = wanted !== "wasm" && navigator.gpu ? await navigator.gpu.requestAdapter().catch(() => null) : null;
  const engine = adapter ? "webgpu" : "wasm";
  const runtime = await import(RUNTIME + engines[engine]);
  runtime.env.wasm.wasmPaths = RUNTIME;
  // Threads need memory that is shared, which browsers give to pages that are isolated from others.
  const threads = self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 1, 8) : 1;
  runtime.env.wasm.numThreads = threads;
  return { runtime, engine, threads };
}

async function open(style, wanted) {
  loaded ??= load(wanted);
  const { runtime, engine } = await loaded;
  const file = new URL(`./styles/${encodeURIComponent(style.file)}`, import.meta.url).href;
  if (!sessions.has(file)) {
    sessions.set(file, runtime.InferenceSession.create(file, { executionProviders: [engine] }));
  }
  try {
    return await sessions.get(file);
  } catch (error) {
    sessions.delete(file);
    throw error;
  }
}

async function through(session, picture) {
  const { runtime } = await loaded;
  const signed = Float32Array.from(picture.rgb, (level) => level / 127.5 - 1);
  const photo = new runtime.Tensor("float32", signed, [1, picture.height, picture.width, 3]);
  const outputs = await session.run({ photo });
  const values = await outputs.picture.getData();
  const levels = new Uint8ClampedArray(values.length); // rounds and clips
  for (let i = 0; i < values.length; i++) levels[i] = (values[i] + 1) * 127.5;
  photo.dispose();
  outputs.picture.dispose();
  return { ...picture, rgb: levels };
}

async function make(order) {
  const step = async (share) => {
    postMessage({ kind: "progress", number: order.number, share });
    await new Promise((resolve) => setTimeout(resolve)); // lets a newer order in
    if (order.number !== newest) throw new Superseded();
  };
  const photo = fromRgba(order.pixels, order.width, order.height);
  const session = await open(order.style, order.engine);
  await step(0);
  const made = await draw(photo, order.style, order.boldness, (tile) => through(session, tile), step);
  const { engine, threads } = await loaded;
  const pixels = toRgba(made);
  postMessage({ kind: "made", number: order.number, pixels, engine, threads }, [pixels.buffer]);
}

async function attempt(order) {
  try {
    await make(order);
  } catch (error) {
    if (error instanceof Superseded) return;
    const { engine } = (await loaded?.catch(() => null)) ?? {};
    if (engine === "webgpu" && order.engine === "auto") {
      // A chip that cannot do it after all: what remains is slower and works everywhere.
      sessions.clear();
      loaded = load("wasm");
      await attempt({ ...order, engine: "wasm" });
    } else {
      postMessage({ kind: "failed", number: order.number, reason: String(error?.message ?? error) });
    }
  }
}

// One after the other: a session takes one picture at a time.
let queue = Promise.resolve();
onmessage = ({ data }) => {
  newest = data.number;
  queue = queue.then(() => (data.number === newest ? attempt(data) : undefined));
};
