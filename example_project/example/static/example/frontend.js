// A front end that knows the APIs and nothing else: a token, three profiles, an upload with progress.

const SYSTEMS = {
  me: {
    title: "Profile image",
    read: { path: "/users/me", headers: {} },
    write: { path: "/users/me/profile-image", field: "file", headers: {} },
    remove: { path: "/users/me/profile-image", method: "DELETE" },
    picture: (data) => data.image_url,
  },
  talent: {
    title: "Talent",
    read: { path: "/api/profile/talent/", headers: { "is-talent": "true" } },
    write: {
      path: "/api/profile/talent/?partial=true",
      field: "profile_picture",
      headers: { "is-talent": "true" },
    },
    remove: {
      path: "/api/profile/talent/?partial=true",
      method: "POST",
      body: { profile_picture: null },
    },
    picture: (data) => data.profile_picture,
    limits: (data) => data.file_limits,
  },
  background: {
    title: "Behind the scenes",
    read: {
      path: "/api/profile/background/",
      headers: { "is-background": "true" },
    },
    write: {
      path: "/api/profile/background/?partial=true",
      field: "profile_picture",
      headers: { "is-background": "true" },
    },
    remove: {
      path: "/api/profile/background/?partial=true",
      method: "POST",
      body: { profile_picture: null },
    },
    picture: (data) => data.profile.profile_picture,
  },
};

const $ = (id) => document.getElementById(id);
const token = () => localStorage.getItem("authToken");
const system = () => SYSTEMS[location.hash.slice(1)] ?? SYSTEMS.me;

const request = (path, options = {}) =>
  fetch(path, {
    ...options,
    headers: { Authorization: `Bearer ${token()}`, ...options.headers },
  });

const read = async (response) =>
  response.headers.get("Content-Type")?.includes("json") ? response.json() : {};

const words = (answer) =>
  answer.detail ||
  Object.values(answer).flat().join(" ") ||
  "That did not work. Try again in a moment.";

// XMLHttpRequest, since fetch tells nothing of how much has been sent.
const upload = (path, headers, form, onProgress) =>
  new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.upload.addEventListener("progress", (event) =>
      onProgress(Math.round((100 * event.loaded) / event.total)),
    );
    xhr.addEventListener("load", () => {
      const isJson = xhr.getResponseHeader("Content-Type")?.includes("json");
      resolve({
        ok: xhr.status < 300,
        status: xhr.status,
        answer: isJson ? JSON.parse(xhr.responseText) : {},
      });
    });
    xhr.addEventListener("error", () => reject(new Error("network")));
    xhr.open("POST", path);
    for (const [name, value] of Object.entries({
      Authorization: `Bearer ${token()}`,
      ...headers,
    })) {
      xhr.setRequestHeader(name, value);
    }
    xhr.send(form);
  });

const showPicture = (url) => {
  $("picture").hidden = !url;
  $("no-picture").hidden = Boolean(url);
  if (url) {
    $("picture").src = url;
    $("picture").alt = "Your picture";
  }
  $("remove").hidden = !url;
};

const signOut = () => {
  localStorage.removeItem("authToken");
  $("signed-in").hidden = true;
  $("sign-out").hidden = true;
  $("sign-in").hidden = false;
};

const show = async () => {
  const current = system();
  $("title").textContent = current.title;
  $("problem").textContent = "";
  for (const link of document.querySelectorAll(".tabs a")) {
    link.toggleAttribute(
      "aria-current",
      SYSTEMS[link.hash.slice(1)] === current,
    );
  }
  const response = await request(current.read.path, {
    headers: current.read.headers,
  });
  if (response.status === 401) {
    signOut();
    return;
  }
  const answer = await read(response);
  $("answer").textContent = JSON.stringify(answer, null, 2);
  $("upload-form").hidden = !response.ok;
  $("picture").hidden = true;
  $("no-picture").hidden = true;
  if (!response.ok) {
    $("status").textContent =
      `${words(answer)} This account has no such profile.`;
    return;
  }
  showPicture(current.picture(answer));
  const limits = current.limits?.(answer);
  $("limits").textContent = limits
    ? `${limits.allowed_image_types.join(", ")}, up to ${limits.max_image_size / 1024 / 1024} MB`
    : "";
};

const start = async () => {
  $("sign-in").hidden = Boolean(token());
  $("signed-in").hidden = !token();
  $("sign-out").hidden = !token();
  if (token()) {
    await show();
  }
};

$("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const response = await fetch("/api/token/", {
    method: "POST",
    body: new URLSearchParams(new FormData(event.target)),
  });
  const answer = await read(response);
  $("sign-in-error").textContent = response.ok ? "" : words(answer);
  if (response.ok) {
    localStorage.setItem("authToken", answer.access);
    $("status").textContent = "";
    await start();
  }
});

$("upload-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { write } = system();
  const form = new FormData();
  form.append(write.field, $("file").files[0]);
  $("problem").textContent = "";
  $("status").textContent = "";
  $("progress-row").hidden = false;
  try {
    const result = await upload(write.path, write.headers, form, (percent) => {
      $("progress").value = percent;
      $("percent").textContent = `${percent} %`;
    });
    if (result.ok) {
      event.target.reset();
      await show();
      $("status").textContent = result.answer.message ?? "Picture uploaded.";
    } else {
      $("problem").textContent = words(result.answer);
    }
  } catch {
    $("problem").textContent =
      "The upload did not finish. Check your connection and try again.";
  }
  $("progress-row").hidden = true;
});

$("remove").addEventListener("click", async () => {
  const { remove, write } = system();
  const body = remove.body && JSON.stringify(remove.body);
  const headers = body
    ? { ...write.headers, "Content-Type": "application/json" }
    : write.headers;
  const response = await request(remove.path, {
    method: remove.method,
    headers,
    body,
  });
  const answer = await read(response);
  if (response.ok) {
    await show();
    $("status").textContent = "Picture removed.";
  } else {
    $("problem").textContent = words(answer);
  }
});

$("sign-out").addEventListener("click", signOut);
window.addEventListener("hashchange", show);
start();
