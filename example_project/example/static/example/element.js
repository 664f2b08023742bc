// A front end of one element: <avatar-field> and a token are all that it knows.

const $ = (id) => document.getElementById(id);
const token = () => localStorage.getItem("authToken");

const show = () => {
  $("sign-in").hidden = Boolean(token());
  $("signed-in").hidden = !$("picture").firstChild;
  $("sign-out").hidden = !token();
};

const start = () => {
  if (token() && !$("picture").firstChild) {
    const field = document.createElement("avatar-field");
    field.setAttribute("endpoint", "/api/avatar/");
    field.headers = () => ({ Authorization: `Bearer ${token()}` });
    $("picture").append(field);
  }
  show();
};

$("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const response = await fetch("/api/token/", {
    method: "POST",
    body: new URLSearchParams(new FormData(event.target)),
  });
  const answer = await response.json();
  $("sign-in-error").textContent = response.ok ? "" : answer.detail;
  if (response.ok) {
    localStorage.setItem("authToken", answer.access);
    start();
  }
});

$("sign-out").addEventListener("click", () => {
  localStorage.removeItem("authToken");
  $("picture").replaceChildren();
  show();
});

document.addEventListener("avatar-change", ({ detail }) => {
  $("status").textContent = "Everybody sees your new picture.";
  $("answer").textContent = JSON.stringify(detail.avatar, null, 2);
});

document.addEventListener("avatar-remove", () => {
  $("status").textContent = "Picture removed.";
  $("answer").textContent = "";
});

// The picture that could not be sent stays in the element: log in again, then save it.
document.addEventListener("avatar-error", ({ detail }) => {
  $("status").textContent = "";
  if (detail.status !== 401) return;
  localStorage.removeItem("authToken");
  show();
});

start();
