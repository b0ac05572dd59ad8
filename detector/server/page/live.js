// The live view: one stream of events; a picture is fetched when its camera has a new one and the last has come.
import { readable } from "./faces.js";

const STATES = ["with_mask", "mask_worn_incorrectly", "without_mask", "undecided"];
const MOST_EVENTS = 50;
const part = (id) => document.getElementById(id);
const cameras = new Map();

function start() {
  const stream = new EventSource("/v1/live/events");
  stream.addEventListener("open", () => {
    part("events").replaceChildren(); // the server sends the last ones again
    part("status").textContent = "";
    document.documentElement.dataset.ready = "true";
  });
  stream.addEventListener("error", () => {
    part("status").textContent = "No connection to the server; trying again …";
    if (stream.readyState === EventSource.CLOSED) setTimeout(start, 3000);
  });
  stream.addEventListener("status", ({ data }) => showStatus(JSON.parse(data)));
  stream.addEventListener("today", ({ data }) => showToday(JSON.parse(data)));
  stream.addEventListener("event", ({ data }) => addEvent(JSON.parse(data)));
}

function showStatus({ cameras: list, problem }) {
  part("status").textContent = problem ?? "";
  for (const camera of list) {
    if (!cameras.has(camera.name)) {
      cameras.set(camera.name, new CameraCard(camera.name));
      part("cameras").append(cameras.get(camera.name).section);
    }
    cameras.get(camera.name).show(camera);
  }
}

class CameraCard {
  constructor(name) {
    this.name = name;
    this.section = document.createElement("section");
    this.title = make("h2", name);
    this.state = make("p", "");
    this.image = Object.assign(new Image(), { alt: `Newest picture of ${name}`, hidden: true });
    this.people = make("dl", "");
    this.lines = make("div", "");
    this.image.addEventListener("load", () => ([this.image.hidden, this.loading] = [false, false]));
    this.image.addEventListener("error", () => (this.loading = false));
    this.section.append(this.title, this.state, this.image, this.people, this.lines);
  }

  show({ state, reason, since, fps, people, lines, picture }) {
    const when = new Date(since).toLocaleTimeString();
    const why = reason ? `: ${reason}` : "";
    const word = state === "ended" ? "at" : "since";
    this.state.textContent = state === "up" ? `${fps} pictures a second` : `${state} ${word} ${when}${why}`;
    this.state.className = state === "up" || state === "ended" ? "soft" : "problem";
    this.section.classList.toggle("down", state !== "up");
    list(this.people, STATES.map((name) => [readable(name), people[name]]));
    if (lines.length) showLines(this.lines, lines);
    if (picture && picture !== this.shown && !this.loading && !document.hidden) {
      [this.shown, this.loading] = [picture, true];
      this.image.src = `/v1/live/${encodeURIComponent(this.name)}.jpg?picture=${picture}`;
    }
  }
}

function showLines(element, lines) {
  if (isShown(element, lines)) return;
  const table = make("table", "");
  table.createTHead().insertRow().append(...["line", "in", "out", "inside"].map((name) => heading(name, "col")));
  const body = table.createTBody();
  for (const line of lines) {
    const numbers = [line.in, line.out, line.inside ?? "–"].map((number) => make("td", number));
    body.insertRow().append(heading(line.name, "row"), ...numbers);
  }
  element.replaceChildren(table);
}

function heading(text, scope) {
  return Object.assign(make("th", text), { scope });
}

function showToday(today) {
  const percent = (share) => (share === null ? "nobody yet" : `${(share * 100).toFixed(1)} %`);
  if (!today) list(part("today"), [["masks worn correctly", "nothing is stored yet"]]);
  else {
    list(part("today"), [
      ["masks worn correctly", percent(today.compliance)],
      ["of the time watched", percent(today.watched)],
      ["people", today.people],
      ["alerts", today.alerts],
    ]);
  }
}

function addEvent({ kind, camera, time, text, state, snapshot, clip }) {
  const item = document.createElement("li");
  if (snapshot) item.append(Object.assign(new Image(), { src: snapshot, alt: "" }));
  const stamp = make("time", new Date(time).toLocaleTimeString());
  stamp.dateTime = time;
  const words = make("span", "");
  words.append(stamp, ` ${camera}: ${text}`);
  item.className = kind === "alert" || state === "without_mask" ? "problem" : "";
  item.append(words);
  if (clip) item.append(clipButton(clip, `${camera}: ${text}`));
  part("events").prepend(item);
  while (part("events").children.length > MOST_EVENTS) part("events").lastChild.remove();
}

function clipButton(address, title) {
  const button = Object.assign(make("button", "Clip"), { type: "button" });
  button.setAttribute("aria-label", `Clip of ${title}`);
  button.addEventListener("click", () => {
    part("clip-title").textContent = title;
    part("clip-problem").hidden = true;
    part("clip").src = part("clip-save").href = address;
    part("clip-dialog").showModal();
  });
  return button;
}

function setUpClips() {
  part("clip").addEventListener("error", () => (part("clip-problem").hidden = !part("clip").getAttribute("src")));
  part("clip-close").addEventListener("click", () => part("clip-dialog").close());
  part("clip-dialog").addEventListener("close", () => {
    part("clip").removeAttribute("src");
    part("clip").load();
  });
}

function list(element, pairs) {
  if (isShown(element, pairs)) return;
  element.replaceChildren(
    ...pairs.map(([name, value]) => {
      const both = document.createElement("div");
      both.append(make("dt", name), make("dd", value));
      return both;
    }),
  );
}

function isShown(element, values) {
  const wanted = JSON.stringify(values);
  const before = element.dataset.shown;
  element.dataset.shown = wanted;
  return before === wanted; // so that screen readers and selections are not disturbed
}

function make(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}

setUpClips();
start();
