// The pure part of avatar-crop.js: `node --test tests/js`.
import assert from "node:assert/strict";
import test from "node:test";
import {
    centred,
    cropText,
    fit,
    MAX_ZOOM,
    mayMove,
    mostZoom,
    moved,
    placed,
    placeOf,
    rotated,
    share,
    sideOf,
    turned,
    typeFor,
    zoomed,
} from "../../src/django_avatars/static/django_avatars/avatar-crop.js";

const wide = { width: 800, height: 600 };
const bytes = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const near = (view, other) => {
    for (const key of ["r", "z", "x", "y"])
        assert.ok(
            Math.abs(view[key] - other[key]) < 1e-9,
            `${key}: ${view[key]}`,
        );
};

test("a picture starts in the middle, with its whole shorter side", () => {
    near(centred(wide), { r: 0, z: 1, x: 0.125, y: 0 });
    near(centred({ width: 600, height: 800 }), { r: 0, z: 1, x: 0, y: 0.125 });
});

test("turning swaps width and height", () => {
    assert.deepEqual(turned(wide, 90), [600, 800]);
    assert.deepEqual(turned(wide, 180), [800, 600]);
});

test("the frame is measured in pixels of the file and in fractions of the picture", () => {
    assert.equal(sideOf(wide, { r: 0, z: 2 }), 300);
    assert.deepEqual(share(wide, { r: 0, z: 2 }), [0.375, 0.5]);
});

test("a picture always covers the frame", () => {
    near(fit(wide, { r: 0, z: 1, x: 9, y: 9 }), { r: 0, z: 1, x: 0.25, y: 0 });
    near(fit(wide, { r: 0, z: 2, x: -9, y: -9 }), { r: 0, z: 2, x: 0, y: 0 });
    near(moved(wide, { r: 90, z: 5, x: 0.5, y: 0.5 }, -99, 99), {
        r: 90,
        z: 5,
        x: 0.8,
        y: 0,
    });
});

test("moving the picture right shows what is left of it", () => {
    near(moved(wide, centred(wide), 0.1, 0), { r: 0, z: 1, x: 0.05, y: 0 });
});

test("zooming keeps the point under the fingers", () => {
    const start = { r: 0, z: 2, x: 0.3, y: 0.2 };
    const end = zoomed(wide, start, 4, MAX_ZOOM, 0.25, 0.75);
    const point = (view) =>
        share(wide, view).map(
            (part, i) => [view.x, view.y][i] + part * [0.25, 0.75][i],
        );
    for (const i of [0, 1])
        assert.ok(Math.abs(point(start)[i] - point(end)[i]) < 1e-9);
});

test("zoom has its limits", () => {
    assert.equal(zoomed(wide, centred(wide), 99, MAX_ZOOM).z, 5);
    assert.equal(zoomed(wide, centred(wide), 0.1, MAX_ZOOM).z, 1);
    assert.equal(mostZoom(wide, 1), 5);
    assert.equal(mostZoom({ width: 160, height: 128 }, 1), 2);
    assert.equal(mostZoom({ width: 160, height: 128 }, 100), 1.28);
    assert.equal(mostZoom({ width: 20, height: 20 }, 1), 1);
});

test("four turns lead back, and one there undoes one back", () => {
    const start = { r: 0, z: 2, x: 0.1, y: 0.3 };
    let view = start;
    for (let i = 0; i < 4; i++) view = rotated(wide, view, 90);
    near(view, start);
    near(rotated(wide, rotated(wide, start, 90), -90), start);
});

test("a turned picture shows the same middle", () => {
    near(rotated(wide, { r: 0, z: 2, x: 0, y: 0 }, 90), {
        r: 90,
        z: 2,
        x: 0.5,
        y: 0,
    });
});

test("sliders and views tell the same", () => {
    assert.deepEqual(placeOf(wide, centred(wide)), [50, 50]);
    assert.deepEqual(
        placeOf(wide, placed(wide, { r: 0, z: 2, x: 0, y: 0 }, 20, 80)),
        [20, 80],
    );
});

test("the crop is written as the server reads it", () => {
    assert.equal(cropText(centred(wide)), "v1;r=0;x=0.125;y=0;s=1");
    assert.equal(
        cropText({ r: 270, z: 3, x: 1e-9, y: 1 / 3 }),
        "v1;r=270;x=0;y=0.333333;s=0.333333",
    );
});

test("animations are known by their first bytes", () => {
    const webp = (flags) => bytes(`RIFF....WEBPVP8X\x0a\0\0\0${flags}\0\0\0`);
    assert.ok(mayMove(bytes("GIF89a")));
    assert.ok(mayMove(webp("\x02")));
    assert.ok(mayMove(webp("\x12")));
    assert.ok(!mayMove(webp("\x10")));
    assert.ok(!mayMove(bytes("RIFF....WEBPVP8 ....\x02")));
    assert.ok(mayMove(bytes("\x89PNG\r\n\x1a\n....IHDR....acTL....IDAT")));
    assert.ok(!mayMove(bytes("\x89PNG\r\n\x1a\n....IHDR....IDAT..acTL")));
    assert.ok(!mayMove(bytes("\xff\xd8\xff")));
});

test("what is drawn is sent as a type that the server takes", () => {
    assert.equal(typeFor(true, "image/jpeg,image/png"), "image/jpeg");
    assert.equal(typeFor(true, "image/png"), "image/png");
    assert.equal(
        typeFor(false, "image/jpeg,image/png,image/webp"),
        "image/webp",
    );
    assert.equal(typeFor(false, "image/jpeg,image/png"), "image/png");
    assert.equal(typeFor(false, "image/jpeg"), undefined);
});

test("the element can be imported where there is no page", async () => {
    await import(
        "../../src/django_avatars/static/django_avatars/avatar-field.js"
    );
});
