// Corrects the faces of a picture, with the pointer or the keyboard, and saves them on the server.
import { readable } from "./faces.js";
import { request } from "./api.js";

const SMALLEST = 4; // pixels of the picture
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HELP =
  "Drag in the picture to add a box; drag a box to move it, its lower right corner to change its size. " +
  "By keyboard: Tab to a box, arrow keys move it, Shift and arrow keys change its size, 1 to 3 choose the class, Delete removes it.";

export class Correction {
  // The item is corrected while item.edited is a list of faces.
  constructor(panel, picture, names, { item, shown, changed }) {
    Object.assign(this, { panel, picture, names, item, shown, changed });
    picture.svg.addEventListener("pointerdown", (event) => this.press(event));
    picture.svg.addEventListener("keydown", (event) => this.key(event));
    panel.hidden = false;
    this.build();
  }

  build() {
    this.start = button("Correct", () => this.begin());
    this.newClass = classSelect(this.names, this.names[0], "Class of new boxes");
    this.add = button("Add a box", () => this.addInTheMiddle());
    this.keep = button("Save", () => this.save());
    this.keep.className = "primary";
    this.stop = button("Discard", () => this.end());
    this.help = Object.assign(document.createElement("p"), { className: "soft", textContent: HELP });
    this.told = Object.assign(document.createElement("p"), { role: "status" });
    const label = document.createElement("label");
    label.append("New boxes: ", this.newClass);
    this.tools = Object.assign(document.createElement("div"), { className: "row" });
    this.tools.append(label, this.add, this.keep, this.stop);
    this.panel.replaceChildren(this.start, this.tools, this.help, this.told);
    this.update();
  }

  update() {
    const editing = Boolean(this.item()?.edited);
    this.start.hidden = editing;
    this.tools.hidden = this.help.hidden = !editing;
    this.picture.svg.classList.toggle("editing", editing);
  }

  begin() {
    this.item().edited = this.shown().map((face) => ({ ...face, xyxy: [...face.xyxy], corrected: true }));
    this.tell("");
    this.refresh();
  }

  end() {
    delete this.item().edited;
    this.refresh();
  }

  async save() {
    const item = this.item();
    const body = new FormData();
    body.append("file", item.file, item.name);
    body.append("faces", JSON.stringify(item.edited.map(({ label, xyxy }) => ({ label, xyxy }))));
    this.tell("Saving …");
    try {
      const saved = await (await request("/v1/collect", { method: "POST", body })).json();
      this.tell(`Saved. The dataset has ${saved.count} ${saved.count === 1 ? "picture" : "pictures"}.`);
      item.faces = item.edited;
      this.end();
    } catch (error) {
      this.tell(`Not saved: ${error.message}`);
    }
  }

  tell(text) {
    this.told.textContent = text;
  }

  refresh() {
    this.update();
    this.changed();
  }

  // What the table has in each row while faces are corrected.
  cells(face) {
    if (!this.item()?.edited) return [];
    const index = this.item().edited.indexOf(face) + 1;
    const select = classSelect(this.names, face.label, `Class of face ${index}`);
    select.addEventListener("change", () => this.label(face, select.value));
    const remove = button("Remove", () => this.remove(face));
    remove.setAttribute("aria-label", `Remove face ${index}`);
    const both = Object.assign(document.createElement("div"), { className: "row" });
    both.append(select, remove);
    return [both];
  }

  label(face, name) {
    Object.assign(face, { label: name, class_id: this.names.indexOf(name), confidence: null });
    this.refresh();
  }

  remove(face) {
    this.item().edited = this.item().edited.filter((each) => each !== face);
    this.refresh();
  }

  newFace(xyxy) {
    const label = this.newClass.value;
    const face = { label, class_id: this.names.indexOf(label), confidence: null, xyxy, tracker_id: null, corrected: true };
    this.item().edited.push(face);
    return face;
  }

  addInTheMiddle() {
    const { width, height } = this.item();
    const side = Math.min(width, height) / 5;
    const [x, y] = [(width - side) / 2, (height - side) / 2];
    const face = this.newFace([x, y, x + side, y + side]);
    this.refresh();
    [...this.picture.svg.children].find((group) => group.face === face)?.focus();
  }

  key(event) {
    const face = event.target.face;
    if (!this.item()?.edited || !face) return;
    const step = Math.max(1, Math.round(Math.min(this.item().width, this.item().height) / 200));
    if (KEYS[event.key]) {
      const [dx, dy] = KEYS[event.key].map((value) => value * step);
      face.xyxy = event.shiftKey ? this.resized(face.xyxy, dx, dy) : this.moved(face.xyxy, dx, dy);
      this.refresh();
    } else if (event.key === "Delete" || event.key === "Backspace") this.remove(face);
    else if (this.names[Number(event.key) - 1]) this.label(face, this.names[Number(event.key) - 1]);
    else return;
    event.preventDefault();
  }

  moved([x1, y1, x2, y2], dx, dy) {
    const { width, height } = this.item();
    const x = Math.min(Math.max(dx, -x1), width - x2);
    const y = Math.min(Math.max(dy, -y1), height - y2);
    return [x1 + x, y1 + y, x2 + x, y2 + y];
  }

  resized([x1, y1, x2, y2], dx, dy) {
    const { width, height } = this.item();
    return [x1, y1, Math.min(width, Math.max(x1 + SMALLEST, x2 + dx)), Math.min(height, Math.max(y1 + SMALLEST, y2 + dy))];
  }

  point(event) {
    const { left, top } = this.picture.svg.getBoundingClientRect();
    const { width, height } = this.item();
    const scale = this.picture.scale;
    const inside = (value, most) => Math.min(Math.max(value * scale, 0), most);
    return [inside(event.clientX - left, width), inside(event.clientY - top, height)];
  }

  press(event) {
    if (!this.item()?.edited || event.button !== 0) return;
    event.preventDefault();
    const begin = this.point(event);
    const face = event.target.closest("g.face")?.face ?? this.newFace([...begin, ...begin]);
    const before = [...face.xyxy];
    const isNew = before[0] === before[2];
    const isCorner = !isNew && this.isCorner(before, begin);
    const drag = (moving) => {
      const [x, y] = this.point(moving);
      const [dx, dy] = [x - begin[0], y - begin[1]];
      if (isNew) face.xyxy = [Math.min(x, begin[0]), Math.min(y, begin[1]), Math.max(x, begin[0]), Math.max(y, begin[1])];
      else face.xyxy = isCorner ? this.resized(before, dx, dy) : this.moved(before, dx, dy);
      this.picture.draw();
    };
    const release = () => {
      removeEventListener("pointermove", drag);
      const [x1, y1, x2, y2] = face.xyxy;
      if (x2 - x1 < SMALLEST || y2 - y1 < SMALLEST) this.item().edited = this.item().edited.filter((each) => each !== face);
      this.refresh();
    };
    addEventListener("pointermove", drag);
    addEventListener("pointerup", release, { once: true });
  }

  isCorner([, , x2, y2], [x, y]) {
    const reach = 12 * this.picture.scale;
    return Math.abs(x - x2) < reach && Math.abs(y - y2) < reach;
  }
}

function button(text, press) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.addEventListener("click", press);
  return made;
}

function classSelect(names, chosen, label) {
  const select = document.createElement("select");
  select.setAttribute("aria-label", label);
  for (const name of names) select.append(new Option(readable(name), name, false, name === chosen));
  return select;
}
