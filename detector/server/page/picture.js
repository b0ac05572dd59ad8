// The picture with its boxes as SVG over it, or with its faces blurred.
import { inkOn, placeLabels } from "./labels.js";
import { readable } from "./faces.js";

const SVG = "http://www.w3.org/2000/svg";
const TEXT_PIXELS = 14; // on the screen, whatever the picture's own size
const CELLS = 6; // nobody can be recognised on a face of so many cells

export class Picture {
  constructor(container, colours) {
    this.container = container;
    this.colours = colours;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("role", "group");
    this.svg.setAttribute("aria-label", "Faces in the picture");
    this.image = new Image();
    this.canvas = document.createElement("canvas");
    this.measuring = document.createElement("canvas").getContext("2d");
    new ResizeObserver(() => this.draw()).observe(container);
    this.image.addEventListener("load", () => this.draw());
  }

  // Draws an item with some of its faces; view is "boxes", "blurred" or "original".
  show(item, faces, view) {
    [this.item, this.faces, this.view] = [item, faces, view]; // an edited list is drawn as it is at that moment
    if (this.image.src !== item.url) {
      this.image.src = item.url;
      this.image.alt = `${item.name}: ${faces.length} faces`;
    }
    this.draw();
  }

  get scale() {
    // Pixels of the picture for each pixel on the screen.
    const shown = this.view === "blurred" ? this.canvas : this.image;
    const fitted = Math.min(shown.clientWidth / this.item.width, shown.clientHeight / this.item.height);
    return fitted > 0 ? 1 / fitted : 1;
  }

  draw() {
    if (!this.item?.width || !this.image.complete || !this.image.naturalWidth) return;
    const blurred = this.view === "blurred";
    if (blurred) blurFaces(this.canvas, this.image, this.faces, this.item);
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${this.item.name}, faces blurred`);
    const wanted = [blurred ? this.canvas : this.image, ...(this.view === "boxes" ? [this.svg] : [])];
    if ([...this.container.childNodes].some((node, i) => node !== wanted[i]) || this.container.childNodes.length !== wanted.length) {
      this.container.replaceChildren(...wanted);
    }
    if (this.view === "boxes") this.drawBoxes();
  }

  drawBoxes() {
    const { width, height } = this.item;
    const scale = this.scale;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", width / scale);
    this.svg.setAttribute("height", height / scale);
    const size = TEXT_PIXELS * scale;
    this.measuring.font = `600 ${TEXT_PIXELS}px system-ui, sans-serif`;
    const measure = (text) => this.measuring.measureText(text).width * scale;
    const labels = placeLabels(this.faces, { width, height, size, measure });
    const focused = this.faces.indexOf(document.activeElement?.face);
    const groups = this.faces.map((face, i) => this.group(face, labels[i], i, scale));
    this.svg.replaceChildren(...groups);
    if (focused >= 0) groups[focused].focus();
  }

  group(face, label, index, scale) {
    const colour = this.colours[face.label] ?? "#1478c8";
    const [x1, y1, x2, y2] = face.xyxy;
    const group = element("g", { class: "face", tabindex: 0, role: "img", "aria-label": described(face, index) });
    group.face = face;
    group.append(
      element("rect", { x: x1, y: y1, width: x2 - x1, height: y2 - y1, fill: "none", stroke: "#000000", "stroke-width": 4 * scale, "stroke-opacity": 0.45 }),
      element("rect", { class: "box", x: x1, y: y1, width: x2 - x1, height: y2 - y1, stroke: colour, "stroke-width": 2.5 * scale }),
    );
    if (label) {
      const size = TEXT_PIXELS * scale;
      const text = element("text", { x: label.x + size * 0.3, y: label.y + size * 1.05, "font-size": size, fill: inkOn(colour) });
      text.textContent = label.text;
      group.append(element("rect", { x: label.x, y: label.y, width: label.width, height: label.height, fill: colour, rx: 2 * scale }), text);
    }
    if (this.item.edited) {
      const side = 8 * scale;
      group.append(element("rect", { class: "handle", x: x2 - side / 2, y: y2 - side / 2, width: side, height: side, "stroke-width": scale }));
    }
    return group;
  }

  pick(face) {
    for (const group of this.svg.children) group.classList.toggle("picked", group.face === face);
  }
}

export function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function described(face, index) {
  const score = face.confidence === null ? "" : `, confidence ${face.confidence.toFixed(2)}`;
  return `Face ${index + 1}: ${readable(face.label)}${score}`;
}

// Each face becomes a few cells, drawn large again: their details cannot be restored.
export function blurFaces(canvas, image, faces, { width, height }) {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, width, height);
  const small = document.createElement("canvas");
  for (const face of faces) {
    const [x, y] = face.xyxy.slice(0, 2).map((value) => Math.max(0, Math.floor(value)));
    const w = Math.min(width, Math.ceil(face.xyxy[2])) - x;
    const h = Math.min(height, Math.ceil(face.xyxy[3])) - y;
    if (w < 1 || h < 1) continue;
    const cells = CELLS / Math.max(w, h);
    [small.width, small.height] = [Math.max(1, Math.round(w * cells)), Math.max(1, Math.round(h * cells))];
    const shrink = small.getContext("2d");
    shrink.imageSmoothingQuality = "high";
    shrink.drawImage(canvas, x, y, w, h, 0, 0, small.width, small.height);
    context.drawImage(small, x, y, w, h);
  }
}
