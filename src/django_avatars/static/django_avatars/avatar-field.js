/*
<avatar-field>: the file input of a form, made pleasant. All markup and every text come from the server
(django_avatars/forms/avatar_input.html); without this script the input works as it stands.
Placing the picture and the camera are modules of their own, loaded from the addresses in data-crop and data-camera.
*/

/** What every browser can show: a file of these that cannot be opened is damaged. */
const COMMON = /jpeg|png|webp|gif|bmp/;
const STATUS = {
  401: "signed_out",
  403: "signed_out",
  413: "too_large_sent",
  429: "too_often",
};
const EVERYWHERE = [
  "click",
  "dragenter",
  "dragover",
  "dragleave",
  "drop",
  "paste",
  "submit",
  "reset",
  "turbo:before-cache",
];

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

class AvatarField extends (globalThis.HTMLElement ?? Object) {
  #bound; // an AbortController while the element is in a page
  #texts;
  #kept = null; // the file that will be sent, which every mistake leads back to
  #original; // the file it was made from, its picture and view: for Adjust
  #turn = 0; // counts choices, so that a slow one does not overtake the next
  #xhr;
  #announced;

  // Ids and names are read when they are needed: formsets change them.
  get #input() {
    return this.#find("input[type=file]");
  }

  /** Inert: a form's empty row, or a field that cannot be changed. */
  get #off() {
    return (
      this.#input.name.includes("__prefix__") ||
      this.#input.matches(":disabled")
    );
  }

  connectedCallback() {
    if (this.#bound) return; // moved
    this.#bound = new AbortController();
    const { signal } = this.#bound;
    for (const type of EVERYWHERE)
      document.addEventListener(type, this, { signal });
    this.addEventListener("change", this, { signal });
    if (this.#off) return;
    this.#show("js", true);
    this.#show(
      "camera",
      "camera" in this.dataset && isSecureContext && !!navigator.mediaDevices,
    );
    this.#show("adjust", "source" in this.dataset);
    if (this.#input.files[0]) this.#take(this.#input.files, { silently: true }); // chosen before this script was there
  }

  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected || !this.#bound) return;
      this.#bound.abort();
      this.#bound = null;
      this.#turn++;
      this.#xhr?.abort();
      this.#forget();
    });
  }

  handleEvent(event) {
    if (!this.#off) this[`on_${event.type.replace(/\W/g, "_")}`](event);
  }

  on_change({ target }) {
    if (target === this.#input) this.#take(target.files);
    else if (target.matches("[data-clear] input")) this.#remove(target.checked);
  }

  on_click(event) {
    const { target } = event;
    const question = document.querySelector("[data-avatar-remove-dialog]");
    if (
      question &&
      "upload" in this.dataset &&
      target.closest("[data-avatar-remove]")
    ) {
      event.preventDefault();
      question.showModal();
    }
    if (!this.contains(target)) return;
    const act = target.closest("[data-act]")?.dataset.act;
    if (act === "adjust") this.#adjust();
    else if (act === "undo") this.#undo();
    else if (act === "camera") this.#photograph();
    else if (act === "cancel") this.#xhr?.abort();
    else if (act === "retry") this.#input.form.requestSubmit();
  }

  // A file that is dragged over the page belongs in a field, and dropped anywhere else it must not replace the page.
  on_dragenter(event) {
    this.on_dragover(event);
  }
  on_dragover(event) {
    if (!hasFiles(event)) return;
    const isOver = this.contains(event.target);
    if (isOver || !event.target.closest?.("input[type=file]"))
      event.preventDefault();
    this.#drag(true, isOver);
  }
  on_dragleave(event) {
    if (!event.relatedTarget) this.#drag(false);
  }
  on_drop(event) {
    if (!hasFiles(event)) return;
    const isOver = this.contains(event.target);
    if (isOver || !event.target.closest?.("input[type=file]"))
      event.preventDefault();
    this.#drag(false);
    if (isOver) this.#take(event.dataTransfer.files);
  }
  #drag(isOn, isOver = false) {
    this.classList.toggle("avatar-field--drag", isOn);
    this.#show("drop", isOn);
    const was = this.classList.contains("avatar-field--over");
    this.classList.toggle("avatar-field--over", isOver);
    if (was !== isOver && (isOn || was))
      this.#say("alert", this.#text(isOver ? "over" : "left"));
  }

  on_paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !this.contains(document.activeElement)) return;
    event.preventDefault();
    this.#take(files);
  }

  on_reset({ target }) {
    if (target === this.#input.form) setTimeout(() => this.#undo());
  }

  on_submit(event) {
    if (event.target !== this.#input.form || !("upload" in this.dataset))
      return;
    if (this.#xhr) event.preventDefault();
    else if (!event.defaultPrevented && this.#input.files.length) {
      event.preventDefault();
      this.#send(event.target, event.submitter);
    }
  }

  on_turbo_before_cache() {
    for (const dialog of this.querySelectorAll("dialog")) dialog.remove();
  }

  // Choosing

  async #take(files, { silently = false } = {}) {
    if (!files.length) return this.#put(this.#kept); // some browsers empty the input when their dialog is cancelled
    if (files.length > 1) return this.#fail("too_many");
    const [file] = files;
    const turn = ++this.#turn;
    const type =
      file.type || (/\.hei[cf]$/i.test(file.name) ? "image/heic" : "");
    const name = `\u2068${file.name}\u2069`; // isolated: a name may run the other way
    if (type.includes("svg")) return this.#fail("unsupported_format");
    if (type && !this.#input.accept.includes(type))
      return this.#fail("not_an_image", { name });
    if (!file.size) return this.#fail("empty", { name });
    if (!silently && this.#isEdited(file)) return;

    const opened = this.#busy();
    let crop;
    let pic;
    try {
      crop = await this.#module("crop");
      pic = await crop.decoded(file, this.#number("maxEdge"));
    } catch {
      // Without the module, or a format that only servers read, the middle is taken.
    }
    opened();
    if (turn !== this.#turn) return pic?.bitmap.close();
    if (!pic) {
      if (crop && COMMON.test(type)) return this.#fail("truncated", { name });
      if (!type) return this.#fail("not_an_image", { name });
      return this.#keep(file, "", "unseen");
    }
    const { width: w, height: h } = pic;
    const min = this.#number("minEdge");
    if (Math.min(w, h) < min) return this.#fail("too_small", { w, h, min });
    await this.#place({ file, pic, view: crop.centred(pic) }, silently);
  }

  /** Whether an editor of the host takes over. */
  #isEdited(file) {
    const cancel = () => this.#put(this.#kept);
    const accept = (result) =>
      result instanceof File
        ? this.#take([result], { silently: true })
        : this.#keep(file, String(result), "ready");
    const event = new CustomEvent("avatar:edit", {
      bubbles: true,
      cancelable: true,
      detail: { file, accept, cancel },
    });
    return !this.dispatchEvent(event);
  }

  async #place(chosen, silently = false) {
    const crop = await this.#module("crop");
    const { file, pic } = chosen;
    let { view } = chosen;
    if (!silently) {
      const options = {
        least: this.#number("minEdge"),
        sharp: this.#number("sharpEdge"),
        text: (name, values) => this.#text(name, values),
        say: (where, text) => {
          where.textContent = text;
        },
      };
      view = await crop.place(this.#dialog("crop"), pic, view, options);
      this.#input.focus();
      if (!view) {
        if (pic !== this.#original?.pic) pic.bitmap.close();
        return this.#put(this.#kept);
      }
    }
    if (pic !== this.#original?.pic) this.#forget();
    this.#original = { file, pic, view };
    const turn = ++this.#turn;
    this.#put(file); // a form that is sent this very moment has the right picture, if a large one
    this.#crop(crop.cropText(view));
    const bytes = this.#number("maxBytes");
    const out = await crop.outgoing(file, pic, view, {
      edge: this.#number("maxEdge"),
      bytes,
      accepted: this.#input.accept,
      square: "square" in this.dataset,
    });
    if (turn !== this.#turn) return;
    if (
      out.file === file &&
      pic.width * pic.height > this.#number("maxPixels")
    ) {
      return this.#fail("too_many_pixels", {
        mp: Math.ceil((pic.width * pic.height) / 1e6),
      });
    }
    this.#keep(out.file, out.crop, "ready");
  }

  /** This is what will be sent. */
  #keep(file, crop, state) {
    const max = this.#number("maxBytes");
    if (file.size > max)
      return this.#fail("too_large", {
        size: this.#size(file.size),
        max: this.#size(max),
      });
    this.#kept = file;
    this.#put(file);
    this.#crop(crop);
    this.#problem("");
    const box = this.#find("[data-clear] input");
    if (box) box.checked = false;
    const canvas = this.#find("[data-canvas]");
    if (state === "unseen") this.#forget();
    else if (this.#original) {
      canvas.width = canvas.height =
        Math.round(canvas.clientWidth || 96) * devicePixelRatio;
      this.#module("crop").then(
        ({ draw }) =>
          this.#original &&
          draw(canvas, this.#original.pic, this.#original.view, canvas.width),
      );
    }
    this.#show("canvas", state === "ready" && this.#original);
    this.#show(
      "note",
      true,
      this.#text(state === "unseen" ? state : "unsaved"),
    );
    this.#show("adjust", !!this.#original);
    this.#show("undo", true);
    this.#say("live", this.#text(state));
    this.#emit("ready", { file, crop });
  }

  #crop(text) {
    this.#find("input[type=hidden]").value = text;
  }

  /** Put this file, or none, into the input. */
  #put(file) {
    const data = new DataTransfer();
    if (file) data.items.add(file);
    this.#input.files = data.files;
  }

  async #adjust() {
    if (this.#original) return this.#place(this.#original);
    try {
      const answer = await fetch(this.dataset.source);
      if (!answer.ok) throw answer;
      const blob = await answer.blob();
      this.#take([new File([blob], "picture", { type: blob.type })]);
    } catch {
      this.#fail("network");
    }
  }

  #undo() {
    this.#turn++;
    this.#kept = null;
    this.#put(null);
    this.#crop("");
    this.#forget();
    this.#problem("");
    const box = this.#find("[data-clear] input");
    if (box) box.checked = false;
    this.#removed(false);
    this.#idle();
    this.#input.focus();
  }

  #idle() {
    for (const name of ["canvas", "note", "undo"]) this.#show(name, false);
    this.#show("adjust", "source" in this.dataset);
  }

  #remove(isOn) {
    if (!isOn) return this.#undo();
    this.#kept = null;
    this.#put(null);
    this.#crop("");
    this.#forget();
    this.#idle();
    this.#problem("");
    this.#removed(true);
    this.#show("adjust", false);
    this.#show("undo", true);
    this.#show("note", true, this.#text("will_remove"));
    this.#say("live", this.#text("will_remove"));
    this.#emit("removed");
  }

  #removed(isOn) {
    const image = this.#find("[data-preview] img");
    if (image) image.hidden = isOn;
  }

  async #photograph() {
    try {
      const { photograph } = await this.#module("camera");
      const file = await photograph(this.#dialog("camera"));
      if (file) this.#take([file]);
      else this.#find("[data-act=camera]").focus();
    } catch {
      this.#fail("camera");
    }
  }

  #forget() {
    this.#original?.pic.bitmap.close();
    this.#original = null;
  }

  // Sending, where the page asks for it (data-upload)

  #send(form, submitter) {
    const xhr = new XMLHttpRequest();
    this.#xhr = xhr;
    this.#announced = 0;
    this.#problem("");
    this.#uploading(true);
    xhr.upload.onprogress = ({ loaded, total }) =>
      this.#progress(Math.floor((100 * loaded) / total));
    xhr.onload = () => this.#answered(xhr);
    xhr.onerror = () => this.#unsent("network");
    xhr.onabort = () => this.isConnected && this.#unsent();
    xhr.open("POST", submitter?.formAction || form.action);
    xhr.responseType = "document";
    xhr.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    xhr.send(new FormData(form, submitter));
    this.#say("live", this.#text("uploading"));
  }

  #uploading(isOn) {
    this.#show("progress", isOn);
    this.#show("undo", !isOn);
    this.#show("adjust", !isOn && !!this.#original);
    this.#progress(0);
    for (const button of this.#input.form.querySelectorAll("[type=submit]")) {
      if (isOn) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  }

  #progress(percent) {
    this.#find("progress").value = percent;
    this.#say(
      "percent",
      (percent / 100).toLocaleString([], { style: "percent" }),
    );
    if (percent < 50 || this.#announced++) return;
    this.#say("live", this.#text("percent", { percent: 50 }));
  }

  #unsent(code, values) {
    this.#xhr = null;
    this.#uploading(false);
    if (!code) return this.#say("live", this.#text("cancelled"));
    this.#fail(code, values);
    this.#show("retry", true);
  }

  #answered(xhr) {
    const page = xhr.response;
    const { id, name } = this.#input;
    const field = page
      ?.querySelector(`avatar-field input[name="${CSS.escape(name)}"]`)
      ?.closest("avatar-field");
    const code = STATUS[xhr.status];
    if (code)
      return this.#unsent(code, {
        size: this.#size(this.#input.files[0].size),
      });
    if (xhr.status === 400 && field) {
      const said = page
        .querySelector(`#${CSS.escape(id)}_error, .errorlist`)
        ?.textContent.trim();
      this.#xhr = null;
      this.#uploading(false);
      return said ? this.#refuse("server", said) : this.#fail("network");
    }
    if (xhr.status >= 300) return this.#unsent("network");
    if (!field && page?.querySelector("[type=password]"))
      return this.#unsent("signed_out");
    if (!field || new URL(xhr.responseURL).pathname !== location.pathname)
      return location.assign(xhr.responseURL);
    this.#renew(page, field);
  }

  /** Show the page that came back, where it tells of pictures; the focus stays where it was. */
  #renew(page, field) {
    const [old, fresh] = [document, page].map((from) => [
      ...from.querySelectorAll("[data-avatar-of]"),
    ]);
    if (old.length === fresh.length)
      for (const [i, one] of old.entries())
        one.replaceWith(document.importNode(fresh[i], true));
    const region = this.closest("[data-avatar-page]");
    const next = (region && field.closest("[data-avatar-page]")) ?? field;
    const hadFocus = (region ?? this).contains(document.activeElement);
    this.#xhr = null;
    this.#uploading(false);
    (region && next !== field ? region : this).replaceWith(
      document.adoptNode(next),
    );
    field.#saved();
    if (hadFocus) next.querySelector("[type=submit]")?.focus();
  }

  #saved() {
    this.#show("note", true, this.#text("saved"));
    setTimeout(() => this.#say("live", this.#text("saved")), 100); // a live region is heard once it is there
    this.#emit("saved");
  }

  // Telling

  /** Say what went wrong and what to do; what was chosen before stays. */
  #fail(code, values) {
    this.#refuse(code, this.#text(code, values));
  }

  #refuse(code, text) {
    this.#put(this.#kept);
    this.#problem(text);
    this.#input.focus();
    this.#emit("error", { code, message: text });
  }

  #problem(text) {
    this.#show("error", !!text);
    this.#find("[data-problem]").textContent = text;
    this.#show("retry", false);
    if (text) this.#input.setAttribute("aria-invalid", "true");
    else {
      this.#input.removeAttribute("aria-invalid");
      const said = this.#input.form?.querySelector(
        `#${CSS.escape(this.#input.id)}_error`,
      ); // by the server, of an earlier file
      if (said) said.hidden = true;
    }
  }

  /** Say that it takes a while, once it does. Returns what ends it. */
  #busy() {
    this.setAttribute("aria-busy", "true");
    const timers = [
      setTimeout(() => this.#show("note", true, this.#text("opening")), 300),
      setTimeout(() => this.#say("live", this.#text("opening")), 1000),
    ];
    return () => {
      this.removeAttribute("aria-busy");
      timers.forEach(clearTimeout);
      if (!this.#kept) this.#show("note", false);
    };
  }

  #say(where, text) {
    this.#find(`[data-${where}]`).textContent = text;
  }

  #show(name, isOn, text) {
    for (const part of this.querySelectorAll(`[data-${name}]`)) {
      part.hidden = !isOn;
      if (text !== undefined) part.textContent = text;
    }
  }

  #emit(name, detail) {
    this.dispatchEvent(
      new CustomEvent(`avatar:${name}`, { bubbles: true, detail }),
    );
  }

  #text(name, values) {
    this.#texts ??= JSON.parse(this.dataset.texts);
    return this.#texts[name].replace(/\{(\w+)\}/g, (_, part) => values[part]);
  }

  #size(bytes) {
    const [unit, n] =
      bytes < 1048576
        ? ["kilobyte", bytes / 1024]
        : ["megabyte", bytes / 1048576];
    return n.toLocaleString([], {
      style: "unit",
      unit,
      maximumFractionDigits: 1,
    });
  }

  // Parts

  #find(selector) {
    return this.querySelector(selector);
  }

  #number(name) {
    return +this.dataset[name] || Number.POSITIVE_INFINITY;
  }

  #module(name) {
    return import(new URL(this.dataset[name], document.baseURI));
  }

  /** The dialog of this name: out of its template, where a paragraph around us cannot break it. */
  #dialog(name) {
    const found = this.#find(`dialog[data-${name}-dialog]`);
    if (found) return found;
    const dialog = this.#find(
      `template[data-${name}-template]`,
    ).content.firstElementChild.cloneNode(true);
    for (const part of dialog.querySelectorAll(
      "[data-labels], [data-describes]",
    )) {
      const { labels, describes } = part.dataset;
      part.id = `${this.#input.id || this.#input.name}_${labels ?? describes}`;
      const target = labels ? dialog : dialog.querySelector("[data-stage]");
      target.setAttribute(
        labels ? "aria-labelledby" : "aria-describedby",
        part.id,
      );
    }
    this.append(dialog);
    return dialog;
  }
}

globalThis.customElements?.define("avatar-field", AvatarField);
