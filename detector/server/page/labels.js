// Where the labels of boxes are written: beside the box, inside the picture, off other labels and faces.
// In a crowd a label shortens, to a letter at last.
import { SHORT, readable } from "./faces.js";

const CROWD = 10;

export function placeLabels(faces, { width, height, size, measure }) {
  const taken = faces.map((face) => face.xyxy);
  return faces.map((face, i) => {
    const others = taken.filter((_, j) => j !== i);
    const widest = faces.length >= CROWD ? 2.5 * (face.xyxy[2] - face.xyxy[0]) : Infinity;
    const placed = place(face, others, { width, height, size, measure, widest });
    if (placed) taken.push([placed.x, placed.y, placed.x + placed.width, placed.y + placed.height]);
    return placed;
  });
}

function place(face, others, { width, height, size, measure, widest }) {
  for (const text of texts(face)) {
    const w = measure(text) + size * 0.6;
    const h = size * 1.4;
    if (w > widest && text.length > 1) continue;
    for (const [left, y] of spots(face.xyxy, w, h)) {
      const x = Math.min(Math.max(left, 0), width - w);
      const fits = x >= 0 && y >= 0 && y + h <= height;
      if (fits && !others.some((box) => overlaps(box, [x, y, x + w, y + h]))) return { text, x, y, width: w, height: h };
    }
  }
  return null;
}

function texts(face) {
  const [short, letter] = SHORT[face.label] ?? [face.label.slice(0, 4), face.label[0]];
  const score = face.confidence === null ? [] : [`${readable(face.label)} ${face.confidence.toFixed(2)}`];
  return [...score, readable(face.label), short, letter];
}

function spots([x1, y1, x2, y2], w, h) {
  const outside = [[x1, y1 - h], [x2 - w, y1 - h], [x1, y2], [x2 - w, y2]];
  return y2 - y1 > 4 * h ? [...outside, [x1, y1]] : outside;
}

function overlaps([a1, b1, a2, b2], [c1, d1, c2, d2]) {
  return a1 < c2 && c1 < a2 && b1 < d2 && d1 < b2;
}

// Black or white, whichever is read more easily on a colour such as #27ae60.
export function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.179 ? "#000000" : "#ffffff";
}
