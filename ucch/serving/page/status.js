// What the page says about the question that is under way or answered.

import { SLOW } from "./server.js";

const part = (id) => document.getElementById(id);

export function say(words, whole = "") {
  part("status").className = "";
  part("words").textContent = words;
  part("words").title = whole;
  part("weak").textContent = "";
}

export function complain(words) {
  say(words);
  part("status").className = "error";
}

// Say how long it takes; gives what stops that.
export function waiting() {
  const timers = SLOW.map(([wait, words]) => setTimeout(() => say(words), wait));
  return () => timers.forEach(clearTimeout);
}
