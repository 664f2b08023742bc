// Makes what is shipped: the script of Django's form widget, and the package for front ends without Django's templates.
// `npm run build`; with OUT in the environment, the scripts go into that folder, to be compared with what is there.

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { build, transform } from "esbuild";

const STATIC = "../src/django_avatars/static/django_avatars";
const DIST = process.env.OUT ?? "dist";

const bundle = (entry, outfile) =>
    build({
        entryPoints: [entry],
        bundle: true,
        minify: true,
        format: "esm",
        target: "es2022",
        charset: "utf8",
        outfile,
    });

await mkdir(DIST, { recursive: true });
await bundle(
    "widget.js",
    process.env.OUT ? `${DIST}/widget.js` : `${STATIC}/avatar-field.js`,
);
await bundle("element.js", `${DIST}/avatar-field.js`);
await copyFile(`${STATIC}/avatar-camera.js`, `${DIST}/avatar-camera.js`);
/** Styles without comments and spaces; esbuild leaves those in custom properties. */
const minified = async (css) => {
    const { code } = await transform(css, {
        loader: "css",
        minify: true,
        charset: "utf8",
    });
    return code.replaceAll(/(?<=[:,]) | (?=[/{])/g, "").trim();
};

const field = await readFile("avatars-field.css", "utf8");
const shown = await readFile(`${STATIC}/avatars.css`, "utf8");
await writeFile(
    process.env.OUT ? `${DIST}/widget.css` : `${STATIC}/avatars-field.css`,
    await minified(field),
);
await writeFile(`${DIST}/avatar-field.css`, await minified(shown + field));
