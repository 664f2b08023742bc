/*
What is in the frame: geometry alone, tested by tests/js/view.test.mjs.

`pic` has the width and height of the upright picture, in pixels of the file, and maybe a `focus`: the point that it
is first placed about, in fractions of them. A view {r, z, x, y} is turned clockwise by
`r` degrees and zoomed by `z` (1: the whole shorter side); the middle of the frame lies `x`, `y` pixels off the middle
of the picture, as it was before it was turned.
*/

const MAX_ZOOM = 5;
const LEAST_SIDE = 64;

const FOCUS = [1 / 2, 1 / 3]; // of width and height, where faces are: as in django_avatars.imaging

export const CENTRED = { r: 0, z: 1, x: 0, y: 0 };

const within = (n, low, high) => Math.max(low, Math.min(n, high));

/** A point, turned clockwise by so many times 90 degrees about 0, 0. */
export const turned = (x, y, r) => (r > 0 ? turned(-y, x, r - 90) : [x, y]);

/** Side of the frame, in pixels of the file. */
export const sideOf = (pic, { z }) => Math.min(pic.width, pic.height) / z;

/** How far one may zoom: what is cut out stays large enough to be shown. */
export const mostZoom = ({ width, height }, least) =>
  within(Math.min(width, height) / Math.max(least, LEAST_SIDE), 1, MAX_ZOOM);

/** For width and height as they are seen: where the middle of the frame is, the length, and the room to move. */
const axes = (pic, view) => {
  const lengths = [pic.width, pic.height];
  if (view.r % 180) lengths.reverse();
  return turned(view.x, view.y, view.r).map((at, i) => ({
    at,
    length: lengths[i],
    room: lengths[i] - sideOf(pic, view),
  }));
};

/** The view with the middle of the frame at this point as it is seen, or at the nearest that the picture covers. */
const at = (pic, view, x, y) => {
  const side = sideOf(pic, view);
  const [inX, inY] = turned(x, y, 360 - view.r);
  const most = (length) => (length - side) / 2;
  return {
    ...view,
    x: within(inX, -most(pic.width), most(pic.width)),
    y: within(inY, -most(pic.height), most(pic.height)),
  };
};

/** Where a picture starts: its whole shorter side, about its `focus`; without one, of a portrait the upper part. */
export const startOf = (pic) => {
  const [x, y] = pic.focus ?? FOCUS;
  return at(pic, CENTRED, (x - 0.5) * pic.width, (y - 0.5) * pic.height);
};

/** Move the picture by fractions of the frame. */
export const moved = (pic, view, dx, dy) => {
  const [x, y] = axes(pic, view);
  const side = sideOf(pic, view);
  return at(pic, view, x.at - dx * side, y.at - dy * side);
};

/** Zoom to `z`; the point at `px`, `py` (off the middle, in fractions of the frame) stays where it is. */
export const zoomed = (pic, view, z, most, px = 0, py = 0) => {
  const next = { ...view, z: within(z, 1, most) };
  const gain = 1 - next.z / view.z;
  return moved(pic, next, px * gain, py * gain);
};

export const rotated = (view, by) => ({
  ...view,
  r: (view.r + by + 360) % 360,
});

/** Where the frame is between the edges, in percent; in the middle where it cannot move. */
export const placeOf = (pic, view) =>
  axes(pic, view).map(({ at, room }) =>
    Math.round(50 + (100 * at) / (room + 1e-9)),
  );

/** What the server reads: django_avatars.imaging.recipe.Crop. */
export const cropText = (pic, view) => {
  const [x, y] = axes(pic, view).map(
    ({ at, length, room }) => (at + room / 2) / length,
  );
  const [left, top, side] = [x, y, 1 / view.z].map((n) => +n.toFixed(6));
  return `v1;r=${view.r};x=${left};y=${top};s=${side}`;
};

/** The opposite: the view of such a text; where a picture starts, if it is none. */
export const viewOf = (pic, text) => {
  const [, r, left, top, s] = text.split(/;\w=/).map(Number);
  if (!s) return startOf(pic);
  const view = { ...CENTRED, r, z: 1 / s };
  const [x, y] = axes(pic, view);
  return at(
    pic,
    view,
    left * x.length - x.room / 2,
    top * y.length - y.room / 2,
  );
};
