// Keys for the queue, and decisions without a new page. Without this file the form is sent as it is.

const form = document.querySelector("[data-avatars-review]");
const status = form.querySelector("[data-avatars-status]");

const cards = () => [
  ...form.querySelectorAll("[data-avatars-card]:not([aria-busy])"),
];
const current = () =>
  document.activeElement.closest("[data-avatars-card]:not([aria-busy])") ??
  cards()[0];

function move(step) {
  const all = cards();
  const at = all.indexOf(document.activeElement.closest("[data-avatars-card]"));
  all[Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
}

const buttonOf = (key) =>
  /^[a-z]$/i.test(key) &&
  current()?.querySelector(`[aria-keyshortcuts=${key.toUpperCase()}]`);

function press(button) {
  button.closest("[data-avatars-card]").focus();
  button.click();
}

const keys = {
  ArrowRight: () => move(1),
  ArrowDown: () => move(1),
  ArrowLeft: () => move(-1),
  ArrowUp: () => move(-1),
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.(
    "input:not([type=checkbox]), textarea, select",
  );
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const reason =
    /^[1-9]$/.test(event.key) &&
    form.querySelectorAll("[name=reason]")[event.key - 1];
  if (reason) reason.checked = true;
  const button = buttonOf(event.key);
  const act = button ? () => press(button) : keys[event.key];
  if (!act && !reason) return;
  event.preventDefault();
  act?.();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  const chosen =
    event.submitter.value === "selected"
      ? body.getAll("picture")
      : [event.submitter.value];
  const touched = cards().filter((card) =>
    chosen.includes(card.dataset.avatarsCard),
  );
  const all = cards();
  const next = all
    .slice(all.indexOf(touched.at(-1)) + 1)
    .find((card) => !touched.includes(card));
  for (const card of touched) card.setAttribute("aria-busy", "true");
  (next ?? cards().at(-1) ?? status).focus();
  const answer = await fetch(form.action, {
    method: "POST",
    body,
    headers: { accept: "application/json" },
  })
    .then((response) =>
      response.ok ? response.json() : Promise.reject(response),
    )
    .catch(() => location.reload());
  if (!answer) return;
  for (const card of touched) {
    if (answer.done.includes(card.dataset.avatarsCard)) card.remove();
    else card.removeAttribute("aria-busy");
  }
  // A measure is for one decision: not for whoever comes next.
  for (const box of form.querySelectorAll("[name=block], [name=lock]"))
    box.checked = false;
  status.textContent = [...answer.problems, answer.counted].join(" ");
  if (!cards().length && !answer.problems.length) location.reload();
});
