// What is in the frame, frontend/view.js: `tox run -e js`.
import assert from "node:assert/strict";
import test from "node:test";
import {
    CENTRED,
    cropText,
    mostZoom,
    moved,
    placeOf,
    rotated,
    sideOf,
    startOf,
    turned,
    viewOf,
    zoomed,
} from "../../frontend/view.js";

const wide = { width: 800, height: 600 };
const high = { width: 600, height: 800 };
const turns = [0, 90, 180, 270];
const near = (view, other) => {
    for (const key of ["r", "z", "x", "y"])
        assert.ok(
            Math.abs(view[key] - other[key]) < 1e-3,
            `${key}: ${view[key]}`,
        );
};

test("a picture starts in the middle, with its whole shorter side", () => {
    assert.equal(cropText(wide, CENTRED), "v1;r=0;x=0.125;y=0;s=1");
    assert.equal(cropText(high, CENTRED), "v1;r=0;x=0;y=0.125;s=1");
});

test("a point turns clockwise", () => {
    assert.deepEqual(
        turns.map((r) => turned(1, 2, r).map((n) => n + 0)),
        [
            [1, 2],
            [-2, 1],
            [-1, -2],
            [2, -1],
        ],
    );
});

test("the frame is measured in pixels of the file", () => {
    assert.equal(sideOf(wide, { z: 2 }), 300);
    assert.equal(sideOf(high, { z: 1 }), 600);
});

test("a picture always covers the frame", () => {
    near(moved(wide, CENTRED, -9, -9), { r: 0, z: 1, x: 100, y: 0 });
    near(moved(wide, { ...CENTRED, z: 2 }, 9, 9), {
        r: 0,
        z: 2,
        x: -250,
        y: -150,
    });
    near(zoomed(wide, { r: 0, z: 2, x: 250, y: 150 }, 1, 5), {
        r: 0,
        z: 1,
        x: 100,
        y: 0,
    });
});

test("directions are those of the screen, however the picture is turned", () => {
    const crops = turns.map((r) =>
        cropText(wide, moved(wide, { r, z: 2, x: 0, y: 0 }, 0.1, 0.2)),
    );
    assert.deepEqual(crops, [
        "v1;r=0;x=0.275;y=0.15;s=0.5",
        "v1;r=90;x=0.2;y=0.2375;s=0.5",
        "v1;r=180;x=0.275;y=0.15;s=0.5",
        "v1;r=270;x=0.2;y=0.2375;s=0.5",
    ]);
});

test("zooming keeps the point under the fingers", () => {
    for (const r of turns) {
        const start = { r, z: 2, x: 40, y: -30 };
        const end = zoomed(wide, start, 4, 5, 0.25, -0.4);
        const under = (view) => {
            const [x, y] = turned(
                0.25 * sideOf(wide, view),
                -0.4 * sideOf(wide, view),
                360 - r,
            );
            return [view.x + x, view.y + y];
        };
        for (const i of [0, 1])
            assert.ok(Math.abs(under(start)[i] - under(end)[i]) < 1e-9);
    }
});

test("zoom has its limits", () => {
    assert.equal(zoomed(wide, CENTRED, 99, 5).z, 5);
    assert.equal(zoomed(wide, CENTRED, 0.1, 5).z, 1);
    assert.equal(mostZoom(wide, 1), 5);
    assert.equal(mostZoom({ width: 160, height: 128 }, 1), 2);
    assert.equal(mostZoom({ width: 160, height: 128 }, "100"), 1.28);
    assert.equal(mostZoom({ width: 20, height: 20 }, 1), 1);
});

test("four turns lead back, and one there undoes one back", () => {
    const start = { r: 0, z: 2, x: 10, y: 30 };
    let view = start;
    for (let i = 0; i < 4; i++) view = rotated(view, 90);
    near(view, start);
    near(rotated(rotated(start, 90), -90), start);
});

test("a turned picture shows the same middle", () => {
    const corner = { r: 0, z: 2, x: -250, y: -150 };
    assert.equal(cropText(wide, corner), "v1;r=0;x=0;y=0;s=0.5");
    assert.equal(
        cropText(wide, rotated(corner, 90)),
        "v1;r=90;x=0.5;y=0;s=0.5",
    );
    assert.equal(
        cropText(wide, rotated(corner, -90)),
        "v1;r=270;x=0;y=0.625;s=0.5",
    );
});

test("where the frame is, is told in percent", () => {
    assert.deepEqual(placeOf(wide, CENTRED), [50, 50]);
    for (const r of turns)
        assert.deepEqual(placeOf(wide, { ...CENTRED, r, z: 2 }), [50, 50]);
    assert.deepEqual(
        placeOf(wide, moved(wide, { ...CENTRED, z: 2 }, 9, -9)),
        [0, 100],
    );
});

test("a portrait starts in its upper third, where faces are", () => {
    assert.equal(cropText(high, startOf(high)), "v1;r=0;x=0;y=0;s=1");
    assert.equal(
        cropText(
            { width: 600, height: 1800 },
            startOf({ width: 600, height: 1800 }),
        ),
        "v1;r=0;x=0;y=0.166667;s=1",
    );
    assert.equal(cropText(wide, startOf(wide)), "v1;r=0;x=0.125;y=0;s=1");
});

test("a picture starts about its focus, as far as it reaches", () => {
    const about = (pic, ...focus) =>
        cropText(pic, startOf({ ...pic, focus })).match(/x=.*;s/)[0];
    const tall = { width: 600, height: 1800 };
    assert.equal(about(tall, 0.5, 0.5), "x=0;y=0.333333;s");
    assert.equal(about(tall, 0, 1), "x=0;y=0.666667;s");
    assert.equal(about(wide, 1, 0), "x=0.25;y=0;s");
});

test("the crop is written as the server reads it", () => {
    assert.equal(
        cropText(wide, { r: 0, z: 3, x: -300, y: 0 }),
        "v1;r=0;x=0;y=0.333333;s=0.333333",
    );
    assert.equal(
        cropText({ width: 3, height: 3 }, { r: 0, z: 1, x: -1e-17, y: 0 }),
        "v1;r=0;x=0;y=0;s=1",
    );
});

test("a crop that was written is read again", () => {
    for (const r of turns)
        for (const pic of [wide, high]) {
            const view = { r, z: 1.6, x: 55, y: -70 };
            near(viewOf(pic, cropText(pic, view)), view);
        }
    near(viewOf(wide, "v1;r=90;x=0;y=.25;s=.5"), {
        r: 90,
        z: 2,
        x: -50,
        y: 150,
    });
});

test("what is no crop is where a picture starts", () => {
    for (const text of ["", "v1", "v1;r=0", "nonsense"])
        assert.deepEqual(viewOf(wide, text), startOf(wide));
});
