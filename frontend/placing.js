/* The dialog in which a picture is placed: by keyboard, mouse, fingers, wheel, buttons and sliders. */

import { draw } from "./picture.js";
import {
  CENTRED,
  mostZoom,
  moved,
  placed,
  placeOf,
  rotated,
  sideOf,
  zoomed,
} from "./view.js";

const FRAME = 0.84; // of the stage: as in avatars-field.css
const QUIET = 400; // milliseconds without a change before the position is announced
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const PAGES = { PageUp: 1.5, PageDown: 1 / 1.5 };

/**
Let a person place the picture, from the view `start` on, with a frame of at least `minEdge` pixels; below `sharpEdge`
they are warned. Resolves, once the dialog is closed, to what `prepare` makes of their view, or to nothing if they cancelled.
*/
export const place = (dialog, pic, start, settings, text, prepare) =>
  new Promise((resolve) => {
    const [stage, zoom, across, down, blurry, live] = [
      "stage",
      "zoom",
      "across",
      "down",
      "blurry",
      "position",
    ].map((name) => dialog.querySelector(`[data-${name}]`));
    const most = mostZoom(pic, settings.minEdge || 0);
    const pointers = new Map();
    const closed = new AbortController();
    let view = start;
    let timer;

    const show = (next) => {
      const isNew = next !== view;
      view = next;
      const percent = Math.round(view.z * 100);
      const [x, y] = placeOf(pic, view);
      zoom.value = view.z;
      zoom.setAttribute("aria-valuetext", text("percent", { percent }));
      across.value = x;
      down.value = y;
      blurry.hidden = !(sideOf(pic, view) < settings.sharpEdge);
      const size = Math.round(stage.clientWidth * devicePixelRatio);
      draw(stage, pic, view, size, size * FRAME);
      if (!isNew) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        live.textContent = text("position", { percent, degrees: view.r, x, y });
      }, QUIET);
    };
    const zoomTo = (z, px, py) => show(zoomed(pic, view, z, most, px, py));
    const resized = new ResizeObserver(() => show(view));
    const finish = (answer) => {
      closed.abort();
      clearTimeout(timer);
      resized.disconnect();
      dialog.close();
      resolve(answer);
    };
    const acts = {
      in: () => zoomTo(view.z * 1.1),
      out: () => zoomTo(view.z / 1.1),
      left: () => show(rotated(view, -90)),
      right: () => show(rotated(view, 90)),
      reset: () => show({ ...CENTRED }),
      apply: () => prepare(view).then(finish), // meanwhile nothing can be sent: the dialog is modal
      cancel: () => finish(),
    };

    /** Zoom by so much about a point of the page. */
    const zoomAt = (by, x, y) => {
      const box = stage.getBoundingClientRect();
      zoomTo(
        view.z * by,
        ...[x - box.x, y - box.y].map((n) => (n / box.width - 0.5) / FRAME),
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

    const on = (target, listeners) => {
      for (const type in listeners)
        target.addEventListener(type, listeners[type], {
          signal: closed.signal,
        });
    };
    on(dialog, {
      click: ({ target }) => acts[target.closest("[data-do]")?.dataset.do]?.(),
      input: ({ target }) =>
        target === zoom
          ? zoomTo(+zoom.value)
          : show(placed(pic, view, across.value, down.value)),
      close: () => dialog.open || finish(), // unless it is open again, for another picture
      keydown: (event) => {
        // A modal of the host around us must stay open, and its form must not be sent.
        if (event.key === "Escape") event.stopPropagation();
        if (event.key !== "Enter" || !event.target.matches("input")) return;
        event.preventDefault();
        acts.apply();
      },
    });
    on(stage, {
      keydown: (event) => {
        const { key } = event;
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const button = dialog.querySelector(
          `[data-keys~="${CSS.escape(key)}"]`,
        );
        const by = event.shiftKey ? 0.1 : 0.02;
        if (ARROWS[key])
          show(moved(pic, view, ...ARROWS[key].map((n) => n * by)));
        else if (PAGES[key]) zoomTo(view.z * PAGES[key]);
        else if (button) button.click();
        else return;
        event.preventDefault();
      },
      wheel: (event) => {
        event.preventDefault();
        zoomAt(
          Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)),
          event.clientX,
          event.clientY,
        );
      },
      pointerdown: (event) => {
        stage.setPointerCapture(event.pointerId);
        pointers.set(event.pointerId, [event.clientX, event.clientY]);
      },
      pointermove: (event) => {
        if (!pointers.has(event.pointerId)) return;
        const [x, y, spread] = fingers();
        pointers.set(event.pointerId, [event.clientX, event.clientY]);
        const [toX, toY, toSpread] = fingers();
        const frame = stage.clientWidth * FRAME;
        show(moved(pic, view, (toX - x) / frame, (toY - y) / frame));
        if (spread && toSpread) zoomAt(toSpread / spread, toX, toY);
      },
      lostpointercapture: ({ pointerId }) => pointers.delete(pointerId),
    });

    live.textContent = "";
    zoom.max = most;
    dialog.showModal();
    resized.observe(stage);
    stage.focus();
  });
