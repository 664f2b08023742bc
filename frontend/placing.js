/* The dialog in which a picture is placed: by keyboard, mouse, fingers, wheel, buttons and sliders. */

import { draw } from "./picture.js";
import {
  mostZoom,
  moved,
  placeOf,
  rotated,
  sideOf,
  startOf,
  zoomed,
} from "./view.js";

const FRAME = 0.88; // of the stage's shorter side: as in avatars-field.css
const STILL = 4; // pixels: who moves less has tapped
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
they are warned. `apply` is asked with their view whether this was all. Resolves, once the dialog is closed, to whether
they want another photo.
*/
export const place = (dialog, pic, start, settings, text, apply) =>
  new Promise((resolve) => {
    const find = (name) => dialog.querySelector(`[data-${name}]`);
    const [stage, zoom, live] = ["stage", "zoom", "position"].map(find);
    const smalls = [...dialog.querySelectorAll("[data-small]")];
    const ground = settings.background;
    const most = mostZoom(pic, settings.minEdge || 0);
    const pointers = new Map();
    const closed = new AbortController();
    let view = start;
    let isBusy = false;
    let travelled = 0;
    let timer;

    const frame = () => Math.min(stage.clientWidth, stage.clientHeight) * FRAME;
    const show = (next) => {
      const isNew = next !== view;
      if (isNew && isBusy) return;
      view = next;
      const percent = Math.round(view.z * 100);
      const [x, y] = placeOf(pic, view);
      zoom.value = view.z;
      zoom.setAttribute("aria-valuetext", text("percent", { percent }));
      find("blurry").hidden = !(sideOf(pic, view) < settings.sharpEdge);
      find("zoomed-in").hidden = view.z <= 1;
      find("zoomed-out").hidden = view.z > 1;
      const [across, down, side] = [
        stage.clientWidth,
        stage.clientHeight,
        frame(),
      ].map((n) => n * devicePixelRatio);
      draw(
        stage,
        pic,
        view,
        ground,
        Math.round(across),
        Math.round(down),
        side,
      );
      for (const small of smalls)
        draw(small, pic, view, ground, small.dataset.small * devicePixelRatio);
      if (!isNew) return;
      find("help").hidden = true;
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
      reset: () => show(startOf(pic)),
      // Meanwhile nothing else can be sent: the dialog is modal.
      apply: async () => {
        if (isBusy) return;
        isBusy = true;
        try {
          if (await apply(view)) finish();
        } finally {
          isBusy = false;
        }
      },
      cancel: () => finish(),
      retake: () => finish(true),
    };

    /** A point of the page as seen from the middle, in fractions of the frame. */
    const within = (x, y) => {
      const box = stage.getBoundingClientRect();
      return [x - box.x - box.width / 2, y - box.y - box.height / 2].map(
        (n) => n / frame(),
      );
    };
    /** Zoom by so much about a point of the page. */
    const zoomAt = (by, x, y) => zoomTo(view.z * by, ...within(x, y));
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
      input: () => zoomTo(+zoom.value),
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
        travelled = pointers.size > 1 ? STILL : 0;
      },
      pointermove: (event) => {
        if (!pointers.has(event.pointerId)) return;
        const [x, y, spread] = fingers();
        pointers.set(event.pointerId, [event.clientX, event.clientY]);
        const [toX, toY, toSpread] = fingers();
        const dx = toX - x;
        const dy = toY - y;
        travelled += Math.abs(dx) + Math.abs(dy);
        dialog.classList.toggle("avatar-crop--dragging", travelled > STILL);
        show(moved(pic, view, dx / frame(), dy / frame()));
        if (spread && toSpread) zoomAt(toSpread / spread, toX, toY);
      },
      // A tap brings what it points at to the middle: whoever cannot drag can place the picture all the same.
      pointerup: (event) => {
        if (travelled >= STILL) return;
        const [x, y] = within(event.clientX, event.clientY);
        show(moved(pic, view, -x, -y));
      },
      lostpointercapture: ({ pointerId }) => {
        pointers.delete(pointerId);
        dialog.classList.remove("avatar-crop--dragging");
      },
    });

    live.textContent = "";
    zoom.max = most;
    find("zooming").hidden = most <= 1;
    find("help").hidden = false;
    dialog.showModal();
    show(view); // the browser tells of a size a moment later, and until then the zoom would be any
    resized.observe(stage);
    stage.focus();
  });
