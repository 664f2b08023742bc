// What a front end that was written against the documents does, in their order: tokens, headers, forms, fields.
// Run by `tests` in Node, with BASE and IMAGE in the environment; prints one line of JSON for each answer.

import { readFile } from "node:fs/promises";

const { BASE, IMAGE, PASSWORD } = process.env;
const store = new Map();
const localStorage = {
    getItem: (key) => store.get(key),
    setItem: (key, value) => store.set(key, value),
};
const say = (name, status, body) =>
    console.log(JSON.stringify({ name, status, body }));

const logIn = async (username) => {
    const response = await fetch(`${BASE}/api/token/`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ username, password: PASSWORD }),
    });
    const { access } = await response.json();
    localStorage.setItem("authToken", access);
};

const call = async (name, path, { headers = {}, ...options } = {}) => {
    const response = await fetch(`${BASE}${path}`, {
        ...options,
        headers: {
            Authorization: `Bearer ${localStorage.getItem("authToken")}`,
            ...headers,
        },
    });
    const body = await response.json();
    say(name, response.status, body);
    return body;
};

const form = (field, file, others = {}) => {
    const data = new FormData();
    data.append(field, file);
    for (const [key, value] of Object.entries(others)) {
        data.append(key, value);
    }
    return data;
};

const image = new File([await readFile(IMAGE)], "photo.jpg", {
    type: "image/jpeg",
});
const text = new File(["no picture"], "photo.jpg", { type: "image/jpeg" });

await logIn("talent@example.com");
const talent = { "is-talent": "true" };
await call("talent: with other data", "/api/profile/talent/", {
    method: "POST",
    headers: talent,
    body: form("profile_picture", image, {
        first_name: "John",
        aboutyou: "Updated description",
    }),
});
await call("talent: the picture alone", "/api/profile/talent/?partial=true", {
    method: "POST",
    headers: talent,
    body: form("profile_picture", image),
});
await call("talent: no picture", "/api/profile/talent/", {
    method: "POST",
    headers: talent,
    body: form("profile_picture", text),
});
await call("talent: profile", "/api/profile/talent/", { headers: talent });
await call("talent: header forgotten", "/api/profile/talent/");

await call("me: upload", "/users/me/profile-image", {
    method: "POST",
    body: form("file", image),
});
await call("me: no picture", "/users/me/profile-image", {
    method: "POST",
    body: form("file", text),
});
await call("me: who", "/users/me");
await call("me: delete", "/users/me/profile-image", { method: "DELETE" });
await call("me: delete again", "/users/me/profile-image", { method: "DELETE" });

await logIn("background@example.com");
const background = { "is-background": "true" };
await call("background: profile", "/api/profile/background/", {
    headers: background,
});
await call("background: with other data", "/api/profile/background/", {
    method: "POST",
    headers: background,
    body: form("profile_picture", image, {
        country: "Canada",
        gender: "Female",
    }),
});
await call(
    "background: the picture alone",
    "/api/profile/background/?partial=true",
    {
        method: "POST",
        headers: background,
        body: form("profile_picture", image),
    },
);

localStorage.setItem("authToken", "nonsense");
await call("background: signed out", "/api/profile/background/", {
    headers: background,
});
