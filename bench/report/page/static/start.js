// Puts the page to work once it is read.

function readyTheme() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const show = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    show();
    redrawCharts();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    show();
    redrawCharts();
  });
  show();
}

// Charts are drawn when they come near, and what is below them moves: a link's target is gone back
// to until the reader moves, or nothing has for a while.
function followLinks() {
  const moves = ["wheel", "touchstart", "keydown", "mousedown"];
  let leave = () => {};
  const follow = () => {
    leave();
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const place = () => target.scrollIntoView({ behavior: "instant" });
    const growing = new ResizeObserver(place);
    const end = setTimeout(() => leave(), 5000);
    leave = () => {
      growing.disconnect();
      clearTimeout(end);
      moves.forEach((move) => removeEventListener(move, leave));
    };
    growing.observe(document.body);
    setTimeout(() => moves.forEach((move) => addEventListener(move, leave, { passive: true })));
    place();
  };
  addEventListener("hashchange", follow);
  follow();
}

document.documentElement.classList.remove("no-script");
readyTheme();
readyTables();
drawCharts();
followLinks();
