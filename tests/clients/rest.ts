// Own picture through the API of REST framework: by a form, by JSON, and away again. Prints what was answered.
import { readFileSync } from "node:fs";
import { env } from "node:process";

import createClient from "openapi-fetch";

import type { paths } from "./schema.js";

const client = createClient<paths>({ baseUrl: env.BASE, headers: { Authorization: env.AUTHORIZATION } });
const photo = readFileSync(env.PHOTO ?? "");

const sent = await client.POST("/rest/avatar/", {
  body: { avatar: "" },
  bodySerializer: () => {
    const form = new FormData();
    form.set("avatar", new Blob([photo]), "photo.jpg");
    return form;
  },
});
const again = await client.POST("/rest/avatar/", { body: { avatar: `data:;base64,${photo.toString("base64")}` } });
const refused = await client.POST("/rest/avatar/", { body: { avatar: "data:;base64,AAAA" } });
const shown = await client.GET("/rest/avatar/");
const removed = await client.DELETE("/rest/avatar/");
const gone = await client.GET("/rest/avatar/");

console.log(
  JSON.stringify({
    sizes: [sent, again, shown, gone].map(({ data }) => Object.keys(data?.avatar?.sizes ?? {}).map(Number)),
    urls: [sent, again, shown, gone].map(({ data }) => data?.avatar?.url ?? null),
    problem: refused.response.status === 400 && refused.error?.avatar?.[0],
    removed: removed.response.status,
  }),
);
