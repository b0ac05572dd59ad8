// Which faces are shown, and how many there are of each class.

export const SHORT = { with_mask: ["mask", "M"], without_mask: ["no mask", "N"], mask_worn_incorrectly: ["incorrect", "I"] };

export function shownFaces(faces, filter) {
  return faces.filter((face) => face.corrected || (face.confidence > filter.confidence && filter.classes.has(face.label)));
}

// Above the confidence, whether the class is switched on or not.
export function countByClass(faces, names, confidence) {
  const counts = Object.fromEntries(names.map((name) => [name, 0]));
  for (const face of faces) if (face.corrected || face.confidence > confidence) counts[face.label] += 1;
  return counts;
}

export function readable(label) {
  return label.replaceAll("_", " ");
}

export function counted(number) {
  return `${number} ${number === 1 ? "face" : "faces"}`;
}
