// The page: it shows what its address says, and whatever a reader does changes the address first.

import * as address from "./address.js";
import { card, shorten } from "./cards.js";
import * as detail from "./detail.js";
import * as keys from "./keys.js";
import * as server from "./server.js";
import { complain, say, waiting } from "./status.js";
import * as theme from "./theme.js";
import * as upload from "./upload.js";
import * as welcome from "./welcome.js";

const QUESTIONS = { // of the kinds of an address to the server
  q: (text) => ({ text }),
  like: (like) => ({ like }),
  code: (code) => ({ code, asks: "image" }),
};
const part = (id) => document.getElementById(id);
let asking = new AbortController(); // the newest question; only its answer is shown
let underWay = false; // whether that is still to be answered
let retry = null;
let shown = null; // the place whose answer is on the page
let answer = null;
let scrolled;

function visit() {
  clearTimeout(scrolled);
  const place = address.read();
  const same = address.sameQuery(shown, place);
  if (place.item === null) detail.hide();
  else detail.show(place.item, same ? answer : null);
  if (same && shown.n >= place.n) {
    if (underWay && answer) back(place);
    return;
  }
  if (place.kind) ask(place, same);
  else begin();
}

// To the answer that is on the page, while another question is under way whose answer would take its place.
function back(place) {
  leave();
  head(place);
  tell(answer, place, nameOf(place));
}

function leave() {
  asking.abort();
  underWay = false;
}

function go(to) {
  if (to.item === null) address.push(to);
  else address.push(to, address.read().item === null ? 1 : address.depth() && address.depth() + 1);
  visit();
}

function begin() {
  leave();
  shown = address.read();
  clear();
  part("text").value = "";
  document.title = "ucch search";
  say("");
  welcome.offer();
}

function clear() {
  answer = null;
  part("results").replaceChildren();
  part("results").removeAttribute("aria-busy");
  for (const id of ["more", "keys", "again", "preview", "start"]) part(id).hidden = true;
  part("timing").textContent = "";
}

async function ask(place, more) {
  const name = nameOf(place);
  if (!more) head(place);
  retry = visit;
  const query = QUESTIONS[place.kind](place.value);
  const found = await waitFor(() => server.search(query, place.n, asking.signal), more);
  if (found) tell(found, place, name, more);
}

function head(place) {
  part("text").value = place.kind === "q" ? place.value : "";
  document.title = `${shorten(nameOf(place), 40)} | ucch search`;
  const own = place.kind === "code" ? upload.remembered(place.value) : null;
  preview(own?.small, own?.name);
}

async function askPicture(file) {
  if (!file) return;
  address.push({}); // until the picture has a code, and where it gets none
  detail.hide();
  begin();
  retry = () => askPicture(file);
  let small = null;
  const found = await waitFor(async () => {
    const { signal } = asking;
    const image = await upload.readPicture(file);
    small = await upload.smallCopy(file);
    if (!signal.aborted) preview(small, file.name);
    return server.search({ image }, address.STEP, signal).catch((error) => {
      throw error instanceof server.Unanswered ? error : new Error(`${shorten(file.name)}: ${error.message}`);
    });
  });
  if (!found) return;
  upload.remember(found.code, file.name, small);
  address.replace({ kind: "code", value: found.code });
  document.title = `${shorten(file.name, 40)} | ucch search`;
  tell(found, address.read(), file.name);
}

function nameOf({ kind, value }) {
  if (kind !== "code") return value;
  return upload.remembered(value)?.name ?? "a picture that this address knows by its code alone";
}

// The answer to a question, which says how it goes; null where it fails or another question comes first.
async function waitFor(question, more = false) {
  leave();
  asking = new AbortController();
  underWay = true;
  const { signal } = asking;
  part("results").setAttribute("aria-busy", "true");
  part("again").hidden = part("start").hidden = true;
  const stop = waiting();
  signal.addEventListener("abort", stop);
  const start = performance.now();
  try {
    const found = await question();
    found.milliseconds = Math.round(performance.now() - start);
    return signal.aborted ? null : found;
  } catch (error) {
    if (!signal.aborted) fail(error, more);
    return null;
  } finally {
    stop();
    if (!signal.aborted) underWay = false;
  }
}

function tell(found, place, name, more = false) {
  const old = more ? answer.hits.length : 0;
  shown = place;
  answer = found;
  const { hits, bits } = found;
  if (!more) part("results").replaceChildren();
  part("results").append(
    ...hits.slice(old).map((hit) => card(hit, bits, address.link({ ...place, item: hit.id }))),
  );
  part("results").removeAttribute("aria-busy");
  part("start").hidden = true;
  part("keys").hidden = !hits.length;
  part("more").hidden = hits.length < place.n || place.n >= address.MOST || hits.length >= welcome.items();
  const about = place.kind === "q" ? `“${shorten(name)}”` : shorten(name);
  const items = hits.length === 1 ? "1 item" : `${hits.length} items`;
  say(hits.length ? `${items} for ${about}` : `Nothing found for ${about}: the index is empty.`, name);
  const weak = hits.length > 0 && hits.every((hit) => hit.match === "weak");
  part("weak").textContent = weak ? "None of them is likely to be meant: these are only the nearest." : "";
  part("timing").textContent =
    `${found.milliseconds} ms: ${found.encode_milliseconds.toFixed(1)} to encode, ` +
    `${found.search_milliseconds.toFixed(1)} to search`;
  if (place.item !== null) detail.show(place.item, answer);
  else if (more) part("results").children[old]?.firstChild.focus();
  else if (document.activeElement === document.body) part("results").focus({ preventScroll: true });
  if (more) return;
  if (place.at > 1) part("results").children[place.at - 1]?.scrollIntoView();
  else scrollTo(0, 0);
}

// Nothing of an older answer stays on the page, but where more of the same was asked for.
function fail(error, more = false) {
  if (more) address.replace({ ...address.read(), n: shown.n });
  else {
    shown = null;
    clear();
    welcome.offer();
  }
  part("results").removeAttribute("aria-busy");
  complain(error.message);
  part("again").hidden = more || !(error instanceof server.Unanswered);
}

function preview(small, words) {
  part("preview").hidden = !small;
  if (small) part("preview").src = small;
  part("preview").alt = small ? `the picture searched with, ${words}` : "";
}

async function introduce() {
  retry = introduce;
  try {
    await welcome.introduce();
  } catch (error) {
    if (!address.read().kind) fail(error);
    return;
  }
  if (part("status").className === "error") visit();
  else welcome.offer();
}

// The place of the reader in the results, noted once scrolling rests.
function mark() {
  const here = address.read();
  if (!answer || here.item !== null || !address.sameQuery(shown, here)) return;
  const cards = [...part("results").children];
  const first = scrollY < part("results").offsetTop ? 0 : cards.findIndex((entry) => {
    const { top, height } = entry.getBoundingClientRect();
    return top > -height / 2;
  });
  if (first >= 0 && first + 1 !== here.at) address.replace({ ...here, at: first + 1 });
}

history.scrollRestoration = "manual";
theme.start();
keys.start();
detail.start(() => answer);
addEventListener("popstate", visit);
addEventListener("scroll", () => {
  clearTimeout(scrolled);
  scrolled = setTimeout(mark, 250);
}, { passive: true });
document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return; // those open a new tab or window
  event.preventDefault();
  if (link === part("skip")) return part("results").focus();
  const to = address.read(link.search);
  const here = address.read();
  go(to.item !== null && address.sameQuery(to, here) ? { ...here, item: to.item } : to);
});
part("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = part("text").value.trim();
  if (!text) return complain("Type some words, or choose a picture.");
  const to = { kind: "q", value: text, item: null };
  if (address.sameQuery(address.read(), to)) shown = null;
  else address.push(to);
  visit();
});
part("more").addEventListener("click", () => {
  const here = address.read();
  address.replace({ ...here, n: Math.min(here.n + address.STEP, address.MOST) });
  visit();
});
part("again").addEventListener("click", () => retry());
upload.watch(askPicture);
introduce();
visit();
