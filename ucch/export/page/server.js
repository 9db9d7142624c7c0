// What a server would answer, from the files beside the page; whatever goes wrong comes back as an Error.

import { differingBits, fromHex, nearest, toHex } from "./hamming.js";
import { loadTextModel } from "./text_model.js";

export const SLOW = [
  [300, "Searching…"],
  [2_000, "Still searching: the first question waits until the model is loaded."],
];

// A file did not come: the same question may do better later.
export class Unanswered extends Error {}

let loading = null;
let model = null;

export async function health() {
  const { about } = await site();
  if (about.text) textModel().catch(() => {}); // said when words are asked for
  return about;
}

export async function item(id, left) {
  const { items } = await site();
  left?.throwIfAborted();
  const row = rowOf(items, id);
  return { id, picture: items.pictures[row], texts: items.texts[row] };
}

export async function search(query, k, left) {
  const { about, items, codes } = await site();
  const width = Math.ceil(about.bits / 8);
  const start = performance.now();
  const code = await codeOf(query, items, codes, width);
  left?.throwIfAborted();
  const encoded = performance.now();
  const hits = nearest(codes, code, k).map(({ row, distance }) => ({
    id: items.ids[row],
    distance,
    differing_bits: differingBits(code, codes.subarray(row * width, (row + 1) * width)),
    picture: items.pictures[row],
    text: items.texts[row][0] ?? null,
  }));
  const searched = performance.now();
  const took = { encode_milliseconds: encoded - start, search_milliseconds: searched - encoded };
  return { bits: about.bits, code: toHex(code), hits, ...took };
}

async function codeOf({ text, like, code }, items, codes, width) {
  if (code !== undefined) return fromHex(code, width);
  if (like !== undefined) {
    const row = rowOf(items, like);
    return codes.slice(row * width, (row + 1) * width);
  }
  if (text === undefined) throw new Error("This page takes words, but no pictures.");
  return (await textModel())(text);
}

function rowOf(items, id) {
  const row = items.rows.get(id);
  if (row === undefined) throw new Error(`There is no item “${id}” here.`);
  return row;
}

function site() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load() {
  const [about, items, codes] = await Promise.all([
    file("about.json").then((response) => response.json()),
    file("items.json").then((response) => response.json()),
    file("codes.bin").then((response) => response.arrayBuffer()),
  ]);
  items.rows = new Map(items.ids.map((id, row) => [id, row]));
  items.pictures = items.pictures.map((there, row) => (there ? `pictures/${row}.jpg#` : null));
  about.examples = about.examples.map((one) => ({ ...one, picture: items.pictures[items.rows.get(one.id)] }));
  return { about, items, codes: new Uint8Array(codes) };
}

function textModel() {
  model ??= loadTextModel("model/tokenizer.json", "model/text.onnx").catch((error) => {
    model = null;
    throw new Unanswered(`The model of words cannot be loaded: ${error.message}`);
  });
  return model;
}

async function file(path) {
  let response;
  try {
    response = await fetch(path);
  } catch {
    throw new Unanswered(`${path} does not come: is the server of this folder still running?`);
  }
  if (!response.ok) throw new Unanswered(`${path} is missing (status ${response.status}).`);
  return response;
}
