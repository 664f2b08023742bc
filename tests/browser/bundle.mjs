// Bundle the files that are given, beside which the package is installed, for a page of a front end.
// Run by `test_front_ends`.

import { readFile } from "node:fs/promises";
import { build } from "esbuild";
import { compileScript, parse } from "vue/compiler-sfc";

const vue = {
    name: "vue",
    setup({ onLoad }) {
        onLoad({ filter: /\.vue$/ }, async ({ path }) => {
            const { descriptor } = parse(await readFile(path, "utf8"));
            const { content } = compileScript(descriptor, {
                id: "picture",
                inlineTemplate: true,
                templateOptions: {
                    compilerOptions: {
                        isCustomElement: (tag) => tag === "avatar-field",
                    },
                },
            });
            return { contents: content, loader: "js" };
        });
    },
};

await build({
    entryPoints: process.argv.slice(2),
    bundle: true,
    format: "esm",
    jsx: "automatic",
    outdir: "built",
    plugins: [vue],
    define: {
        "process.env.NODE_ENV": '"production"',
        __VUE_OPTIONS_API__: "false",
        __VUE_PROD_DEVTOOLS__: "false",
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
});
