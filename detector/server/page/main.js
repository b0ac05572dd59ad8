// The page: takes files, asks the server for their faces, and shows them.
import { model, predict, sentence } from "./api.js";
import { offerCamera } from "./camera.js";
import { Correction } from "./correct.js";
import { countByClass, counted, readable, shownFaces } from "./faces.js";
import { download } from "./downloads.js";
import { takeFiles } from "./files.js";
import { Picture } from "./picture.js";
import { isVideo, lookAtVideo, showVideo } from "./videos.js";
import { showClasses, showCounts, showTable } from "./table.js";

const LOWEST = 0.05; // faces below this are not asked for; the slider begins here
const AT_ONCE = 4; // requests

const part = (id) => document.getElementById(id);
const items = [];
let server, picture, current, correction;

async function start() {
  try {
    server = await model();
  } catch (error) {
    report(`Not ready: ${error.message}`);
    setTimeout(start, 2000);
    return;
  }
  report("");
  part("live-link").hidden = !server.live;
  picture = new Picture(part("picture"), server.colours);
  showClasses(part("classes"), server.names, server.colours, show);
  part("confidence").value = Math.max(LOWEST, server.options.conf);
  part("confidence").addEventListener("input", show);
  part("views").addEventListener("change", show);
  part("downloads").addEventListener("click", ({ target }) => {
    if (target.value) download(target.value, current, shown(), { ...server, image: picture.image });
  });
  if (server.collect) {
    correction = new Correction(part("correct"), picture, server.names, { item: () => current, shown, changed: show });
  }
  takeFiles(part("drop"), part("files"), take);
  offerCamera(part("camera"), take, report);
  document.documentElement.dataset.ready = "true";
}

function report(text, busy = false) {
  part("status").textContent = text;
  part("status").classList.toggle("busy", busy);
}

async function take(files) {
  const added = files.map((file) => ({
    file,
    name: file.name,
    isVideo: isVideo(file),
    state: "waiting",
    url: URL.createObjectURL(file),
  }));
  if (!added.length) return;
  items.push(...added);
  select(added[0]);
  const waiting = [...added];
  const work = async () => {
    for (let item = waiting.shift(); item; item = waiting.shift()) {
      await look(item);
      const left = added.filter((each) => ["waiting", "busy"].includes(each.state)).length;
      report(left ? `Looking at ${added.length} files, ${left} to go …` : summary(added), left > 0);
    }
  };
  report(`Looking at ${added.length === 1 ? added[0].name : `${added.length} files`} …`, true);
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function look(item) {
  item.state = "busy";
  changed(item);
  try {
    if (item.isVideo) await lookAtVideo(item, changed);
    else await lookAtPicture(item);
    item.state = "done";
  } catch (error) {
    Object.assign(item, { state: "failed", problem: error.message });
  }
  changed(item);
}

async function lookAtPicture(item) {
  const found = await predict(item.file, LOWEST);
  if (found.error) throw new Error(sentence(found.error));
  Object.assign(item, { width: found.width, height: found.height, faces: found.faces });
}

function remove(item) {
  items.splice(items.indexOf(item), 1);
  URL.revokeObjectURL(item.url);
  current = items[0];
  part("result").hidden = !current;
  listItems();
  show();
}

function summary(added) {
  const failed = added.filter((item) => item.state === "failed").length;
  if (added.every((item) => item.isVideo)) return failed ? `${failed} of ${added.length} videos failed.` : "Done.";
  const faces = added.flatMap((item) => shownFaces(item.faces ?? [], filter())).length;
  const read = `${counted(faces)} in ${added.length - failed} of ${added.length} files.`;
  return failed ? `${read} ${failed} could not be read.` : read;
}

function changed(item) {
  listItems();
  if (item === current) show();
}

function select(item) {
  current = item;
  listItems();
  show();
}

function filter() {
  const boxes = [...part("classes").querySelectorAll("input:checked")];
  return { confidence: Number(part("confidence").value), classes: new Set(boxes.map((box) => box.value)) };
}

function shown() {
  return current.edited ?? shownFaces(current.faces ?? [], filter());
}

function show() {
  part("confidence-shown").textContent = Number(part("confidence").value).toFixed(2);
  if (!current) return;
  part("result").hidden = false;
  part("result-title").textContent = current.name;
  part("problem").hidden = current.state !== "failed";
  part("problem").textContent = current.problem ? `Could not be read: ${current.problem}` : "";
  part("shown").hidden = current.isVideo || current.state !== "done";
  part("video").hidden = !current.isVideo || current.state === "failed";
  if (current.isVideo && current.state !== "failed") showVideo(part("video"), current, remove);
  if (current.isVideo || current.state !== "done") return;
  const faces = shown();
  picture.show(current, faces, document.querySelector("input[name=view]:checked").value);
  showCounts(part("classes"), countByClass(current.edited ?? current.faces, server.names, filter().confidence));
  correction?.update();
  showTable(part("table"), faces, {
    cells: (face) => correction?.cells(face) ?? [],
    pick: (face, row) => {
      picture.pick(face);
      for (const each of row.parentNode.children) each.classList.toggle("picked", each === row && face !== null);
    },
  });
}

function listItems() {
  part("items").hidden = items.length < 2;
  part("items").replaceChildren(
    ...items.map((item) => {
      const button = Object.assign(document.createElement("button"), { type: "button", title: item.name });
      button.setAttribute("aria-current", item === current);
      button.classList.toggle("busy", ["waiting", "busy"].includes(item.state));
      const image = Object.assign(document.createElement("img"), { src: item.url, alt: "" });
      image.addEventListener("error", () => (image.hidden = true)); // no picture, or one that this browser cannot show
      const name = Object.assign(document.createElement("span"), { className: "name", textContent: item.name });
      const state = Object.assign(document.createElement("span"), { textContent: stateOf(item) });
      state.className = item.state === "failed" ? "problem" : "soft";
      button.append(image, name, state);
      button.addEventListener("click", () => select(item));
      return listItem(button);
    }),
  );
}

function listItem(content) {
  const made = document.createElement("li");
  made.append(content);
  return made;
}

function stateOf(item) {
  if (item.isVideo) return item.state === "done" ? "video" : readable(item.state);
  if (item.state === "done") return counted(shownFaces(item.faces, filter()).length);
  return readable(item.state);
}

start();
