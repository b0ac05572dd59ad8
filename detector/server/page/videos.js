// Videos: sent with their progress, looked at as a job, shown with their results.
import { ApiError, request, sentence } from "./api.js";
import { readable } from "./faces.js";

const SUFFIXES = /\.(mp4|m4v|mov|mkv|avi|webm|ts|mts|mpg|mpeg|wmv|flv|3gp|ogv|vob|mxf)$/i;

export function isVideo(file) {
  return file.type.startsWith("video/") || SUFFIXES.test(file.name);
}

// Sends a video and follows its job; resolves when it has ended.
export async function lookAtVideo(item, changed) {
  item.job = await send(item.file, (share) => {
    item.sent = share;
    changed(item);
  });
  await new Promise((done) => {
    const events = new EventSource(item.job.events);
    events.addEventListener("job", ({ data }) => {
      item.job = JSON.parse(data);
      changed(item);
      if (["finished", "failed"].includes(item.job.state)) {
        events.close();
        done();
      }
    });
  });
  if (item.job.state === "failed") throw new Error(item.job.error ? sentence(item.job.error) : "no reason is known");
}

// Not fetch, which does not tell how much of a body is sent.
function send(file, progress) {
  return new Promise((done, fail) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", "/v1/videos");
    sending.responseType = "json";
    sending.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
    sending.addEventListener("error", () => fail(new ApiError({ found: "the server does not answer" })));
    sending.addEventListener("load", () => {
      if (sending.status === 202) done(sending.response);
      else fail(new ApiError(sending.response ?? { found: `status ${sending.status}` }));
    });
    const body = new FormData();
    body.append("file", file, file.name);
    sending.send(body);
  });
}

export function showVideo(container, item, remove) {
  const { job, state } = item;
  if (state === "done" && container.dataset.shown === job.id) return; // do not start the player again
  container.dataset.shown = state === "done" ? job.id : "";
  if (state !== "done") {
    container.replaceChildren(progressOf(item));
    return;
  }
  const copy = job.results.find(({ name }) => name.endsWith(".mp4"));
  const parts = [];
  if (copy) parts.push(Object.assign(document.createElement("video"), { src: copy.href, controls: true, loop: true }));
  if (job.error) parts.push(paragraph(`Damaged: ${sentence(job.error)}`, "problem"));
  const counts = Object.entries(job.counts).map(([name, count]) => `${readable(name)}: ${count}`);
  parts.push(paragraph(`Faces in ${job.frames} frames. ${counts.join(", ")}.`));
  parts.push(paragraph(`Results are kept until ${new Date(job.expires).toLocaleString()}.`, "soft"));
  const row = Object.assign(document.createElement("div"), { className: "row" });
  for (const { name, href } of job.results) {
    row.append(Object.assign(document.createElement("a"), { href, download: name, textContent: name }));
  }
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Delete from the server" });
  button.addEventListener("click", async () => {
    await request(`/v1/videos/${job.id}`, { method: "DELETE" });
    remove(item);
  });
  container.replaceChildren(...parts, row, button);
}

function progressOf({ job, sent }) {
  const label = document.createElement("label");
  const bar = document.createElement("progress");
  if (!job) {
    label.append(`Sending: ${Math.round((sent ?? 0) * 100)} %`);
    bar.value = sent ?? 0;
  } else if (job.state === "waiting") {
    label.append("Waiting for the videos before it");
  } else {
    label.append(job.of ? `Frame ${job.frames} of ${job.of}` : `Frame ${job.frames}`);
    if (job.of) bar.value = Math.min(1, job.frames / job.of);
  }
  label.append(bar);
  return label;
}

function paragraph(text, className = "") {
  return Object.assign(document.createElement("p"), { textContent: text, className });
}
