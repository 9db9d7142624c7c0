// Arrow keys between the results, and the ways back to the words.

const part = (id) => document.getElementById(id);

export function start() {
  part("results").addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") return part("text").focus();
    const links = [...part("results").querySelectorAll("a")];
    const to = target(event.key, links, links.indexOf(document.activeElement));
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  document.addEventListener("keydown", (event) => {
    const busy = part("detail").open || event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey;
    if (event.key !== "/" || busy) return;
    event.preventDefault();
    part("text").focus();
    part("text").select();
  });
}

// The result that a key leads to; from the list itself, which has no place, any arrow leads to the first.
function target(key, links, now) {
  const row = columns(links);
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row };
  if (key === "Home") return links[0];
  if (key === "End") return links.at(-1);
  if (!(key in steps)) return null;
  return links[now < 0 ? 0 : now + steps[key]] ?? null;
}

function columns(links) {
  const top = links[0]?.offsetTop;
  const wrap = links.findIndex((link) => link.offsetTop !== top);
  return wrap < 0 ? links.length : wrap;
}
