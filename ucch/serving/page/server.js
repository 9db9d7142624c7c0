// Questions to the server; whatever goes wrong comes back as an Error whose message a reader can act on.

export const SLOW = [
  [300, "Searching…"],
  [3_000, "Still searching: the server is slow."],
  [12_000, "Still searching: the server may be loading its encoder."],
];

const PATIENCE = 60_000; // milliseconds

// The server said nothing, or nothing for now: the same question may do better later.
export class Unanswered extends Error {}

export function health() {
  return answerTo("health", {}, null);
}

export function item(id, left) {
  return answerTo(`item?${new URLSearchParams({ id })}`, {}, left);
}

export function search(query, k, left) {
  const body = JSON.stringify({ ...query, k });
  return answerTo("search", { method: "POST", headers: { "content-type": "application/json" }, body }, left);
}

// left: an AbortSignal of a reader who went on
async function answerTo(path, options, left) {
  const late = AbortSignal.timeout(PATIENCE);
  let response;
  let found;
  try {
    response = await fetch(path, { ...options, signal: left ? AbortSignal.any([left, late]) : late });
    found = await response.json();
  } catch (error) {
    if (left?.aborted) throw error;
    if (late.aborted) throw new Unanswered(`The server has not answered in ${PATIENCE / 1000} seconds.`);
    if (response) throw new Unanswered(`The server's answer cannot be read (status ${response.status}).`);
    throw new Unanswered("The server does not answer. Is ucch serve still running?");
  }
  if (response.ok) return found;
  const Kind = response.status === 429 || response.status >= 500 ? Unanswered : Error;
  throw new Kind(found.reason ?? `The server refused (status ${response.status}).`);
}
