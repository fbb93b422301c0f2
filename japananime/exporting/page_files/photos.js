// Photos from files and from the camera, as {pixels, width, height} of RGBA bytes, laid on white.

const MOST_PIXELS = 40_000_000;

export async function decode(file) {
  let image;
  try {
    image = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  } catch {
    throw new Error(`${file.name || "What was given"} is no picture that this browser can read.`);
  }
  const { width, height } = image;
  if (width * height > MOST_PIXELS) {
    image.close();
    throw new Error(`The photo has ${Math.round(width * height / 1e6)} megapixels; up to ${MOST_PIXELS / 1e6} can be drawn here.`);
  }
  return rasterise(image, width, height);
}

function rasterise(source, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0);
  source.close?.();
  return { pixels: context.getImageData(0, 0, width, height).data, width, height };
}

// Shows a dialog with the camera's picture; a photo, or null where the person thinks better of it.
export async function take(dialog, video, shoot, leave) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
  });
  video.srcObject = stream;
  shoot.disabled = true;
  dialog.showModal();
  try {
    const taken = await new Promise((resolve, reject) => {
      video.play().then(() => { shoot.disabled = false; }, reject);
      shoot.onclick = () => resolve(true);
      leave.onclick = () => resolve(false);
      dialog.oncancel = () => resolve(false);
    });
    return taken && video.videoWidth ? rasterise(video, video.videoWidth, video.videoHeight) : null;
  } finally {
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
    dialog.close();
  }
}
