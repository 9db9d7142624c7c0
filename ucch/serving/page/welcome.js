// What is served, and what an empty page begins with: three words of the collection, or three of its items.

import * as address from "./address.js";
import { card } from "./cards.js";
import * as server from "./server.js";

const part = (id) => document.getElementById(id);
let served = null;

export function items() {
  return served?.items ?? Infinity;
}

export async function introduce() {
  served = await server.health();
  const { items, bits, kind, text, image } = served;
  part("served").textContent =
    `${items.toLocaleString()} ${items === 1 ? "item" : "items"}, codes of ${bits} bits, ${kind} index`;
  part("by-words").hidden = !text;
  part("drop").hidden = !image;
  part("limits").textContent = limits(served);
}

export function offer() {
  if (!served || address.read().kind) return;
  const { words, examples } = served;
  const offers = words.length ? words.map(word) : examples.map(example);
  part("start-heading").textContent = words.length ? "Words of this collection" : "Begin with one of these";
  part("offers").className = words.length ? "offers" : "offers cards";
  part("offers").replaceChildren(...offers);
  part("start").hidden = !offers.length;
}

function word(words) {
  const entry = document.createElement("li");
  const link = document.createElement("a");
  link.className = "button";
  link.href = address.link({ kind: "q", value: words });
  link.textContent = words;
  entry.append(link);
  return entry;
}

function example({ id, picture, texts }) {
  return card({ id, picture, text: texts[0] }, 0, address.link({ kind: "like", value: id }));
}

function limits({ items, text, image }) {
  if (!items) return "The index is empty.";
  if (text && image) return "";
  if (image) return "This index takes pictures, but no words.";
  if (text) return "This index takes words, but no pictures.";
  return "This run was trained on features and takes neither words nor pictures; its items lead to items like them.";
}
