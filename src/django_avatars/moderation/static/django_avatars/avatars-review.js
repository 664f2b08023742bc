// The queue one by one, keys, and decisions without a new page that can be undone for a moment.
// Without this file it is a list, and the form is sent as it is.

const form = document.querySelector("[data-avatars-review]");
const find = (name) => form.querySelector(`[data-avatars-${name}]`);
const [status, counted, reasons] = ["status", "counted", "reasons"].map(find);
const [tools, film, undoing] = ["tools", "film", "undo"].map(find);

const HELD = 6000; // milliseconds for which a decision can be undone

const cards = () => [
  ...form.querySelectorAll("[data-avatars-card]:not([aria-busy])"),
];
const focused = () =>
  document.activeElement.closest("[data-avatars-card]:not([aria-busy])");
const current = () =>
  focused() ?? cards().find((card) => card.ariaCurrent) ?? cards()[0];
const thumbOf = (card) =>
  [...film.children].find((thumb) => thumb.value === card.dataset.avatarsCard);
const isOne = () => form.classList.contains("avatars-review--one");

function show(card) {
  for (const one of form.querySelectorAll("[aria-current]"))
    one.removeAttribute("aria-current");
  if (!card) return;
  card.ariaCurrent = thumbOf(card).ariaCurrent = "true";
  thumbOf(card).scrollIntoView({ block: "nearest", inline: "nearest" });
  if (isOne() && !card.contains(reasons))
    card.querySelector(".avatars-review__buttons").before(reasons);
}

function go(card) {
  show(card);
  (card ?? status).focus();
}

function move(step) {
  const all = cards();
  const at = all.indexOf(isOne() ? current() : focused());
  go(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
}

function skip() {
  const all = cards();
  go(all[(all.indexOf(current()) + 1) % all.length]);
}

function lay() {
  const card = current();
  form.classList.toggle("avatars-review--one", location.hash !== "#many");
  if (!isOne()) form.append(reasons);
  show(card);
}

// A decision is sent with the next one, when the page is left, or after a moment. Until then it can be undone.

let held = null;

function tell() {
  const bar = tools.querySelector("progress");
  const done = start - cards().length;
  bar.value = done;
  find("progress").textContent = `${done} / ${bar.max}`;
  counted.textContent = counts[done];
  find("oldest").hidden = done;
  undoing.disabled = !held;
}

function set(touched, isBusy) {
  for (const card of touched) {
    if (isBusy) card.setAttribute("aria-busy", "true");
    else card.removeAttribute("aria-busy");
    thumbOf(card).hidden = isBusy;
  }
}

function decide(button) {
  const body = new FormData(form, button);
  const chosen =
    button.value === "selected" ? body.getAll("picture") : [button.value];
  if (
    button.dataset.avatarsNeedsReason !== undefined &&
    !body.get("reason") &&
    !body.get("note").trim()
  ) {
    status.textContent = form.dataset.avatarsReview;
    return;
  }
  send();
  const all = cards();
  const touched = all.filter((card) =>
    chosen.includes(card.dataset.avatarsCard),
  );
  if (!touched.length) return;
  const rest = all.slice(all.indexOf(touched.at(-1)) + 1);
  set(touched, true);
  held = { body, touched, timer: setTimeout(send, HELD) };
  go(rest.find((card) => !touched.includes(card)) ?? cards().at(-1));
  // A reason and a measure are for one decision: not for whoever comes next.
  for (const input of reasons.querySelectorAll("input")) {
    input.checked = false;
    if (input.name === "note") input.value = "";
  }
  status.textContent = button.dataset.avatarsSaid;
  tell();
}

function undo() {
  if (!held) return;
  const { touched, timer } = held;
  clearTimeout(timer);
  held = null;
  set(touched, false);
  go(touched[0]);
  status.textContent = "";
  tell();
}

const queue = []; // decisions on their way to the server, one after the other
let isSending = false;

function send() {
  if (!held) return;
  clearTimeout(held.timer);
  queue.push(held);
  held = null;
  tell();
  work();
}

async function work() {
  if (isSending) return;
  isSending = true;
  while (queue.length) await post(queue.shift());
  isSending = false;
}

function leave() {
  send();
  queue.splice(0).map(post);
}

async function post({ body, touched }) {
  const answer = await fetch(form.action, {
    method: "POST",
    body,
    headers: { accept: "application/json" },
    keepalive: true,
  })
    .then((response) =>
      response.ok ? response.json() : Promise.reject(response),
    )
    .catch(() => location.reload());
  if (!answer) return;
  const isDone = (card) => answer.done.includes(card.dataset.avatarsCard);
  for (const card of touched.filter(isDone)) {
    thumbOf(card).remove();
    if (card.contains(reasons)) form.append(reasons);
    card.remove();
  }
  set(
    touched.filter((card) => !isDone(card)),
    false,
  );
  if (answer.problems.length) {
    status.textContent = answer.problems.join(" ");
    show(current());
  }
  tell();
  if (!form.querySelector("[data-avatars-card]")) location.reload();
}

const keys = {
  ArrowRight: () => move(1),
  ArrowDown: () => move(1),
  ArrowLeft: () => move(-1),
  ArrowUp: () => move(-1),
  z: undo,
};

const buttonOf = (key) =>
  /^[a-y]$/.test(key) &&
  current()?.querySelector(`[aria-keyshortcuts=${key.toUpperCase()}]`);

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.(
    "input:not([type=checkbox], [type=radio]), textarea, select",
  );
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const reason =
    /^[1-9]$/.test(key) && form.querySelectorAll("[name=reason]")[key - 1];
  if (reason) reason.checked = true;
  const button = buttonOf(key);
  const act = button ? () => button.click() : keys[key];
  if (!act && !reason) return;
  event.preventDefault();
  act?.();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  decide(event.submitter);
});

form.addEventListener("click", (event) => {
  const thumb = event.target.closest("[data-avatars-film] button");
  if (thumb)
    go(cards().find((card) => card.dataset.avatarsCard === thumb.value));
  if (event.target.closest("[data-avatars-skip]")) skip();
  if (event.target.closest("[data-avatars-undo]")) undo();
});

form.addEventListener("focusin", () => {
  if (focused()) show(focused());
});

const start = cards().length;
const counts = counted.dataset.avatarsCounted.split("|");
if (start) {
  for (const one of form.querySelectorAll(
    "[data-avatars-tools], [data-avatars-film], [data-avatars-skip]",
  ))
    one.hidden = false;
  addEventListener("hashchange", lay);
  addEventListener("pagehide", leave);
  status.tabIndex = -1;
  lay();
}
