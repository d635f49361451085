// Applied before the first paint: the theme this browser chose, or the system's.
(function () {
  try {
    const theme = localStorage.getItem("mc-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* storage may be forbidden; then the system decides */ }
})();
