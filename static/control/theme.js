// Before the first paint: the theme that was chosen in the user menu, so that a dark page does not flash white; and
// whenever the system turns dark or light, for pages that stay open into the night.
// The skin keeps the choice as JSON under this name, and takes over when its own script has come.

(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const chosen = localStorage.getItem("adminTheme") ?? '"auto"';
    document.documentElement.classList.toggle("dark", chosen === '"dark"' || (chosen === '"auto"' && system.matches));
  };
  system.addEventListener("change", paint);
  paint();
})();
