/*
Pictures: decoding, drawing, and what is sent of them. `pic` is {bitmap, width, height}: upright, width and height in
pixels of the file, of which the bitmap may have fewer.
*/

import { cropText, sideOf } from "./view.js";

const MOVING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that chunk has six bytes
  /^GIF8|^RIFF.{4}WEBPVP8X.*ANIM\x06|^.PNG(?:(?!IDAT).)*acTL/s;

const KINDS = Object.entries({
  jpeg: /^\xff\xd8\xff/,
  png: /^\x89PNG/,
  gif: /^GIF8/,
  webp: /^RIFF.{4}WEBP/s,
  avif: /^.{4}ftypavi/s,
  heic: /^.{4}ftyp(he|m[is]f)/s,
});

/** The type that the first bytes of a file tell, whatever its name says; nothing where they are of no picture we know. */
export const typeOf = (bytes) => {
  const text = new TextDecoder("latin1").decode(bytes);
  const kind = KINDS.find(([, start]) => start.test(text));
  return kind ? `image/${kind[0]}` : "";
};

/** Whether a file that starts with these bytes may be an animation, which would stop if it were drawn. */
export const mayMove = (bytes) =>
  MOVING.test(new TextDecoder("latin1").decode(bytes));

/** The first type that says what is drawn and that the server takes. */
export const typeFor = (isOpaque, accepted) =>
  ["image/jpeg", "image/webp", "image/png"].find(
    (type, i) => (isOpaque || i) && accepted.includes(type),
  );

/**
The file as a picture, its bitmap at most `edge` pixels long, or as long as its shorter side needs to have `least`.
Rejects what this browser cannot show.
*/
export const decoded = async (file, edge, least = 0) => {
  // Neither the server nor most browsers turn a WebP as its metadata say.
  const isWebP = typeOf(await file.slice(0, 16).arrayBuffer()).endsWith("webp");
  let bitmap = await createImageBitmap(
    file,
    isWebP ? { imageOrientation: "none" } : {},
  );
  const { width, height } = bitmap;
  const scale = Math.max(
    edge / Math.max(width, height),
    least / Math.min(width, height),
  );
  if (scale < 1) {
    const whole = bitmap;
    bitmap = await createImageBitmap(whole, {
      resizeWidth: Math.ceil(width * scale - 1e-6),
      resizeHeight: Math.ceil(height * scale - 1e-6),
      resizeQuality: "high",
    });
    whole.close();
  }
  return { bitmap, width, height };
};

/** Paint on this canvas, which is emptied and given a size. Gives its context. */
const painted = (canvas, width, height, paint) => {
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  paint(context);
  return context;
};

/** A small copy of the whole picture as a JPEG, its longer side of at most `edge` pixels. */
export const copyOf = ({ bitmap }, edge, ground) => {
  const scale = Math.min(edge / Math.max(bitmap.width, bitmap.height), 1);
  const [width, height] = [bitmap.width, bitmap.height].map((length) =>
    Math.max(Math.round(length * scale), 1),
  );
  const canvas = document.createElement("canvas");
  painted(canvas, width, height, (context) => {
    context.fillStyle = ground || "#fff";
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0, width, height);
  });
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/jpeg", 0.9);
  });
};

/**
Draw what the view shows on so many pixels, the frame being `side` pixels wide in their middle. What is transparent is
seen on `ground`, as it will be stored, or stays so.
*/
export const draw = (
  canvas,
  pic,
  view,
  ground,
  across,
  down = across,
  side = across,
) =>
  painted(canvas, across, down, (context) => {
    const scale = side / sideOf(pic, view);
    const { width, height } = pic;
    context.imageSmoothingQuality = "high";
    context.translate(across / 2, down / 2);
    context.rotate((view.r * Math.PI) / 180);
    context.scale(scale, scale);
    if (ground) {
      context.fillStyle = ground;
      context.fillRect(
        -width / 2 - view.x,
        -height / 2 - view.y,
        width,
        height,
      );
    }
    context.drawImage(
      pic.bitmap,
      -width / 2 - view.x,
      -height / 2 - view.y,
      width,
      height,
    );
  });

/**
What to send, as [file, crop]: smaller where it can be, never with fewer pixels in the frame than are stored, and as it is
where drawing would spoil it. `accepted` is what the server takes, `settings` has {maxBytes, maxPixels, fullEdge, square}:
with square the square alone is sent, and no crop.
*/
export const outgoing = async (file, pic, view, accepted, settings) => {
  const { width, height } = pic;
  const isSquare = "square" in settings;
  const crop = cropText(pic, view);
  const canvas = document.createElement("canvas");
  const side = sideOf(pic, view);
  const share = pic.bitmap.width / width;
  const mostShare = Math.min(1, (settings.maxPixels / width / height) ** 0.5);
  const needed = Math.min(settings.fullEdge / side, mostShare);
  /** What a square of so many pixels gives back. */
  const readBack = (size, paint) =>
    painted(canvas, size, size, paint).getImageData(0, 0, size, size).data;
  // A browser that resists fingerprinting gives noise.
  const test = new ImageData(2, 2);
  test.data.fill(255).set([1, 2, 3, 255, 250, 128, 7]);
  const isHonest = () =>
    `${readBack(2, (context) => context.putImageData(test, 0, 0))}` ===
    `${test.data}`;
  const isOpaque = () =>
    readBack(64, (context) =>
      context.drawImage(pic.bitmap, 0, 0, 64, 64),
    ).every((n, i) => i % 4 < 3 || n > 254);
  /** What is drawn of this bitmap, as a file; nothing where that is not taken, or not smaller. */
  const drawn = async (bitmap) => {
    if (isSquare)
      // No more pixels than the bitmap has: they would be made up.
      draw(
        canvas,
        { ...pic, bitmap },
        view,
        "",
        Math.round((side * bitmap.width) / width),
      );
    else
      painted(canvas, bitmap.width, bitmap.height, (context) =>
        context.drawImage(bitmap, 0, 0),
      );
    const blob = await new Promise((done) => canvas.toBlob(done, type, 0.92));
    // A browser that cannot write this type gives a PNG.
    if (
      !accepted.includes(blob?.type) ||
      blob.size > settings.maxBytes ||
      (canSendFile && !isSquare && blob.size >= file.size)
    )
      return;
    const ending = blob.type.slice(6).replace("jpe", "jp");
    const name = file.name.replace(/(\.[^.]*)?$/, `.${ending}`);
    return new File([blob], name, blob);
  };

  const canSendFile =
    file.size <= settings.maxBytes &&
    accepted.includes(file.type) &&
    mostShare === 1;
  if (
    (!isSquare && canSendFile && (share === 1 || needed > 0.9)) ||
    !isHonest() ||
    mayMove(await file.slice(0, 1e6).arrayBuffer())
  )
    return [file, crop];
  const type = typeFor(isOpaque(), accepted);
  let made;
  if (share < needed) {
    const { bitmap } = await decoded(file, needed * Math.max(width, height));
    made = await drawn(bitmap);
    bitmap.close();
    if (!made && !isSquare && canSendFile) return [file, crop];
  }
  made ??= await drawn(pic.bitmap);
  return made ? [made, isSquare ? "" : crop] : [file, crop];
};
