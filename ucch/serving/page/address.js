// What is shown, as the page's address holds it: the query, how much of its answer, the place in it, the open item.

export const STEP = 24;
export const MOST = 200; // items that the server gives at once
const KINDS = ["q", "like", "code"]; // words, an item's id, the code of a picture that was sent

export function read(search = location.search) {
  const given = new URLSearchParams(search);
  const kind = KINDS.find((name) => given.get(name)?.trim()) ?? null;
  return {
    kind,
    value: kind && given.get(kind),
    n: whole(given.get("n"), STEP, MOST),
    at: whole(given.get("at"), 1, MOST),
    item: given.get("item"),
  };
}

function whole(words, least, most) {
  const number = /^\d{1,9}$/.test(words ?? "") ? Number(words) : least;
  return Math.min(Math.max(number, least), most);
}

export function link({ kind = null, value = null, n = STEP, at = 1, item = null }) {
  const given = new URLSearchParams();
  if (kind) given.set(kind, value);
  if (kind && n !== STEP) given.set("n", n);
  if (kind && at !== 1) given.set("at", at);
  if (item !== null) given.set("item", item);
  const words = given.toString();
  return words ? `?${words}` : "./";
}

// depth: how many steps back in the history the item was opened, so that closing it goes there
export function push(place, depth = 0) {
  history.pushState({ depth }, "", link(place));
}

export function replace(place) {
  history.replaceState(history.state, "", link(place));
}

export function depth() {
  return history.state?.depth ?? 0;
}

export function sameQuery(one, other) {
  return one !== null && one.kind === other.kind && one.value === other.value;
}
