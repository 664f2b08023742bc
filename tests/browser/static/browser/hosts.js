// 422 is an answer to show, for htmx.
addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status === 422) detail.shouldSwap = true;
});
document
  .querySelector("#open")
  ?.addEventListener("click", () =>
    document.querySelector("#host").showModal(),
  );
