// Files may be dropped anywhere on the area around the field. The field itself works without this.
document.querySelectorAll(".drop").forEach((area) => {
  const field = area.querySelector("input[type=file]");
  const list = area.querySelector(".dropped");
  const show = () => {
    list.replaceChildren(...[...field.files].map((file) => {
      const line = document.createElement("li");
      line.textContent = file.name;
      return line;
    }));
  };
  field.addEventListener("change", show);
  ["dragenter", "dragover"].forEach((name) => area.addEventListener(name, (event) => {
    event.preventDefault();
    area.classList.add("over");
  }));
  ["dragleave", "drop"].forEach((name) => area.addEventListener(name, () => area.classList.remove("over")));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    const all = new DataTransfer();
    [...field.files, ...event.dataTransfer.files].forEach((file) => all.items.add(file));
    field.files = all.files;
    show();
  });
});
