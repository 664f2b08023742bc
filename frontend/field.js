/*
<avatar-field>: the file input of a form, made pleasant. All markup and every text come from the server
(django_avatars/forms/avatar_input.html); without this script the input works as it stands. element.js is the same for
front ends that have no such template: it overrides send(), answered() and emit().
The input holds what will be sent and nothing else: a file that is still being opened or placed is not in it.
What is seen follows from a few facts, in #render().
*/

import { copyOf, decoded, draw, outgoing, typeOf } from "./picture.js";
import { place } from "./placing.js";
import { viewOf } from "./view.js";

/** What not every browser can show; a file of any other format that cannot be opened is damaged. */
const RARE = /hei[cf]$|avif$/i;

/** An address without its query. */
const bare = (url) => url?.split(/[?#]/)[0];
const STATUS = {
  401: "signed_out",
  403: "signed_out",
  413: "too_large_sent",
  429: "too_often",
};
/** What an answer with this status means to a person. */
export const codeOf = (status) => STATUS[status] ?? "server";
const EVENTS =
  "change click dragenter dragover dragleave drop paste submit reset turbo:before-cache".split(
    " ",
  );
const PREVIEW = 512; // pixels: enough for every screen
const SMALL = 640; // pixels of a copy in which the server looks for a face: as in django_avatars.imaging.focus
const SILENTLY = 1; // a file that was placed before
const AS_SOURCE = 2; // the picture that the server has kept, in whatever format
const AS_PHOTO = 3; // from the camera, which may be asked again
const PLACED = "avatar-placed"; // where this browser remembers how the last saved picture was placed
const PATIENCE = 3000; // milliseconds until a picture is shown that is not there yet, or a face is no longer waited for

/** Whether two avatars are of the same person, at the same size. */
const isSame = (one, other) =>
  one.dataset.avatarOf === other.dataset.avatarOf &&
  one.firstElementChild?.getAttribute("width") ===
    other.firstElementChild?.getAttribute("width");

/** A file's name, for texts. It is isolated: it may run the other way. */
const nameOf = ({ name }) => ({ name: `\u2068${name}\u2069` });

const mark = (element, name, isOn) =>
  isOn ? element.setAttribute(name, "true") : element.removeAttribute(name);

/** Change the page with a short cross-fade, where that can be had and is welcome. */
const fade = (change) => {
  if (
    !document.startViewTransition ||
    matchMedia("(prefers-reduced-motion: reduce)").matches
  )
    change();
  // Whatever stops the fading, the page has changed.
  else document.startViewTransition(change).ready.catch(() => {});
};

/** Wait until these pictures can be shown, so that nothing else is seen in their place; but not for ever. */
const shown = (images) =>
  Promise.race([
    Promise.allSettled(
      images.map((image) => {
        image.loading = "eager";
        return image.decode();
      }),
    ),
    new Promise((done) => setTimeout(done, PATIENCE)),
  ]);

export class AvatarField extends HTMLElement {
  #kept; // the file that will be sent, which every mistake leads back to
  #made; // what it was made from, {file, pic, view}: for Adjust
  #state = ""; // name of the text that tells of it
  #opening; // a timer, while a file is being opened
  #isSlow;
  #problem = ""; // what is said to be wrong
  #xhr;
  #form; // that is being sent: we may have left it meanwhile
  #submitter; // the button that sent it
  #sent; // tells the dialog whether what it sends was saved
  #isLeaving; // the form that was filled in is on its way
  #isOver = false; // whether a file is dragged over the field
  #turn = 0; // counts choices, so that a slow one does not overtake the next

  // Ids and names are read when they are needed: formsets change them.
  get #input() {
    return this.#find("[type=file]");
  }

  get #box() {
    return this.#find("[data-clear] input");
  }

  /** A page for the picture alone: it is saved at once, and the whole page takes it. */
  get #isAlone() {
    return "upload" in this.dataset;
  }

  /** Inert: a form's empty row, or a field that cannot be changed. */
  get #isOff() {
    return (
      this.#input.name.includes("__prefix__") ||
      (!this.#xhr && this.#input.matches(":disabled"))
    );
  }

  connectedCallback() {
    for (const type of EVENTS) document.addEventListener(type, this);
    addEventListener("beforeunload", this);
    if (this.#isOff) return;
    this.classList.add("avatar-field--on");
    this.#show("js", true);
    this.#show("camera", navigator.mediaDevices);
    this.#render();
    // Chosen before this script was there, or copied with the page.
    const { files } = this.#input;
    if (files[0] && !this.#kept) this.#take(files, SILENTLY);
  }

  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected) return; // moved
      for (const type of EVENTS) document.removeEventListener(type, this);
      removeEventListener("beforeunload", this);
      this.#stop();
      this.#xhr?.abort();
      this.#make();
      this.#kept = null;
    });
  }

  handleEvent(event) {
    const { type, target } = event;
    if (this.#isOff) return;
    if (type[0] === "d") this.#dragged(event, type);
    else if (type === "change") {
      if (target === this.#input) this.#take(target.files);
      else if (target === this.#box) this.#remove(target.checked);
    } else if (type === "click") this.#clicked(event, target);
    else if (type === "paste") {
      const files = event.clipboardData?.files;
      const isOurs = this.#isAlone || this.contains(document.activeElement);
      if (!files?.length || !isOurs) return;
      event.preventDefault();
      this.#take(files);
    } else if (type === "submit") this.#submitted(event, target);
    else if (type === "reset") {
      if (target === this.#input.form) setTimeout(() => this.#remove());
    } else if (type === "beforeunload") this.#left(event);
    else this.#stop(); // Turbo is about to copy the page
  }

  #clicked(event, target) {
    const question = document.querySelector("[data-avatar-remove-dialog]");
    if (question && this.#isAlone && target.closest("[data-avatar-remove]")) {
      event.preventDefault();
      question.showModal();
    }
    const act =
      this.contains(target) && target.closest("[data-act]")?.dataset.act;
    if (act === "adjust") this.#adjust();
    else if (act === "undo") {
      this.#remove();
      this.#input.focus();
    } else if (act === "camera") this.#photograph();
    else if (act === "cancel") this.#xhr?.abort();
    else if (act === "retry") this.#retry();
  }

  // A file that is dragged over the page belongs in a field, and dropped anywhere else it must not replace the page.
  #dragged(event, type) {
    const { target, dataTransfer, relatedTarget } = event;
    const isLeaving = type === "dragleave";
    if (!dataTransfer?.types.includes("Files") || (isLeaving && relatedTarget))
      return;
    const isOver = this.#isAlone || this.contains(target);
    if (isOver || !target.closest?.("[type=file]")) event.preventDefault();
    const isDrop = type === "drop";
    const isDragging = !isDrop && !isLeaving;
    const was = this.#isOver;
    this.#isOver = isOver && isDragging;
    this.#show("drop", isDragging);
    this.classList.toggle("avatar-field--over", this.#isOver);
    if (was !== this.#isOver) this.#say("alert", was ? "left" : "over");
    if (isDrop && isOver) this.#take(dataTransfer.files);
  }

  #submitted(event, form) {
    // What else the page offers is sent as a file is.
    const isChoice = this.#isAlone && form.matches("[data-avatar-choice]");
    if (form !== this.#input.form && !isChoice) return;
    if (this.#xhr || this.#opening) event.preventDefault();
    else if (event.defaultPrevented) return;
    else if (isChoice) {
      event.preventDefault();
      this.#remove();
      this.#send(form, event.submitter);
    } else if (this.#isAlone && (this.#kept || this.#box?.checked)) {
      event.preventDefault();
      this.#send(form, event.submitter);
    } else this.#isLeaving = true;
  }

  /** Whoever leaves without saving is asked. */
  #left(event) {
    if (this.#isLeaving || !(this.#kept || this.#box?.checked)) return;
    event.preventDefault();
    event.returnValue = true; // for browsers that ask for it
  }

  // Choosing

  /** Forget what is being opened, placed or photographed. Gives the number of this turn. */
  #stop() {
    this.#open();
    this.#find("dialog[open]")?.close();
    return ++this.#turn;
  }

  async #take(files, how) {
    if (this.#xhr) return this.#put();
    const [file] = files;
    const turn = this.#stop();
    const text = this.#find("[type=hidden]").value;
    this.#put();
    if (!file) return; // some browsers empty the input when their dialog is cancelled
    if (this.#state === "saved") this.#state = "";
    this.#tell(); // what was said is of an earlier file
    const named = nameOf(file);
    if (files.length > 1) return this.#fail("too_many");
    if (!file.size) return this.#fail("empty", named);
    this.#open(true);
    const type =
      // What cannot be read, such as a folder, fails when it is decoded.
      typeOf(
        await file
          .slice(0, 16)
          .arrayBuffer()
          .catch(() => {}),
      ) ||
      file.type ||
      (RARE.test(file.name) ? "image/heic" : "");
    if (turn !== this.#turn) return;
    this.#open();
    const accepted = how !== AS_SOURCE && this.#input.accept;
    const isTaken = !accepted || accepted.includes(type);
    const isRare = RARE.test(type);
    if (type.includes("svg")) return this.#fail("unsupported_format", named);
    // What this browser can show is sent in a format that is taken.
    if (!isTaken && !isRare) return this.#fail("not_an_image", named);
    if (how !== SILENTLY && this.#isEdited(file)) return;

    this.#open(true);
    let pic;
    try {
      pic = await decoded(file, this.dataset.maxEdge, this.dataset.fullEdge);
    } catch {
      // Damaged, or of a format that only servers read.
    }
    if (pic && turn === this.#turn) pic.focus = await this.#focusOf(pic);
    if (turn !== this.#turn) return pic?.bitmap.close();
    this.#open();
    if (!pic) {
      if (isRare && isTaken) return this.#keep("unseen", file);
      if (isRare) return this.#fail("not_readable", named);
      return this.#fail(type ? "truncated" : "not_an_image", named);
    }
    const { width: w, height: h } = pic;
    const { minEdge: min } = this.dataset;
    if (w < min || h < min) return this.#fail("too_small", { w, h, min });
    const isPlaced = how === SILENTLY;
    const crop = isPlaced ? text : how === AS_SOURCE ? this.#remembered() : "";
    this.#place({ file, pic, how, view: viewOf(pic, crop) }, isPlaced);
  }

  /** The point about which the server would crop; undefined where that is the usual one, or nobody can be asked. */
  async #focusOf(pic) {
    const { focus, background } = this.dataset;
    if (!focus || pic.width === pic.height) return;
    try {
      const answer = await fetch(focus, {
        method: "POST",
        body: await copyOf(pic, SMALL, background),
        headers: {
          "X-CSRFToken": this.#input.form.elements.csrfmiddlewaretoken.value,
        },
        signal: AbortSignal.timeout(PATIENCE),
      });
      const { x, y } = await answer.json();
      return [x, y];
    } catch {
      // Then the picture starts where it usually does.
    }
  }

  /** How the picture that is shown was placed, if that was in this browser. */
  #remembered() {
    try {
      const [name, text] = JSON.parse(localStorage[PLACED]);
      return name === this.#shownName() ? text : "";
    } catch {
      return ""; // nothing yet, or storing is not allowed
    }
  }

  #remember(text) {
    try {
      localStorage[PLACED] = JSON.stringify([this.#shownName(), text]);
    } catch {
      // Then the next time starts anew.
    }
  }

  /** The picture that is shown, whatever size and signature its address has. */
  #shownName() {
    return bare(this.#find("[data-preview] img").src).match(/[a-z2-7]{26}/)[0];
  }

  /** Whether an editor of the host takes over. */
  #isEdited(file) {
    return !this.emit("edit", {
      file,
      accept: (result) =>
        result instanceof File
          ? this.#take([result], SILENTLY)
          : this.#keep("unsaved", file, String(result)),
      cancel: () => this.#put(),
    });
  }

  /** Let the picture be placed, and keep what comes of it. */
  async #place(made, isPlaced) {
    const { file, pic, view, how } = made;
    const turn = this.#turn;
    const { dataset } = this;
    let ready;
    const apply = async (view) => {
      const isAgain = !!this.#problem;
      const answer = await outgoing(
        file,
        pic,
        view,
        // What the server has kept it takes back, in whatever format.
        this.#input.accept + (how === AS_SOURCE ? file.type : ""),
        dataset,
      ).catch(() => {}); // moved or changed since it was opened: it can be read no longer
      if (turn !== this.#turn) return true;
      if (!answer) return !this.#fail("truncated", nameOf(file));
      ready = [{ ...made, view }, ...answer];
      if (isPlaced || !this.#isAlone) return true;
      // What is not taken is told at the field, once the dialog is closed.
      const isTaken = this.#accept(...ready);
      ready = null;
      return !isTaken || this.#sendNow(isAgain);
    };
    let isRetaken;
    if (isPlaced) await apply(view);
    else {
      const dialog = this.#dialog("crop");
      this.#show("retake", how === AS_PHOTO);
      isRetaken = await place(
        dialog,
        pic,
        view,
        dataset,
        this.#text.bind(this),
        apply,
      );
      this.#xhr?.abort();
    }
    if (turn === this.#turn) {
      if (!isPlaced) this.#input.focus();
      if (isRetaken) this.#photograph();
      else if (ready) this.#accept(...ready);
    }
    // The field that took our place, once it was saved, goes on with the picture.
    if (this.isConnected && pic !== this.#made?.pic) pic.bitmap.close();
  }

  /** Keep what was made, unless it is too large to be processed. Gives whether it was. */
  #accept(made, sent, crop) {
    const { width, height } = made.pic;
    const pixels = width * height;
    if (sent === made.file && pixels > this.dataset.maxPixels)
      return this.#fail("too_many_pixels", { mp: Math.ceil(pixels / 1e6) });
    return this.#keep("unsaved", sent, crop, made);
  }

  /** Send the form from the dialog. Gives, once it is over, whether the picture was saved. */
  async #sendNow(isAgain) {
    await (isAgain ? this.#retry() : this.#input.form?.requestSubmit());
    return (
      !this.#xhr ||
      new Promise((resolve) => {
        this.#sent = resolve;
      })
    );
  }

  /** This is what will be sent, unless it is too large. */
  #keep(state, file, crop, made) {
    const { maxBytes } = this.dataset;
    if (file.size > maxBytes)
      return this.#fail("too_large", {
        size: this.#size(file.size),
        max: this.#size(maxBytes),
      });
    this.#set(state, file, crop, made);
    const isSentNow = this.#isAlone && this.#find("dialog[open]");
    if (!isSentNow) this.#say("live", state === "unsaved" ? "ready" : state);
    this.emit("ready", { file, crop });
    return true;
  }

  /** Empty the field of what was chosen; with the wish to remove what is saved, or without. */
  #remove(isOn) {
    this.#stop();
    this.#set(isOn ? "will_remove" : "");
    if (!isOn) return;
    this.#say("live", "will_remove");
    this.emit("removed");
  }

  #set(state, file, crop = "", made = null) {
    this.#make(made);
    this.#kept = file;
    this.#put();
    this.#find("[type=hidden]").value = crop;
    this.#state = state;
    if (this.#box) this.#box.checked = state === "will_remove";
    this.#tell();
    if (made)
      draw(
        this.#find("[data-canvas]"),
        made.pic,
        made.view,
        this.dataset.background,
        PREVIEW,
      );
  }

  #make(made) {
    if (made?.pic !== this.#made?.pic) this.#made?.pic.bitmap.close();
    this.#made = made;
  }

  /** Put what is kept into the input. */
  #put() {
    const data = new DataTransfer();
    if (this.#kept) data.items.add(this.#kept);
    this.#input.files = data.files;
  }

  async #adjust() {
    const turn = this.#stop();
    this.#tell();
    if (this.#made) return this.#place(this.#made);
    let code = "network";
    let file;
    this.#open(true);
    try {
      const answer = await fetch(this.dataset.source);
      const blob = await answer.blob();
      if (!answer.ok) code = codeOf(answer.status);
      else if (blob.type.startsWith("image"))
        file = new File([blob], "picture", blob);
      else code = "signed_out"; // the log-in page
    } catch {
      // No connection.
    }
    if (turn !== this.#turn) return;
    this.#open();
    if (file) this.#take([file], AS_SOURCE);
    else this.#fail(code);
  }

  async #photograph() {
    const turn = this.#stop();
    // Whoever is asked for the camera may choose another picture instead.
    const isWanted = () => turn === this.#turn;
    try {
      const { photograph } = await import(this.dataset.camera);
      const file = await photograph(this.#dialog("camera"), isWanted);
      if (file && isWanted()) this.#take([file], AS_PHOTO);
    } catch ({ name }) {
      if (isWanted())
        this.#fail(name === "NotFoundError" ? "no_camera" : "camera");
    }
  }

  // Sending, where the page asks for it (data-upload)

  #send(form, submitter) {
    const xhr = new XMLHttpRequest();
    const data = new FormData(form, submitter); // before the input is disabled
    this.#xhr = xhr;
    this.#form = form;
    this.#submitter = submitter;
    this.#tell();
    this.#sending(true);
    this.#progress(0);
    xhr.upload.onprogress = ({ loaded, total }) =>
      this.#progress(loaded / total);
    xhr.onload = () => this.answered(xhr);
    xhr.onerror = () => this.unsent("network");
    xhr.onabort = () => this.unsent();
    this.send(xhr, data, form, submitter);
    this.#say("live", "uploading");
  }

  /** Open this request, and send the data of the form with it. */
  send(xhr, data, form, submitter) {
    xhr.open(
      "POST",
      submitter?.getAttribute("formaction") ||
        form.getAttribute("action") ||
        location,
    );
    // Only what is looked at is parsed: pages of others may have styles that our policy forbids.
    xhr.onreadystatechange = () => {
      const { readyState, status, responseURL } = xhr;
      const isHere = bare(responseURL) === bare(location.href);
      if (
        readyState === 2 &&
        (status < 300
          ? isHere
          : status === 400 || xhr.getResponseHeader("X-Avatars-Page"))
      )
        xhr.responseType = "document";
    };
    xhr.send(data);
  }

  #progress(share) {
    const bars = this.querySelectorAll("progress");
    const was = bars[0].value;
    for (const bar of bars) bar.value = share * 100;
    this.#write(
      "percent",
      share.toLocaleString(this.lang || [], { style: "percent" }),
    );
    if (was < 50 && share >= 0.5) this.#say("live", "percent", { percent: 50 });
  }

  /** Whatever could change what is being sent waits. */
  #sending(isOn) {
    for (const part of [this.#input, this.#box, this.#find("[data-camera]")])
      if (part) part.disabled = isOn;
    for (const button of this.#form.elements)
      if (button.type === "submit") mark(button, "aria-disabled", isOn);
  }

  /** It was not sent, or not taken: say so, in these words where there are some, and offer to try again where that helps. */
  unsent(code, said, isWorthIt = !said && code !== "too_large_sent") {
    this.#xhr = null;
    this.#sending(false);
    this.#render();
    if (code) {
      this.#fail(code, { size: this.#size(this.#kept?.size) }, said);
      this.#show("retry", isWorthIt);
      this.#show("idle", !isWorthIt);
    } else this.#say("live", "cancelled");
    this.#sent?.(false);
  }

  /** The server answered. */
  answered(xhr) {
    const { status, responseURL } = xhr;
    const page = xhr.responseType ? xhr.response : null;
    const { id, name } = this.#input;
    const field = page?.querySelector(`avatar-field:has([name="${name}"])`);
    if (field && status < 300) return this.#renew(page, field);
    const said =
      field && page.querySelector(`[id="${id}_error"]`)?.textContent.trim();
    if (said) this.unsent("server", said);
    else if (status >= 300) this.unsent(codeOf(status));
    else if (
      page
        ? page.querySelector("[type=password]")
        : // A page that is wanted afterwards may ask for a password too: the one to log in is where its link leads,
          // or knows where to go next.
          bare(responseURL) === bare(this.#find("[data-sign-in]")?.href) ||
          (/\bnext=/.test(responseURL) &&
            /type=.?password/.test(xhr.responseText))
    )
      this.unsent("signed_out");
    else {
      // All is saved: nobody is asked whether to leave, and who stays goes on with an empty field.
      this.#finish();
      this.#set("");
      location.assign(responseURL);
    }
  }

  /** Show the page that came back, where it tells of pictures; the focus stays where it was. */
  async #renew(page, field) {
    const all = (from) => [...from.querySelectorAll("[data-avatar-of]")];
    const [gone, next] = [
      this.closest("[data-avatar-page]") ?? this,
      document.importNode(field.closest("[data-avatar-page]") ?? field, true),
    ];
    // Everybody's avatars outside the part that is replaced: the same person at the same size gets the new one.
    const fresh = all(page);
    const swaps = all(document)
      .filter((one) => !gone.contains(one))
      .map((one) => [one, fresh.find((other) => isSame(one, other))])
      .filter(([, other]) => other)
      .map(([one, other]) => [one, document.importNode(other, true)]);
    await shown(
      [next, ...swaps.map(([, other]) => other)].flatMap((part) => [
        ...part.querySelectorAll("img"),
      ]),
    );
    fade(() => {
      this.#finish();
      const hadFocus = gone.contains(document.activeElement);
      for (const [one, other] of swaps) one.replaceWith(other);
      gone.replaceWith(next);
      const heir = next.matches("avatar-field")
        ? next
        : next.querySelector("avatar-field");
      const isWaiting = page.querySelector("[data-avatar-waiting]");
      const state = isWaiting ? "waiting" : "saved";
      heir.#saved(this.#made, this.#find("[type=hidden]").value, state);
      this.#made = null;
      if (hadFocus) heir.#input.focus();
    });
  }

  /** It was sent, and taken: show it, once these pictures can be seen. `state` is nothing where there is none any more. */
  async taken(images, state, show) {
    await shown(images);
    fade(() => {
      const crop = this.#find("[type=hidden]").value;
      this.#finish();
      const made = state ? this.#made : null;
      this.#set("", null, "", made);
      if (state) this.#saved(made, crop, state);
      show();
    });
  }

  #finish() {
    this.#xhr = null;
    this.#sending(false);
    this.#sent?.(true);
    this.#find("dialog[open]")?.close();
  }

  #saved(made, crop, state) {
    this.#made = made;
    this.#state = state;
    this.#render();
    this.#remember(crop);
    setTimeout(() => this.#say("live", state), 100); // a live region is heard once it is there
    this.emit("saved");
  }

  /** Send it again, with the token of today: logging in has made a new one. */
  async #retry() {
    const form = this.#form ?? this.#input.form;
    const token = form.querySelector("[name=csrfmiddlewaretoken]");
    try {
      const page = token && (await (await fetch(location)).text());
      token.value = page.match(/csrfmiddlewaretoken.+?value="(\w+)/)[1];
    } catch {
      // Then with the one there is.
    }
    form.requestSubmit(this.#submitter);
  }

  // Telling

  /** Say what went wrong and what to do; what was chosen before stays. */
  #fail(code, values, text = this.#text(code, values)) {
    this.#put();
    this.#tell(text);
    this.#show("sign-in", code === "signed_out");
    this.#input.focus();
    this.emit("error", { code, message: text });
  }

  /** What is wrong, or nothing any more: what the server said was of an earlier file. */
  #tell(text = "") {
    this.#problem = text;
    this.#show("error", text);
    for (const name of ["retry", "sign-in"]) this.#show(name, false);
    this.#show("idle", true);
    this.#write("problem", text);
    mark(this.#input, "aria-invalid", text);
    const said = document.getElementById(`${this.#input.id}_error`);
    if (said && !text) said.hidden = true;
    this.#render();
  }

  /** A file is being opened, which is said once it takes a while; or it is not any more. */
  #open(isOn) {
    clearTimeout(this.#opening);
    this.#isSlow = false;
    this.#opening =
      isOn &&
      setTimeout(() => {
        this.#isSlow = true;
        this.#render();
        this.#opening = setTimeout(() => this.#say("live", "opening"), 700);
      }, 300);
    mark(this, "aria-busy", isOn);
    this.#render();
  }

  #render() {
    const isSending = !!this.#xhr;
    const isEmpty = !this.#kept && this.#state !== "will_remove";
    const note = isSending
      ? "uploading"
      : this.#isSlow
        ? "opening"
        : this.#state;
    this.#show("note", note && !isSending && !this.#problem);
    if (note) this.#say("note", note);
    this.dataset.state = this.#problem ? "problem" : note;
    mark(this, "data-waiting", this.#kept);
    this.#show("canvas", this.#kept && this.#made);
    this.#show("tools", !isSending && !this.#problem);
    this.#show("busy", isSending);
    if (isSending) this.#show("idle", false);
    this.#show(
      "adjust",
      !isSending &&
        (this.#kept
          ? this.#made
          : isEmpty && (this.#made || this.dataset.source)),
    );
    this.#show("undo", !isSending && !isEmpty);
    this.#show("progress", isSending);
  }

  #say(where, name, values) {
    this.#write(where, this.#text(name, values));
  }

  #write(where, text) {
    for (const part of this.querySelectorAll(`[data-${where}]`))
      part.textContent = text;
  }

  #show(name, isOn) {
    for (const part of this.querySelectorAll(`[data-${name}]`))
      part.hidden = !isOn;
  }

  /** Tell the page. Gives whether nobody has objected. */
  emit(name, detail) {
    return this.dispatchEvent(
      new CustomEvent(`avatar:${name}`, {
        bubbles: true,
        cancelable: true,
        detail,
      }),
    );
  }

  #text(name, values) {
    return JSON.parse(this.dataset.texts)[name].replace(
      /\{(\w+)\}/g,
      (_, part) => values[part],
    );
  }

  /** Bytes in the language of our texts. */
  #size(bytes) {
    const isSmall = bytes < 2 ** 20;
    return (bytes / (isSmall ? 1024 : 2 ** 20)).toLocaleString(
      this.lang || [],
      {
        style: "unit",
        unit: isSmall ? "kilobyte" : "megabyte",
        maximumFractionDigits: 1,
      },
    );
  }

  // Parts

  #find(selector) {
    return this.querySelector(selector);
  }

  /** The dialog of this name: out of its template, where a paragraph around us cannot break it. Ids follow the input's. */
  #dialog(name) {
    const found = this.#find(`[data-${name}-dialog]`);
    if (found) return found;
    const dialog = this.#find(
      `[data-${name}-template]`,
    ).content.firstElementChild.cloneNode(true);
    this.append(dialog);
    for (const part of [dialog, ...dialog.querySelectorAll("*")])
      for (const { name, value } of [...part.attributes]) {
        const [, given] = name.split("data-as-");
        if (given) part.setAttribute(given, `${this.#input.id}_${value}`);
      }
    return dialog;
  }
}
