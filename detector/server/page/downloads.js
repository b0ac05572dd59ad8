// The shown faces as files: what is downloaded is what is seen.
import { inkOn, placeLabels } from "./labels.js";
import { readable } from "./faces.js";

export async function download(kind, item, faces, { colours, image, names }) {
  const stem = item.name.replace(/\.[^.]*$/, "");
  if (kind === "json") save(`${stem}.json`, "application/json", asJson(item, faces, names));
  if (kind === "csv") save(`${stem}.csv`, "text/csv", asCsv(item, faces));
  if (kind === "yolo") save(`${stem}.txt`, "text/plain", asYolo(item, faces));
  if (kind === "copy") saveBlob(`${stem}-annotated.jpg`, await annotatedCopy(item, faces, colours, image));
}

function plain(face) {
  const { label, class_id, confidence, xyxy, tracker_id } = face;
  return { label, class_id, confidence, xyxy, tracker_id };
}

export function asJson({ name, width, height }, faces, names) {
  const counts = Object.fromEntries(names.map((each) => [each, faces.filter((face) => face.label === each).length]));
  return JSON.stringify({ name, width, height, faces: faces.map(plain), counts }, null, 1);
}

export function asCsv({ name }, faces) {
  const quoted = /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
  const rows = faces.map((face) => {
    const score = face.confidence === null ? "" : face.confidence.toFixed(4);
    return [quoted, 0, "", face.label, score, ...face.xyxy.map((value) => value.toFixed(2)), ""].join(",");
  });
  return ["source,frame,seconds,label,confidence,x1,y1,x2,y2,tracker_id", ...rows, ""].join("\r\n");
}

export function asYolo({ width, height }, faces) {
  return faces
    .map(({ class_id, xyxy: [x1, y1, x2, y2] }) => {
      const values = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height];
      return `${class_id} ${values.map((value) => value.toFixed(6)).join(" ")}\n`;
    })
    .join("");
}

function annotatedCopy({ width, height }, faces, colours, image) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, width, height);
  const size = Math.max(12, Math.min(width, height) * 0.025);
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textBaseline = "alphabetic";
  const labels = placeLabels(faces, { width, height, size, measure: (text) => context.measureText(text).width });
  faces.forEach((face, i) => {
    const colour = colours[face.label] ?? "#1478c8";
    const [x1, y1, x2, y2] = face.xyxy;
    [context.strokeStyle, context.lineWidth] = [colour, Math.max(2, size / 7)];
    context.strokeRect(x1, y1, x2 - x1, y2 - y1);
    if (!labels[i]) return;
    context.fillStyle = colour;
    context.fillRect(labels[i].x, labels[i].y, labels[i].width, labels[i].height);
    context.fillStyle = inkOn(colour);
    context.fillText(labels[i].text, labels[i].x + size * 0.3, labels[i].y + size * 1.05);
  });
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
}

function save(name, type, text) {
  saveBlob(name, new Blob([text], { type }));
}

function saveBlob(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
