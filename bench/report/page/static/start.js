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

document.documentElement.classList.remove("no-script");
readyTheme();
readyTables();
drawCharts();
