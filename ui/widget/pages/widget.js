/* Zhida 质答: a button that opens the chat in a frame. How to use it: ui/widget/README.md.
   Runs on the host's page, so it sets no inline style or script, asks for nothing before the first click, and keeps
   what it shows in a shadow tree. The token goes from setUser to the frame and is kept nowhere else. */
(() => {
  "use strict";
  const script = document.currentScript || document.querySelector('script[src*="widget.js"][data-widget]');
  if (!script) return;
  const VERSION = 1, PATIENCE = 15000, STEP = 72, NAME = "zhida-widget";
  const SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox";
  const WORDS = {
    zh: { open: "打开问答助手", close: "关闭问答助手", frame: "问答助手", silent: "问答助手没有响应。可能连不上服务，或此网页未获准使用。" },
    en: { open: "Open the assistant", close: "Close the assistant", frame: "Assistant", silent: "The assistant does not respond. The service may be out of reach, or this page may not be allowed to use it." },
  };
  const CSS = `
:host { all: initial !important; display: contents !important; direction: ltr !important; }
button, div { box-sizing: border-box; position: fixed; right: 20px; z-index: 2147483647; margin: 0; padding: 0; border: 0; }
button { width: 56px; height: 56px; border-radius: 50%; background: #0f6e66; color: #fff; cursor: pointer; box-shadow: 0 4px 16px rgb(0 0 0 / .28); }
button:hover { background: #0b5851; }
button:focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px #0f6e66; }
svg { display: block; width: 28px; height: 28px; margin: auto; }
div { width: 400px; max-width: calc(100vw - 40px); height: 640px; border-radius: 14px; overflow: hidden; background: #fff; color: #23211d; box-shadow: 0 12px 44px rgb(0 0 0 / .3); }
div.dark { background: #171613; color: #eae6de; }
div[hidden], p[hidden], iframe[hidden] { display: none; }
iframe { display: block; width: 100%; height: 100%; border: 0; }
p { margin: 0; padding: 32px; font: 15px/1.7 system-ui, "Microsoft YaHei", sans-serif; }
.left { right: auto; left: 20px; }
@media (max-width: 639.98px) {
  div { inset: 0 !important; width: auto; max-width: none; height: auto !important; border-radius: 0; }
  button.open { display: none; }
  button.open.failed { display: block; }
}
@media (prefers-reduced-motion: no-preference) { button { transition: background .15s; } }
@media (forced-colors: active) { button { border: 2px solid; } }`;
  const CHAT = "M4 5h16v11H10l-4 4v-4H4z M8 9h8 M8 12h5", CROSS = "M6 6l12 12 M18 6L6 18";

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const svg = (name, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    return node;
  };

  class Widget extends HTMLElement {
    static observedAttributes = ["theme", "lang"];
    #token = "";

    start(base, data) {
      this.base = base;
      this.data = data;
      this.queue = [];
      this.listeners = {};
      this.theme = data.theme || "auto";
      this.setAttribute("lang", data.lang || (/^en/i.test(document.documentElement.lang) ? "en" : "zh"));
      const root = this.attachShadow({ mode: "open" }), sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      root.adoptedStyleSheets = [sheet];
      this.button = document.createElement("button");
      this.button.type = "button";
      const icon = svg("svg", { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linejoin": "round", "stroke-linecap": "round", "aria-hidden": "true" });
      icon.append((this.path = svg("path", { d: CHAT })));
      this.button.append(icon);
      this.panel = document.createElement("div");
      this.panel.hidden = true;
      this.panel.setAttribute("role", "dialog");
      this.note = document.createElement("p");
      this.note.hidden = true;
      this.note.setAttribute("role", "alert");
      this.panel.append(this.note);
      root.append(this.button, this.panel);
      this.button.onclick = () => (this.panel.hidden ? this.open() : this.close());
      root.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
      this.hear = (event) => this.heard(event);
      this.look = () => this.looks();
      addEventListener("message", this.hear);
      dark.addEventListener("change", this.look);
      this.place();
      this.looks();
      setTimeout(() => this.emit("ready"));
    }

    /* A second widget on the same side stands above the first. */
    place() {
      const left = this.data.position === "left";
      const below = [...document.querySelectorAll(NAME)].filter((other) => other.data && (other.data.position === "left") === left).length;
      for (const part of [this.button, this.panel]) part.classList.toggle("left", left);
      this.button.style.bottom = `${20 + below * STEP}px`;
      this.panel.style.bottom = `${88 + below * STEP}px`;
      this.panel.style.height = `min(640px, calc(100vh - ${108 + below * STEP}px))`;
    }

    attributeChangedCallback(name, before, value) {
      if (!this.panel || before === value) return;
      if (name === "theme") this.theme = value || "auto";
      this.looks();
    }

    get words() { return WORDS[this.lang === "en" ? "en" : "zh"]; }

    get shown() {
      const theme = this.theme === "auto" ? (dark.matches ? "dark" : "light") : this.theme;
      return { theme: theme === "dark" ? "dark" : "light", lang: this.lang === "en" ? "en" : "zh" };
    }

    looks() {
      const open = !this.panel.hidden, words = this.words;
      this.button.setAttribute("aria-label", open ? words.close : words.open);
      this.button.setAttribute("aria-expanded", open);
      this.button.classList.toggle("open", open);
      this.path.setAttribute("d", open ? CROSS : CHAT);
      this.panel.setAttribute("aria-label", words.frame);
      this.panel.className = `${this.shown.theme}${this.data.position === "left" ? " left" : ""}`;
      this.note.textContent = words.silent;
      if (this.frame) this.frame.title = words.frame;
      if (this.heardOf) this.post("look", this.shown);
    }

    load() {
      const url = new URL("widget", this.base), { widget, collection } = this.data, { theme, lang } = this.shown;
      for (const [name, value] of Object.entries({ widget, collection, theme, lang })) if (value) url.searchParams.set(name, value);
      const frame = (this.frame = document.createElement("iframe"));
      frame.title = this.words.frame;
      frame.referrerPolicy = "origin";
      if (this.base.origin !== location.origin) frame.setAttribute("sandbox", SANDBOX); // it would hold nothing there
      frame.src = url;
      this.panel.append(frame);
      this.timer = setTimeout(() => {
        frame.hidden = !(this.note.hidden = false);
        this.button.classList.add("failed");
        this.emit("error", { message: this.words.silent });
      }, PATIENCE);
    }

    heard({ source, origin, data }) {
      if (!this.frame || source !== this.frame.contentWindow || origin !== this.base.origin || !data || data.zhida !== VERSION) return;
      if (data.type === "ready") {
        clearTimeout(this.timer);
        this.button.classList.remove("failed");
        this.frame.hidden = !(this.note.hidden = true);
        this.heardOf = true;
        this.post("config", { ...this.shown, token: this.#token, conversation: this.kept() });
        for (const [type, rest] of this.queue.splice(0)) this.post(type, rest);
        if (!this.panel.hidden) this.post("open");
      } else if (data.type === "close") this.close();
      else if (data.type === "keep") this.kept(data.conversation);
      else if (data.type === "token-needed") {
        this.emit("token-needed", { reason: data.reason });
        this.renew();
      } else if (data.type === "answer" || data.type === "error") this.emit(data.type, data.detail);
    }

    /* The name of the conversation, for the next page in this tab. Frames of other sites have no storage of their own. */
    kept(id) {
      const key = `zhida:${this.data.widget || ""}`;
      try {
        if (id !== undefined) sessionStorage.setItem(key, id);
        return sessionStorage.getItem(key) || "";
      } catch { return ""; }
    }

    /* Where the host says where its tokens are, nobody has to write a script for that. */
    async renew() {
      if (!this.data.token) return;
      try {
        const answer = await fetch(this.data.token, { cache: "no-store", headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(`${answer.status}`);
        this.setUser((await answer.json()).token);
      } catch (error) { this.emit("error", { message: `${this.data.token}: ${error.message}` }); }
    }

    post(type, rest) {
      if (this.heardOf) this.frame.contentWindow.postMessage({ ...rest, zhida: VERSION, type }, this.base.origin);
      else this.queue.push([type, rest]);
    }

    emit(type, detail = {}) {
      if (type === "ready") this.stands = true;
      for (const listener of [...(this.listeners[type] || [])]) listener(detail);
    }

    open() {
      if (!this.panel.hidden) return;
      if (!this.frame) this.load();
      this.panel.hidden = false;
      this.looks();
      this.frame.focus();
      if (this.heardOf) this.post("open");
      this.emit("open");
    }

    close() {
      if (this.panel.hidden) return;
      this.panel.hidden = true;
      this.looks();
      this.button.focus();
      this.emit("close");
    }

    setUser(token) {
      this.#token = String(token || "");
      if (this.heardOf) this.post("user", { token: this.#token });
    }

    disconnectedCallback() {
      removeEventListener("message", this.hear);
      dark.removeEventListener("change", this.look);
      clearTimeout(this.timer);
      this.#token = "";
      const zhida = window.Zhida;
      if (!zhida || !zhida.all) return;
      const rest = zhida.all.filter((api) => api.element !== this);
      if (rest.length) window.Zhida = Object.assign(rest[0], { all: rest });
      else delete window.Zhida;
    }
  }

  if (!customElements.get(NAME)) customElements.define(NAME, Widget);
  const element = document.createElement(NAME);
  element.start(new URL(".", script.src), { ...script.dataset });
  const api = {
    element,
    open: () => element.open(),
    close: () => element.close(),
    ask: (text) => { element.open(); element.post("ask", { text: String(text) }); },
    setUser: (token) => element.setUser(token),
    setContext: ({ title = "", selection = "" } = {}) => element.post("context", { title: String(title), selection: String(selection) }),
    set: ({ theme, lang }) => { if (theme) element.setAttribute("theme", theme); if (lang) element.setAttribute("lang", lang); },
    destroy: () => element.remove(),
    on: (type, listener) => {
      (element.listeners[type] ||= new Set()).add(listener);
      if (type === "ready" && element.stands) setTimeout(listener, 0, {});
      return () => element.listeners[type].delete(listener);
    },
  };
  const others = (window.Zhida && window.Zhida.all) || [];
  window.Zhida = Object.assign(others[0] || api, { all: [...others, api] });
  /* Beside the body, not in it: a transform or a filter there would catch what is fixed. */
  document.documentElement.append(element);
})();
