// A browser loads no modules from file addresses; this script is none, and says what to do.

if (location.protocol === "file:") {
  document.getElementById("limits").textContent =
    "A browser opens this page from a server only. In its folder, type: python -m http.server, then open http://localhost:8000/";
}
