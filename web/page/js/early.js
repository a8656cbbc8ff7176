// Runs before the first paint: takes the token out of the address and sets the theme, so that nothing flickers.
// Not a module, because modules run late; it touches nothing else.
"use strict";
(() => {
  const match = /(?:^#|&)token=([0-9a-f]{32})/.exec(location.hash);
  if (match) {
    sessionStorage.setItem("seedling-token", match[1]);
    history.replaceState(null, "", location.pathname + location.search + "#/");
  }
  const theme = localStorage.getItem("seedling-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (localStorage.getItem("seedling-projector") === "on") document.documentElement.dataset.projector = "on";
})();
