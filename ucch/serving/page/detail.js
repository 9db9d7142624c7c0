// The dialog of one item: its picture, its texts, how near it is, what is near it.

import * as address from "./address.js";
import { card, measure } from "./cards.js";
import * as server from "./server.js";

const N_NEAR = 8;
const part = (id) => document.getElementById(id);
let going = new AbortController(); // questions about the item that is open
let opened = null;
let beside = null; // the answer that the item is shown as a part of

// answer: the results on the page, or null
export function show(id, answer) {
  if (opened !== id || beside !== answer) fill(id, answer);
  if (!part("detail").open) part("detail").showModal();
}

export function hide() {
  part("detail").close();
}

export function start(answer) {
  part("detail").addEventListener("close", () => {
    if (part("detail").open) return; // another step in the history came first
    going.abort();
    const last = opened;
    opened = null;
    const place = address.read();
    if (place.item !== null) leave(place); // closed by the reader, not by a step in the history
    [...part("results").querySelectorAll("a")].find((link) => link.dataset.id === last)?.focus();
  });
  part("detail").addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") part("previous").click();
    if (event.key === "ArrowRight") part("next").click();
  });
  part("close").addEventListener("click", hide);
  for (const [name, step] of [["previous", -1], ["next", 1]]) {
    part(name).addEventListener("click", () => {
      const hits = answer()?.hits ?? [];
      const to = hits[hits.findIndex((hit) => hit.id === opened) + step];
      if (!to) return;
      address.replace({ ...address.read(), item: to.id });
      show(to.id, answer());
    });
  }
}

function leave(place) {
  if (address.depth()) history.go(-address.depth());
  else address.replace({ ...place, item: null });
}

async function fill(id, answer) {
  going.abort();
  going = new AbortController();
  const left = going.signal;
  opened = id;
  beside = answer;
  const rank = answer?.hits.findIndex((hit) => hit.id === id) ?? -1;
  const hit = answer?.hits[rank];
  showPicture(hit?.picture, hit?.text ?? `picture ${id}`);
  part("detail-name").textContent = id;
  part("detail-texts").replaceChildren(...(hit?.text ? [text(hit.text)] : []));
  part("detail-distance").replaceChildren(...(hit ? measure(hit, answer.bits) : []));
  part("rank").textContent = hit ? `${rank + 1} of ${answer.hits.length}` : "";
  part("previous").disabled = rank < 1;
  part("next").disabled = rank < 0 || rank + 1 >= answer.hits.length;
  part("detail-near").hidden = true;
  part("detail-status").textContent = "";
  part("detail").scrollTop = 0;
  try {
    const [item, near] = await Promise.all([server.item(id, left), server.search({ like: id }, N_NEAR + 1, left)]);
    if (!hit) showPicture(item.picture, item.texts[0] ?? `picture ${id}`);
    part("detail-texts").replaceChildren(...item.texts.map(text));
    showNear(id, near);
  } catch (error) {
    if (!left.aborted) part("detail-status").textContent = error.message;
  }
}

function showNear(id, near) {
  const hits = near.hits.filter((hit) => hit.id !== id).slice(0, N_NEAR);
  part("near").replaceChildren(
    ...hits.map((hit) => card(hit, near.bits, address.link({ ...address.read(), item: hit.id }))),
  );
  part("similar").href = address.link({ kind: "like", value: id });
  part("detail-near").hidden = false;
}

function showPicture(source, words) {
  const picture = part("detail-picture");
  picture.hidden = !source;
  part("detail-missing").hidden = true;
  picture.onerror = () => {
    picture.hidden = true;
    part("detail-missing").hidden = false;
  };
  if (source) picture.src = `${source}&size=full`;
  picture.alt = words;
}

function text(words) {
  const entry = document.createElement("li");
  entry.textContent = words;
  return entry;
}
