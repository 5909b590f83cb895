// Keyboard and menus. Everything else works without it.
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    const search = document.querySelector("#search");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  }
  if (event.key === "Escape") closeMenus(null);
});
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && button.dataset.busy) { setTimeout(() => { button.disabled = true; button.textContent = button.dataset.busy; }); }
});

function closeMenus(clicked) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (clicked && menu.contains(clicked)) return;
    if (!clicked && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  });
}
