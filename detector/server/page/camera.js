// Pictures from the camera of this device.
import { timeStamp } from "./files.js";

export function offerCamera(button, take, report) {
  const dialog = document.getElementById("camera-dialog");
  const video = document.getElementById("camera-video");
  let stream = null;

  button.hidden = !navigator.mediaDevices?.getUserMedia; // browsers offer it over HTTPS and on localhost only
  button.addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
    } catch (error) {
      report(`The camera cannot be used: ${error.message}`);
      return;
    }
    video.srcObject = stream;
    dialog.showModal();
  });
  document.getElementById("camera-take").addEventListener("click", async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
    dialog.close();
    if (blob) take([new File([blob], `camera-${timeStamp()}.jpg`, { type: "image/jpeg" })]);
  });
  document.getElementById("camera-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  });
}
