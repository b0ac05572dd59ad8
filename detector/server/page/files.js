// Files that are dropped on the page, pasted, or chosen.

export function takeFiles(zone, input, take) {
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files.map(named));
  });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault(); // also beside the zone: the browser would leave the page
      zone.classList.toggle("over", event.dataTransfer?.types.includes("Files"));
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take([...(event.dataTransfer?.files ?? [])]);
  });
}

// What is pasted from a screenshot has no name of its own.
function named(file) {
  return file.name && file.name !== "image.png" ? file : new File([file], `pasted-${timeStamp()}.png`, { type: file.type });
}

export function timeStamp() {
  return new Date().toISOString().slice(0, 19).replaceAll(":", "-");
}
