// Dark or light: the system's, until the reader chooses.

const button = document.getElementById("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");

function show(name) {
  document.documentElement.dataset.theme = name;
  button.textContent = name === "dark" ? "Light" : "Dark";
  button.setAttribute("aria-label", `Use ${name === "dark" ? "light" : "dark"} colours`);
}

export function start() {
  const follow = () => show(localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light"));
  follow();
  dark.addEventListener("change", follow);
  button.addEventListener("click", () => {
    localStorage.setItem("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    follow();
  });
}
