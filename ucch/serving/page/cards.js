// Items as cards, with the bits that differ.

export function card(hit, bits, href) {
  const entry = document.createElement("li");
  const link = document.createElement("a");
  link.href = href;
  link.dataset.id = hit.id;
  if (hit.picture) link.append(picture(hit.picture));
  const words = span("words", "");
  if (hit.text) words.append(span("text", hit.text, hit.text));
  if (bits) words.append(...measure(hit, bits));
  words.append(span("name", hit.id, hit.id));
  link.append(words);
  entry.append(link);
  return entry;
}

// How near a hit is, in words and bits.
export function measure(hit, bits) {
  const distance = span("distance", `${hit.distance} of ${bits} bits differ`);
  return hit.match ? [match(hit), distance, strip(hit, bits)] : [distance, strip(hit, bits)];
}

export function shorten(words, most = 60) {
  const letters = [...words];
  if (letters.length <= most) return words;
  const cut = letters.slice(0, most - 1).join("");
  const space = cut.lastIndexOf(" ");
  return `${space > most / 2 ? cut.slice(0, space) : cut}…`;
}

function picture(source) {
  const image = document.createElement("img");
  image.src = source;
  image.loading = "lazy";
  image.alt = ""; // the card's words name it
  image.addEventListener("error", () => image.replaceWith(span("missing", "no picture")));
  return image;
}

function match(hit) {
  const known = typeof hit.probability === "number";
  return span(`match ${hit.match}`, known ? `${hit.match}, ${Math.round(100 * hit.probability)} %` : hit.match);
}

function span(kind, words, title = "") {
  const made = document.createElement("span");
  made.className = kind;
  made.textContent = words;
  if (title) made.title = title;
  return made;
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
