"use strict";

const part = (id) => document.getElementById(id);
const LIMIT = 10 * 2 ** 20 * 0.7; // base64 makes a body a third longer
let newest = 0; // only the answer to the newest question is shown
let answer = null;

async function ask(query, about) {
  const number = ++newest;
  say("Searching…");
  const start = performance.now();
  let found;
  try {
    const response = await fetch("search", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...query, k: 24 }),
    });
    found = await response.json();
    if (!response.ok) throw new Error(found.reason);
  } catch (error) {
    if (number === newest) fail(error.message);
    return;
  }
  if (number !== newest) return;
  answer = found;
  show(found);
  const spent = Math.round(performance.now() - start);
  say(`${found.hits.length} items for ${about}, in ${spent} ms: ${found.encode_milliseconds.toFixed(1)} to encode, ` +
    `${found.search_milliseconds.toFixed(1)} to search`);
}

function say(words) {
  part("status").className = "";
  part("status").textContent = words;
}

function fail(words) {
  part("status").className = "error";
  part("status").textContent = words;
}

function show(found) {
  part("results").replaceChildren(...found.hits.map((hit) => card(hit, found.bits)));
}

function card(hit, bits) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  if (hit.picture) {
    const picture = document.createElement("img");
    picture.src = hit.picture;
    picture.loading = "lazy";
    picture.alt = hit.text ?? "";
    button.append(picture);
  }
  const words = document.createElement("span");
  words.className = "words";
  if (hit.text) words.append(line("text", hit.text));
  words.append(line("distance", distance(hit, bits)), strip(hit, bits), line("name", hit.id));
  button.append(words);
  button.addEventListener("click", () => open(hit, bits));
  item.append(button);
  return item;
}

function line(kind, words) {
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = words;
  return span;
}

function distance(hit, bits) {
  return `${hit.distance} of ${bits} bits differ`;
}

function strip(hit, bits) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "bits");
  svg.setAttribute("viewBox", `0 0 ${bits} 4`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const differs = new Set(hit.differing_bits);
  for (let bit = 0; bit < bits; bit++) {
    const cell = document.createElementNS(space, "rect");
    cell.setAttribute("x", bit + 0.1);
    cell.setAttribute("width", 0.8);
    cell.setAttribute("height", 4);
    if (differs.has(bit)) cell.setAttribute("class", "differs");
    svg.append(cell);
  }
  return svg;
}

function open(hit, bits) {
  const picture = part("detail-picture");
  picture.hidden = !hit.picture;
  if (hit.picture) picture.src = `${hit.picture}&size=full`;
  picture.alt = hit.text ?? `picture ${hit.id}`;
  part("detail-text").textContent = hit.text ?? "";
  part("detail-name").textContent = hit.id;
  part("detail-distance").textContent = distance(hit, bits);
  part("detail-bits").replaceChildren(strip(hit, bits));
  part("detail").returnValue = "";
  part("detail").onclose = () => {
    if (part("detail").returnValue === "similar") ask({ code: codeOf(hit) }, hit.id);
  };
  part("detail").showModal();
}

function codeOf(hit) {
  const bytes = answer.code.match(/../g).map((pair) => parseInt(pair, 16));
  for (const bit of hit.differing_bits) bytes[bit >> 3] ^= 128 >> (bit & 7);
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function askPicture(file) {
  if (!file) return;
  if (!file.type.startsWith("image/")) return fail(`${file.name} is no picture`);
  if (file.size > LIMIT) return fail(`${file.name} is larger than ${Math.floor(LIMIT / 2 ** 20)} MB`);
  const reader = new FileReader();
  reader.onload = () => {
    const preview = part("preview");
    URL.revokeObjectURL(preview.src);
    preview.src = URL.createObjectURL(file);
    preview.alt = `the picture searched with, ${file.name}`;
    preview.hidden = false;
    part("text").value = "";
    ask({ image: reader.result.slice(reader.result.indexOf(",") + 1) }, file.name);
  };
  reader.onerror = () => fail(`${file.name} cannot be read`);
  reader.readAsDataURL(file);
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  part("theme").textContent = name === "dark" ? "Light" : "Dark";
  part("theme").setAttribute("aria-label", `Use ${name === "dark" ? "light" : "dark"} colours`);
}

part("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = part("text").value.trim();
  if (!text) return fail("Type some words, or choose a picture");
  part("preview").hidden = true;
  ask({ text }, `“${text}”`);
});
part("file").addEventListener("change", (event) => askPicture(event.target.files[0]));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  part("drop").classList.add("over");
});
document.addEventListener("dragleave", () => part("drop").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  part("drop").classList.remove("over");
  askPicture(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => askPicture(event.clipboardData.files[0]));

const dark = matchMedia("(prefers-color-scheme: dark)");
theme(localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light"));
dark.addEventListener("change", () => localStorage.getItem("theme") ?? theme(dark.matches ? "dark" : "light"));
part("theme").addEventListener("click", () => {
  const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", name);
  theme(name);
});
fetch("health").then((response) => response.json()).then((served) => {
  part("served").textContent = `${served.items.toLocaleString()} items, codes of ${served.bits} bits, ${served.kind} index`;
  if (!served.text) fail("This run was trained on features; only codes can be searched for.");
}, (error) => fail(error.message));
