/* Taking a photo, for <avatar-field>, which loads this when its camera is asked for. */

/**
Show the camera in `dialog`, if `isWanted()` still holds once the camera is there. Resolves to the photo, or to null if
it was cancelled; rejects without a camera.
*/
export async function photograph(dialog, isWanted = () => true) {
  const video = dialog.querySelector("video");
  const stream = await navigator.mediaDevices.getUserMedia({
    video: {
      facingMode: "user",
      width: { ideal: 1280 },
      height: { ideal: 1280 },
    },
  });
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  // By now the dialog may show another camera, or none may be wanted.
  if (!isWanted()) {
    stop();
    return null;
  }
  const closed = new AbortController();
  const on = (target, type, listener) =>
    target.addEventListener(type, listener, { signal: closed.signal });
  try {
    video.style.transform = "scaleX(-1)"; // as in a mirror
    video.style.objectFit = "cover";
    video.srcObject = stream;
    await video.play();
    if (!isWanted()) return null;
    dialog.showModal();
    return await new Promise((resolve) => {
      on(dialog, "close", () => resolve(null));
      on(
        dialog,
        "keydown",
        (event) => event.key === "Escape" && event.stopPropagation(),
      );
      on(dialog, "click", ({ target }) => {
        const { do: act } = target.closest("[data-do]")?.dataset ?? {};
        if (act === "cancel") resolve(null);
        if (act === "shoot") resolve(shot(video));
      });
      dialog.querySelector("[data-do=shoot]").focus();
    });
  } finally {
    closed.abort();
    stop();
    video.srcObject = null;
    dialog.close();
  }
}

/** What the camera sees; only the preview is mirrored. */
async function shot(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((done) =>
    canvas.toBlob(done, "image/jpeg", 0.95),
  );
  return new File([blob], "photo.jpg", { type: blob.type });
}
