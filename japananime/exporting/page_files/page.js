// What the person sees and does; the drawing itself happens in worker.js.

import { decode, take } from "./photos.js";
import { blend } from "./pictures.js";

const $ = (id) => document.getElementById(id);
const wanted = new URLSearchParams(location.search).get("engine");
const engine = ["webgpu", "wasm"].includes(wanted) ? wanted : "auto";
const worker = new Worker("./worker.js", { type: "module" });
let styles = [];
let photo = null;
let made = null;
let name = "photo";
let number = 0;
let started = 0;

const say = (text) => { $("status").textContent = text; };
const style = () => styles.find((each) => each.name === document.querySelector("#styles :checked")?.value);

async function listStyles() {
  styles = await (await fetch("./styles/styles.json")).json();
  $("styles").replaceChildren(...styles.map((each, place) => {
    const label = document.createElement("label");
    const choice = Object.assign(document.createElement("input"), { type: "radio", name: "style", value: each.name, checked: !place });
    choice.onchange = drawAgain;
    label.append(choice);
    if (each.preview) label.append(Object.assign(new Image(), { src: `./styles/${encodeURIComponent(each.preview)}`, alt: "" }));
    label.append(each.name);
    return label;
  }));
  $("words").textContent = style().words;
}

function show(canvas, pixels) {
  canvas.width = photo.width;
  canvas.height = photo.height;
  canvas.hidden = false;
  canvas.getContext("2d").putImageData(new ImageData(pixels, photo.width, photo.height), 0, 0);
}

function accept(given, title) {
  photo = given;
  name = title || "photo";
  made = null;
  show($("before"), photo.pixels);
  $("after").hidden = true;
  $("stage").classList.remove("empty");
  $("invitation").hidden = true;
  $("another").disabled = false;
  $("compare").value = 0;
  drawAgain();
}

async function open(file) {
  if (!file) return;
  try {
    accept(await decode(file), file.name?.replace(/\.\w+$/, ""));
  } catch (error) {
    say(error.message);
  }
}

function drawAgain() {
  $("words").textContent = style()?.words ?? "";
  if (!photo || !style()) return;
  started = performance.now();
  $("save").disabled = true;
  $("progress").hidden = false;
  $("progress").removeAttribute("value");
  say(`Drawing ${photo.width} × ${photo.height} in ${style().name} …`);
  const { pixels, width, height } = photo;
  worker.postMessage({ number: ++number, pixels, width, height, style: style(), boldness: Number($("boldness").value), engine });
}

worker.onmessage = ({ data }) => {
  if (data.number !== number) return;
  if (data.kind === "progress") {
    $("progress").value = data.share;
    return;
  }
  $("progress").hidden = true;
  if (data.kind === "failed") {
    say(`It could not be drawn: ${data.reason}`);
    return;
  }
  made = data.pixels;
  finish();
  $("save").disabled = false;
  const how = data.engine === "webgpu" ? "on the graphics chip (WebGPU)" : `on the processor (${data.threads} thread${data.threads > 1 ? "s" : ""})`;
  say(`${photo.width} × ${photo.height} in ${((performance.now() - started) / 1000).toFixed(1)} s ${how}. Drag over the picture to compare.`);
};
worker.onerror = () => say("The drawing could not start; the page must come from a web server, and the browser be a recent one.");

function finish() {
  $("strength-shown").textContent = `${$("strength").value} %`;
  if (!made) return;
  show($("after"), blend(photo.pixels, made, Number($("strength").value) / 100));
  compare();
}

// Lays the slider and the line exactly over the picture.
function compare() {
  const box = $("after").hidden ? null : $("after");
  $("compare").hidden = $("divider").hidden = !box;
  const share = box ? Number($("compare").value) : 100;
  $("before").style.setProperty("--shown", `${share}%`);
  if (!box) return;
  const { offsetLeft: left, offsetTop: top, offsetWidth: width, offsetHeight: height } = box;
  Object.assign($("compare").style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  Object.assign($("divider").style, { left: `${left + (width * share) / 100 - 1}px`, top: `${top}px`, height: `${height}px` });
}

async function save() {
  const kind = $("kind").value;
  const blob = await new Promise((resolve) => $("after").toBlob(resolve, kind, 0.95));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}-${style().name}.${kind === "image/png" ? "png" : "jpg"}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function shoot() {
  // Without a secure address a browser hands out no camera, but a phone's own camera program can be asked for a photo.
  if (!navigator.mediaDevices) return $("phone-camera").click();
  try {
    const taken = await take($("shutter"), $("video"), $("shoot"), $("leave"));
    if (taken) accept(taken, "photo");
  } catch (error) {
    say(`The camera cannot be used: ${error.message}`);
  }
}

for (const id of ["file", "phone-camera"]) {
  $(id).onchange = ({ target }) => { open(target.files[0]); target.value = ""; };
}
$("camera").onclick = shoot;
$("another").onclick = () => {
  number += 1;
  photo = made = null;
  for (const id of ["before", "after", "compare", "divider", "progress"]) $(id).hidden = true;
  $("stage").classList.add("empty");
  $("invitation").hidden = false;
  $("save").disabled = $("another").disabled = true;
  say("Choose a photo to begin.");
  $("file").focus();
};
$("save").onclick = save;
$("strength").oninput = finish;
$("compare").oninput = compare;
$("boldness").oninput = () => { $("boldness-shown").textContent = $("boldness").value; };
$("boldness").onchange = drawAgain;
new ResizeObserver(compare).observe($("stage"));
addEventListener("paste", ({ clipboardData }) => open([...clipboardData.files].find((file) => file.type.startsWith("image/"))));
addEventListener("dragover", (event) => { event.preventDefault(); $("stage").classList.add("over"); });
addEventListener("dragleave", () => $("stage").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  $("stage").classList.remove("over");
  open(event.dataTransfer.files[0]);
});

listStyles().then(drawAgain, () => say("The styles could not be loaded; the page must come from a web server."));
