/*
Placing a picture in its frame, and what is sent of it. <avatar-field> loads this with the first picture.

`pic` is a decoded picture: {bitmap, width, height}, upright, in pixels of the file. `view` is what is in the frame:
turned by `r` degrees, zoomed by `z` (1: the whole shorter side), from `x`, `y` on (fractions of the turned picture).
*/

export const MAX_ZOOM = 5;
const LEAST_SIDE = 64;
const STEP = 0.02;
const KEYS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const ZOOMS = {
  "+": 1.1,
  "=": 1.1,
  "-": 1 / 1.1,
  PageUp: 1.5,
  PageDown: 1 / 1.5,
};
const TURNS = { "[": -90, ",": -90, "]": 90, ".": 90 };

// Pure: tests/js/crop.test.js.

const within = (n, low, high) => Math.min(Math.max(n, low), high);

export const turned = (pic, r) =>
  r % 180 ? [pic.height, pic.width] : [pic.width, pic.height];

/** Side of the frame, in pixels of the file. */
export const sideOf = (pic, view) => Math.min(pic.width, pic.height) / view.z;

/** Width and height of the frame, as fractions of the turned picture. */
export const share = (pic, view) =>
  turned(pic, view.r).map((length) => sideOf(pic, view) / length);

/** How far one may zoom: what is cut out stays large enough to be shown. */
export const mostZoom = (pic, least) =>
  within(
    Math.min(pic.width, pic.height) / Math.max(least, LEAST_SIDE),
    1,
    MAX_ZOOM,
  );

/** The nearest view that the picture covers. */
export function fit(pic, view) {
  const [w, h] = share(pic, view);
  return { ...view, x: within(view.x, 0, 1 - w), y: within(view.y, 0, 1 - h) };
}

export function centred(pic, r = 0) {
  const [w, h] = share(pic, { r, z: 1 });
  return { r, z: 1, x: (1 - w) / 2, y: (1 - h) / 2 };
}

/** Move the picture by fractions of the frame. */
export function moved(pic, view, dx, dy) {
  const [w, h] = share(pic, view);
  return fit(pic, { ...view, x: view.x - dx * w, y: view.y - dy * h });
}

/** Zoom to `z`; the point at `px`, `py` (fractions of the frame) stays where it is. */
export function zoomed(pic, view, z, most, px = 0.5, py = 0.5) {
  const [w, h] = share(pic, view);
  const zoom = within(z, 1, most);
  const gain = 1 - view.z / zoom;
  return fit(pic, {
    ...view,
    z: zoom,
    x: view.x + px * w * gain,
    y: view.y + py * h * gain,
  });
}

/** Turn by 90 degrees, clockwise or not; the middle stays the middle. */
export function rotated(pic, view, by) {
  const [w, h] = share(pic, view);
  const [x, y] = [view.x + w / 2, view.y + h / 2];
  const [left, top] = by > 0 ? [1 - y, x] : [y, 1 - x];
  return fit(pic, {
    ...view,
    r: (view.r + by + 360) % 360,
    x: left - h / 2,
    y: top - w / 2,
  });
}

/** Where the frame is between the edges, in percent; in the middle where it cannot move. */
export const placeOf = (pic, view) =>
  share(pic, view).map((part, i) =>
    1 - part > 1e-9 ? Math.round((100 * [view.x, view.y][i]) / (1 - part)) : 50,
  );

/** The opposite: a view at these percents. */
export function placed(pic, view, across, down) {
  const [w, h] = share(pic, view);
  return fit(pic, {
    ...view,
    x: (across / 100) * (1 - w),
    y: (down / 100) * (1 - h),
  });
}

/** What the server reads: django_avatars.imaging.recipe.Crop. */
export function cropText({ r, z, x, y }) {
  const parts = Object.entries({ x, y, s: 1 / z }).map(
    ([name, n]) => `;${name}=${+n.toFixed(6)}`,
  );
  return `v1;r=${r}${parts.join("")}`;
}

/** Whether a file that starts with these bytes may be an animation, which would stop if it were drawn. */
export function mayMove(bytes) {
  const text = new TextDecoder("latin1").decode(bytes);
  if (text.startsWith("RIFF"))
    return text.slice(12, 16) === "VP8X" && (bytes[20] & 2) !== 0;
  return (
    text.startsWith("GIF8") ||
    text.slice(0, text.indexOf("IDAT")).includes("acTL")
  );
}

/** The first type that says what is drawn and that the server takes. */
export const typeFor = (isOpaque, accepted) =>
  (isOpaque
    ? ["image/jpeg", "image/webp", "image/png"]
    : ["image/webp", "image/png"]
  ).find((type) => accepted.includes(type));

// Pictures.

/** The file as a picture, at most `edge` pixels long. Rejects what this browser cannot show. */
export async function decoded(file, edge) {
  const whole = await createImageBitmap(file);
  const { width, height } = whole;
  const scale = edge / Math.max(width, height);
  if (scale >= 1) return { bitmap: whole, width, height };
  const [w, h] = [width, height].map((length) =>
    Math.max(1, Math.round(length * scale)),
  );
  const bitmap = await createImageBitmap(whole, {
    resizeWidth: w,
    resizeHeight: h,
    resizeQuality: "high",
  });
  whole.close();
  return { bitmap, width, height };
}

/** Draw what the view shows, the frame being `side` pixels wide and `inset` from the edge. */
export function draw(canvas, pic, view, side, inset = 0) {
  const context = canvas.getContext("2d");
  const [width, height] = turned(pic, view.r);
  const scale = side / sideOf(pic, view);
  context.resetTransform();
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.translate(
    inset - view.x * width * scale,
    inset - view.y * height * scale,
  );
  context.scale(scale, scale);
  context.translate(
    view.r === 90 || view.r === 180 ? width : 0,
    view.r > 90 ? height : 0,
  );
  context.rotate((view.r * Math.PI) / 180);
  context.drawImage(pic.bitmap, 0, 0, pic.width, pic.height);
}

const canvasOf = (width, height) =>
  Object.assign(document.createElement("canvas"), { width, height });

/** Whether a canvas gives back what was put there. A browser that resists fingerprinting gives noise. */
export function readsBack() {
  const context = canvasOf(2, 1).getContext("2d");
  const pixels = new ImageData(
    Uint8ClampedArray.of(1, 2, 3, 255, 250, 128, 7, 255),
    2,
    1,
  );
  context.putImageData(pixels, 0, 0);
  return context
    .getImageData(0, 0, 2, 1)
    .data.every((n, i) => n === pixels.data[i]);
}

function isOpaque(pic) {
  const canvas = canvasOf(64, 64);
  const context = canvas.getContext("2d");
  context.drawImage(pic.bitmap, 0, 0, 64, 64);
  return context
    .getImageData(0, 0, 64, 64)
    .data.every((n, i) => i % 4 < 3 || n === 255);
}

/** What to send: the file and the crop, smaller where it can be, as it is where drawing would spoil it. */
export async function outgoing(
  file,
  pic,
  view,
  { edge, bytes, accepted, square },
) {
  const asItIs = { file, crop: cropText(view) };
  const scale = Math.min(1, edge / Math.max(pic.width, pic.height));
  if (scale === 1 && file.size <= bytes && !square) return asItIs;
  if (
    !readsBack() ||
    mayMove(new Uint8Array(await file.slice(0, 65536).arrayBuffer()))
  )
    return asItIs;
  const type = typeFor(isOpaque(pic), accepted);
  if (!type) return asItIs;
  const side = Math.round(Math.min(edge, sideOf(pic, view)));
  const canvas = square
    ? canvasOf(side, side)
    : canvasOf(pic.width * scale, pic.height * scale);
  draw(
    canvas,
    pic,
    square ? view : { r: 0, z: 1, x: 0, y: 0 },
    Math.min(canvas.width, canvas.height),
  );
  const blob = await new Promise((done) => canvas.toBlob(done, type, 0.92));
  if (
    !blob ||
    !accepted.includes(blob.type) ||
    (!square && blob.size >= file.size)
  )
    return asItIs;
  const name = file.name.replace(
    /(\.[^.]*)?$/,
    `.${blob.type.slice(6).replace("jpeg", "jpg")}`,
  );
  return {
    file: new File([blob], name, { type: blob.type }),
    crop: square ? "" : asItIs.crop,
  };
}

// The dialog.

const INSET = 0.08; // as in avatars-field.css
const QUIET = 400; // milliseconds without a change before the position is announced

/** Let a person place the picture. Resolves to the view, or to null if it was cancelled. */
export function place(dialog, pic, start, { least, sharp, text, say }) {
  const find = (name) => dialog.querySelector(`[data-${name}]`);
  const [stage, zoom, across, down, live] = [
    "stage",
    "zoom",
    "across",
    "down",
    "position",
  ].map(find);
  const most = mostZoom(pic, least);
  const pointers = new Map();
  const closed = new AbortController();
  let view = start;
  let timer;

  function show(next) {
    const isNew = next !== view;
    view = next;
    const percent = Math.round(view.z * 100);
    const [x, y] = placeOf(pic, view);
    Object.assign(zoom, { max: most, value: view.z });
    zoom.setAttribute("aria-valuetext", text("percent", { percent }));
    across.value = x;
    down.value = y;
    find("blurry").hidden = sideOf(pic, view) >= sharp;
    const side = stage.width * (1 - 2 * INSET);
    draw(stage, pic, view, side, stage.width * INSET);
    if (!isNew) return;
    clearTimeout(timer);
    timer = setTimeout(
      () => say(live, text("position", { percent, degrees: view.r, x, y })),
      QUIET,
    );
  }

  const change = {
    move: (dx, dy) => show(moved(pic, view, dx, dy)),
    zoom: (by, px, py) => show(zoomed(pic, view, view.z * by, most, px, py)),
    turn: (by) => show(rotated(pic, view, by)),
    reset: () => show(centred(pic)),
  };
  const resized = new ResizeObserver(() => {
    stage.width = stage.height = Math.round(
      stage.clientWidth * devicePixelRatio,
    );
    show(view);
  });
  /** A point of the page, in fractions of the frame. */
  const inFrame = (x, y) => {
    const box = stage.getBoundingClientRect();
    return [(x - box.x) / box.width, (y - box.y) / box.width].map(
      (n) => (n - INSET) / (1 - 2 * INSET),
    );
  };
  /** Middle and spread of the fingers on the picture. */
  const fingers = () => {
    const [a, b = a] = [...pointers.values()];
    return [
      (a[0] + b[0]) / 2,
      (a[1] + b[1]) / 2,
      Math.hypot(a[0] - b[0], a[1] - b[1]),
    ];
  };

  return new Promise((resolve) => {
    const done = (answer) => {
      if (closed.signal.aborted) return;
      closed.abort();
      clearTimeout(timer);
      resized.disconnect();
      dialog.close();
      resolve(answer);
    };
    const on = (target, type, listener, options) =>
      target.addEventListener(type, listener, {
        signal: closed.signal,
        ...options,
      });

    const acts = {
      apply: () => done(view),
      cancel: () => done(null),
      reset: change.reset,
      in: () => change.zoom(1.1),
      out: () => change.zoom(1 / 1.1),
      left: () => change.turn(-90),
      right: () => change.turn(90),
    };
    on(dialog, "click", ({ target }) =>
      acts[target.closest("[data-do]")?.dataset.do]?.(),
    );
    on(dialog, "close", acts.cancel);
    on(dialog, "keydown", (event) => {
      // A modal of the host around us must stay open, and its form must not be sent.
      if (event.key === "Escape") event.stopPropagation();
      if (event.key !== "Enter" || !event.target.matches("input")) return;
      event.preventDefault();
      acts.apply();
    });
    on(zoom, "input", () => show(zoomed(pic, view, +zoom.value, most)));
    for (const slider of [across, down])
      on(slider, "input", () =>
        show(placed(pic, view, across.value, down.value)),
      );

    on(stage, "keydown", (event) => {
      const { key } = event;
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const by = STEP * (event.shiftKey ? 5 : 1);
      if (KEYS[key]) change.move(KEYS[key][0] * by, KEYS[key][1] * by);
      else if (ZOOMS[key]) change.zoom(ZOOMS[key]);
      else if (TURNS[key]) change.turn(TURNS[key]);
      else if (key === "Home" || key === "0") change.reset();
      else if (key === "Enter") acts.apply();
      else return;
      event.preventDefault();
    });
    on(
      stage,
      "wheel",
      (event) => {
        event.preventDefault();
        change.zoom(
          Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)),
          ...inFrame(event.clientX, event.clientY),
        );
      },
      { passive: false },
    );
    on(stage, "pointerdown", (event) => {
      stage.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
    });
    on(stage, "pointermove", (event) => {
      if (!pointers.has(event.pointerId)) return;
      const [x, y, spread] = fingers();
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
      const [toX, toY, toSpread] = fingers();
      const frame = stage.clientWidth * (1 - 2 * INSET);
      change.move((toX - x) / frame, (toY - y) / frame);
      if (spread && toSpread)
        change.zoom(toSpread / spread, ...inFrame(toX, toY));
    });
    for (const type of ["pointerup", "pointercancel"])
      on(stage, type, ({ pointerId }) => pointers.delete(pointerId));

    say(live, "");
    dialog.showModal();
    resized.observe(stage);
    stage.focus();
  });
}
