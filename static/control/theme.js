// Before the first paint: the theme that was chosen in the user menu, so that a dark page does not flash white.
// The skin keeps the choice as JSON under this name, and takes over when its own script has come.

(() => {
  const chosen = localStorage.getItem("adminTheme") ?? '"auto"';
  const dark = chosen === '"dark"' || (chosen === '"auto"' && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
