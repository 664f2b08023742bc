// What is sent of a picture, frontend/picture.js: `tox run -e js`.
import assert from "node:assert/strict";
import test from "node:test";
import { mayMove, typeFor, typeOf } from "../../frontend/picture.js";

const bytes = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

test("animations are known by their first bytes", () => {
    const profile = "ICCP....".padEnd(70_000, "x");
    assert.ok(mayMove(bytes("GIF89a")));
    assert.ok(
        mayMove(
            bytes("RIFF....WEBPVP8X\x0a\0\0\0\x02\0\0\0......ANIM\x06\0\0\0"),
        ),
    );
    assert.ok(
        mayMove(
            bytes(
                `RIFF\n...WEBPVP8X\x0a\0\0\0\x22\0\0\0......${profile}ANIM\x06\0\0\0`,
            ),
        ),
    );
    assert.ok(
        !mayMove(bytes("RIFF....WEBPVP8X\x0a\0\0\0\x10\0\0\0......ALPH....")),
    );
    assert.ok(!mayMove(bytes("RIFF....WEBPVP8 ....ANIM\x06")));
    assert.ok(mayMove(bytes("\x89PNG\r\n\x1a\n....IHDR....acTL....IDAT")));
    assert.ok(
        !mayMove(bytes("\x89PNG\r\n\x1a\n....IHDR....IDAT..acTL....IDAT")),
    );
    assert.ok(!mayMove(bytes("\xff\xd8\xff")));
});

test("the type of a file is told by its first bytes", () => {
    for (const [start, type] of [
        ["\xff\xd8\xff\xe0", "image/jpeg"],
        ["\x89PNG\r\n\x1a\n", "image/png"],
        ["GIF89a", "image/gif"],
        ["RIFF\n...WEBPVP8 ", "image/webp"],
        ["\0\0\0\x1cftypavif", "image/avif"],
        ["\0\0\0\x0aftypheic", "image/heic"],
        ["\0\0\0\x0aftypmif1", "image/heic"],
        ["\0\0\0\x0aftypqt  ", ""],
        ["%PDF-1.7", ""],
        ["", ""],
    ])
        assert.equal(typeOf(bytes(start)), type);
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
