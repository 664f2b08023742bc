/*
<avatar-field> for front ends without Django's templates: it makes the markup that they would render (markup.js), and
speaks to the API of one's own picture instead of a page. Everything else is field.js.
*/

import { AvatarField, codeOf } from "./field.js";
import { alone, inForm, texts } from "./markup.js";

const HTML = "http://www.w3.org/1999/xhtml";
const SVG = "http://www.w3.org/2000/svg";
const RADIUS = { square: "0", rounded: "12%" };
/** Attributes that field.js reads as data, and what holds without them. */
const DATA = {
  "max-bytes": "",
  "min-edge": "",
  "max-edge": "2048",
  "full-edge": "512",
  "sharp-edge": "256",
  "max-pixels": "",
  background: "",
  camera: "",
  source: "",
};
const FLAGS = ["required", "disabled"];
/** What the API calls the limits that are attributes here. */
const LIMITS = {
  "max-bytes": "max_bytes",
  "min-edge": "min_size",
  accept: "content_types",
};
const SAVE = [
  "button",
  {
    class: "avatar-field__button avatar-field__button--main",
    "data-undo": "",
    hidden: "",
  },
  "Save",
];

let count = 0;

/** Elements of a node of markup.js; `say` is asked for every text and value. */
const built = ([tag, attributes, ...children], say, around = HTML) => {
  const space = tag === "svg" ? SVG : around;
  const element = document.createElementNS(space, tag);
  for (const name in attributes)
    element.setAttribute(name, say(`${attributes[name]}`));
  (element.content ?? element).append(
    ...children.map((child) =>
      typeof child === "string" ? say(child) : built(child, say, space),
    ),
  );
  return element;
};

/** Whom the API describes: their initials, over which their picture lies, as `{% avatar %}` draws them. */
const face = ({ url, srcset = "", alt = "", initials = "", color }, size) => {
  const half = size / 2;
  const square = { width: size, height: size };
  const letters = [
    "svg",
    {
      ...square,
      class: "avatar__fallback",
      viewBox: `0 0 ${size} ${size}`,
      "aria-hidden": true,
      ...(url && { display: "none" }),
    },
    ["rect", { ...square, fill: color ?? "#5b6472" }],
    [
      "text",
      {
        x: half,
        y: half,
        dy: ".36em",
        "text-anchor": "middle",
        "font-size": Math.round(size * 0.42),
        fill: "#fff",
      },
      initials,
    ],
  ];
  const from = { src: url, ...(srcset && { srcset, sizes: `${size}px` }) };
  const pictures = url ? [["img", { ...square, alt, ...from }]] : [];
  // Somebody else has written these texts: nothing in them is looked up.
  return built(
    ["span", { class: "avatar" }, letters, ...pictures],
    (text) => text,
  );
};

/** The description in an answer, which some APIs put below a key. */
const described = (answer) => answer?.avatar ?? (answer?.color && answer);

/** What an API says of a mistake, wherever it stands in the answer. */
const words = (answer) =>
  typeof answer === "string"
    ? answer
    : Object.values(answer ?? {})
        .map(words)
        .join(" ");

/** With `endpoint` it saves by itself; without, it is a part of the form around it. */
export class AvatarFieldElement extends AvatarField {
  static observedAttributes = [
    "accept",
    "alt",
    "class",
    "color",
    "endpoint",
    "initials",
    "shape",
    "size",
    "src",
    ...FLAGS,
    ...Object.keys(DATA),
  ];

  #isBuilt = false;
  #headers;
  #messages = {};
  #avatar = null; // what the API said
  #limits = {};
  #status; // of its last answer
  #timer;
  #id = `avatar-field-${++count}`;

  connectedCallback() {
    for (const name of ["headers", "messages"]) {
      if (!Object.hasOwn(this, name)) continue; // set before this script was there
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    if (!this.#isBuilt) this.#build();
    super.connectedCallback();
    this.#later();
  }

  attributeChangedCallback(name) {
    if (!this.#isBuilt) return;
    this.#apply();
    if (name === "endpoint" || name === "src") this.#later();
  }

  /** What is sent along with every request: an object, or a function that gives one, or a promise of one. */
  get headers() {
    return this.#headers;
  }

  set headers(value) {
    this.#headers = value;
    this.#later();
  }

  /** Translations, by the English text. */
  get messages() {
    return this.#messages;
  }

  set messages(value) {
    this.#messages = value ?? {};
    if (!this.isConnected || !this.#isBuilt || this.dataset.waiting) return;
    this.#build();
    super.connectedCallback();
  }

  /** What the API said of the picture; null before it was asked. */
  get avatar() {
    return this.#avatar;
  }

  get endpoint() {
    return this.getAttribute("endpoint") ?? "";
  }

  set endpoint(value) {
    this.setAttribute("endpoint", value);
  }

  /** Ask the API what there is to show, and what may be sent. */
  async reload() {
    const { endpoint } = this;
    try {
      const answer = await fetch(endpoint, {
        headers: await this.#sentAlong(),
        credentials: this.#isElsewhere ? "include" : "same-origin",
      });
      this.#status = answer.status;
      if (!answer.ok) return this.#refused(codeOf(answer.status));
      const body = await answer.json();
      this.#avatar = described(body);
      this.#limits = body.limits ?? {};
      if (this.#isBuilt) this.#apply();
    } catch {
      this.#status = 0;
      this.#refused("network");
    }
  }

  // What field.js leaves to us

  async send(xhr, data) {
    const isRemoval = data.has(`${this.#name}-clear`);
    let headers;
    try {
      headers = await this.#sentAlong();
    } catch {
      return this.unsent("network");
    }
    xhr.open(
      isRemoval ? "DELETE" : (this.getAttribute("method") ?? "POST"),
      this.endpoint,
    );
    for (const name in headers) xhr.setRequestHeader(name, headers[name]);
    xhr.withCredentials = this.#isElsewhere;
    xhr.responseType = "json";
    xhr.send(isRemoval ? null : data);
  }

  answered({ status, response }) {
    this.#status = status;
    if (status >= 300 || !status) {
      // The reason why it is 401 is one for programs, and so is the code that some APIs put beside the text.
      const said =
        (status !== 401 && words(response?.detail ?? response)) || undefined;
      const mayHelp = status === 401 || status > 428;
      const code = said && !mayHelp ? "server" : codeOf(status);
      return this.unsent(code, said, mayHelp || !said);
    }
    this.#avatar = described(response) ?? {
      ...this.#avatar,
      url: null,
      srcset: "",
      alt: "",
    };
    const { url } = this.#avatar;
    const isWaiting = status === 202;
    const state = isWaiting ? "waiting" : url && "saved";
    const fresh = this.#face();
    this.taken([...fresh.querySelectorAll("img")], state, () => {
      this.#show(fresh);
      if (state) this.#dispatch("change", { avatar: this.#avatar, isWaiting });
      else this.#dispatch("remove", {});
    });
  }

  emit(name, detail) {
    const isWelcome = super.emit(name, detail);
    if (name === "error")
      this.#dispatch(name, { ...detail, status: this.#status });
    else if (!this.endpoint && name === "ready")
      this.#dispatch("change", detail);
    else if (!this.endpoint && name === "removed") this.#dispatch("remove", {});
    return isWelcome;
  }

  #dispatch(name, detail) {
    this.dispatchEvent(
      new CustomEvent(`avatar-${name}`, { bubbles: true, detail }),
    );
  }

  #refused(code) {
    this.emit("error", { code, message: this.#say(texts[code]) });
  }

  // Asking

  /** Once the page has set all it wants to set. */
  #later() {
    clearTimeout(this.#timer);
    if (!this.isConnected || !this.endpoint || this.hasAttribute("src")) return;
    this.#timer = setTimeout(() => this.reload());
  }

  async #sentAlong() {
    const own =
      typeof this.#headers === "function" ? this.#headers() : this.#headers;
    return {
      Accept: "application/json",
      ...(this.lang && { "Accept-Language": this.lang }),
      ...(await own),
    };
  }

  get #isElsewhere() {
    return this.getAttribute("credentials") === "include";
  }

  // Showing

  get #name() {
    return this.getAttribute("name") || "avatar";
  }

  #build() {
    const id = this.id ? `${this.id}-input` : this.#id;
    const given = {
      id,
      name: this.#name,
      login: this.getAttribute("login") ?? "",
      limits: this.#limitsText(),
    };
    const say = (text) =>
      this.#say(text).replace(
        /\{(id|name|login|limits)\}/g,
        (_, name) => given[name],
      );
    const parts = (this.endpoint ? alone : inForm).map((node) =>
      built(node, say),
    );
    if (this.endpoint) {
      const form = document.createElement("form");
      form.style.display = "contents";
      form.append(...parts);
      this.replaceChildren(form);
      this.#find(".avatar-field__tools").append(built(SAVE, say));
    } else this.replaceChildren(...parts);
    for (const [isThere, selector] of [
      [this.getAttribute("login"), "[data-sign-in]"],
      [this.getAttribute("camera"), "[data-camera],[data-camera-template]"],
    ])
      if (!isThere)
        for (const part of this.querySelectorAll(selector)) part.remove();
    this.#isBuilt = true;
    this.#apply();
  }

  /** Bring what is there in line with the attributes, and with what the API said. */
  #apply() {
    const { dataset } = this;
    for (const name of [
      "avatar-field",
      ...(this.endpoint ? ["avatar-field--alone"] : []),
    ])
      if (!this.classList.contains(name)) this.classList.add(name);
    for (const name in DATA) {
      const value = this.#setting(name) ?? DATA[name];
      const key = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
      if (value) dataset[key] = value;
      else delete dataset[key];
    }
    if (this.endpoint) dataset.upload = "";
    if (this.hasAttribute("square")) dataset.square = "";
    const said = Object.entries(texts).map(([name, text]) => [
      name,
      this.#say(text).replace("{formats}", this.#formats),
    ]);
    dataset.texts = JSON.stringify(Object.fromEntries(said));
    const input = this.#find("[type=file]");
    input.accept = this.#accept;
    input.setAttribute("aria-describedby", `${input.id}_limits`);
    for (const name of FLAGS) input[name] = this.hasAttribute(name);
    const limits = this.#find(".avatar-field__limits");
    limits.firstChild.data = `${this.#limitsText()} `;
    const radius = RADIUS[this.getAttribute("shape")];
    if (radius) this.style.setProperty("--avatar-radius", radius);
    this.#show(this.#face());
  }

  #show(fresh) {
    const preview = this.#find("[data-preview]");
    this.#find(".avatar")?.remove();
    preview.prepend(fresh);
    const isThere = fresh.querySelector("img");
    this.#find("[data-clear]").hidden =
      !isThere || this.hasAttribute("required");
  }

  #face() {
    const given = (name) => this.getAttribute(name) ?? undefined;
    const who = this.#avatar ?? {
      url: given("src"),
      alt: given("alt"),
      initials: given("initials"),
      color: given("color"),
    };
    return face(who, +given("size") || (this.endpoint ? 192 : 96));
  }

  /** The attribute, else what the API said. */
  #setting(name) {
    return this.getAttribute(name) ?? this.#limits[LIMITS[name]];
  }

  get #accept() {
    return `${this.#setting("accept") ?? "image/jpeg,image/png,image/webp,image/gif"}`;
  }

  get #formats() {
    const names = this.#accept
      .split(",")
      .map((type) => type.split("/")[1].toUpperCase().replace("WEBP", "WebP"));
    return new Intl.ListFormat(this.lang || undefined, {
      type: "disjunction",
    }).format(names);
  }

  /** What may be chosen; nothing where nobody has said. */
  #limitsText() {
    const [bytes, min] = ["max-bytes", "min-edge"].map((name) =>
      Number(this.#setting(name) ?? 0),
    );
    if (!bytes) return "";
    const max = (bytes / 2 ** 20).toLocaleString(this.lang || [], {
      style: "unit",
      unit: "megabyte",
      maximumFractionDigits: 1,
    });
    const values = { formats: this.#formats, max, min };
    return this.#say(min > 1 ? texts.limits_min : texts.limits).replace(
      /\{(\w+)\}/g,
      (_, name) => values[name],
    );
  }

  /** In the language of the page. */
  #say(text) {
    const bare = text.trim();
    return text.replace(bare, () => this.#messages[bare] ?? bare);
  }

  #find(selector) {
    return this.querySelector(selector);
  }
}

customElements.define("avatar-field", AvatarFieldElement);
