// htmx and Turbo make markup of text: what a host that uses them under Trusted Types has to allow.
globalThis.trustedTypes?.createPolicy("default", {
  createHTML: (text) => text,
  createScript: (text) => text,
  createScriptURL: (url) => url,
});
