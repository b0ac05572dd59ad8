// The faces as a table, and the switches of the classes with their counts.
import { element } from "./picture.js";
import { readable } from "./faces.js";

export function showTable(container, faces, { pick, cells = () => [] }) {
  if (!faces.length) {
    const none = document.createElement("p");
    none.textContent = "No faces above this confidence.";
    container.replaceChildren(none);
    return;
  }
  const table = document.createElement("table");
  const extra = cells(faces[0]).length ? ["change"] : [];
  table.createTHead().append(row("th", ["face", "class", "score", "left, top", "size", ...extra]));
  const body = table.createTBody();
  faces.forEach((face, i) => {
    const [x1, y1, x2, y2] = face.xyxy.map(Math.round);
    const score = face.confidence === null ? "yours" : face.confidence.toFixed(2);
    const line = row("td", [`${i + 1}`, readable(face.label), score, `${x1}, ${y1}`, `${x2 - x1} × ${y2 - y1}`]);
    for (const cell of cells(face)) line.insertCell().append(cell);
    line.addEventListener("pointerenter", () => pick(face, line));
    line.addEventListener("focusin", () => pick(face, line));
    line.addEventListener("pointerleave", () => pick(null, line));
    body.append(line);
  });
  container.replaceChildren(table);
}

export function showClasses(fieldset, names, colours, change) {
  for (const name of names) {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", value: name, checked: true });
    const swatch = element("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" });
    swatch.append(element("rect", { width: 10, height: 10, rx: 2, fill: colours[name] ?? "#1478c8" }));
    const count = Object.assign(document.createElement("span"), { className: "count" });
    count.dataset.label = name;
    label.append(box, swatch, readable(name), count);
    box.addEventListener("change", change);
    fieldset.append(label);
  }
}

export function showCounts(fieldset, counts) {
  for (const count of fieldset.querySelectorAll(".count")) count.textContent = counts[count.dataset.label] ?? 0;
}

function row(kind, texts) {
  const line = document.createElement("tr");
  texts.forEach((text) => {
    const cell = document.createElement(kind);
    if (kind === "th") cell.scope = "col";
    cell.textContent = text;
    line.append(cell);
  });
  return line;
}
