// Keyboard and menus. Everything else works without it.
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    const search = document.querySelector("#search");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  }
  if (event.key === "Escape") closeMenus(null);
  const writes = event.target.closest("input, select, textarea, [contenteditable]");
  if (!writes && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat) {
    document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
  }
});
document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const button = event.target.closest("button[data-copy]");
  if (button) copy(button);
});
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && button.dataset.busy) { setTimeout(() => { button.disabled = true; button.textContent = button.dataset.busy; }); }
});
// On a phone the places of the menu stand in one line that scrolls.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

function closeMenus(clicked) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (clicked && menu.contains(clicked)) return;
    if (!clicked && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  });
}

async function copy(button) {
  const text = document.getElementById(button.dataset.copy);
  try { await navigator.clipboard.writeText(text.textContent); }
  catch { // no clipboard without https
    getSelection().selectAllChildren(text);
    document.execCommand("copy");
  }
  const before = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = before; }, 2000);
}
