// A picture of the reader's own: read, shown small, and remembered for this tab by the code that the server gave it.

const LIMIT = 10 * 2 ** 20 * 0.7; // bytes; base64 makes a body a third longer
const SIDE = 240; // pixels of the small one

const part = (id) => document.getElementById(id);

// take: what is done with a file that a reader chooses, drops or pastes
export function watch(take) {
  part("file").addEventListener("change", (event) => {
    take(event.target.files[0]);
    event.target.value = ""; // so that the same one may be chosen again
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    part("drop").classList.add("over");
  });
  document.addEventListener("dragleave", () => part("drop").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    part("drop").classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));
}

export async function readPicture(file) {
  if (!file.type.startsWith("image/")) throw new Error(`${file.name} is no picture.`);
  if (file.size > LIMIT) throw new Error(`${file.name} is larger than ${Math.floor(LIMIT / 2 ** 20)} MB.`);
  const address = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
  return address.slice(address.indexOf(",") + 1);
}

// A small copy as a data URL; null where the browser cannot show such a picture.
export async function smallCopy(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.toDataURL("image/jpeg", 0.8);
}

export function remember(code, name, small) {
  try {
    sessionStorage.setItem(`picture ${code}`, JSON.stringify({ name, small }));
  } catch {
    // no room, or storage is off: the code alone will do
  }
}

export function remembered(code) {
  try {
    return JSON.parse(sessionStorage.getItem(`picture ${code}`));
  } catch {
    return null;
  }
}
