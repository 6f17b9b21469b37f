// What all parts of the page share: its state, small helpers, calls to the server, messages to the reader.
Object.assign(Zhida, {
  texts: {}, // what the script itself says, from the server
  link: null, // ask(data), stop(), server: the ways to Python
  conversation: "",
  turns: [], // {key, question, answer, status, panel, element}, oldest first
  running: null, // the turn that is being answered
  wide: matchMedia("(min-width: 901px)"),
});

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

Zhida.make = (tag, className, text = "") => {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  if (tag === "button") element.type = "button";
  return element;
};

Zhida.fill = (text, value) => text.replace("{}", value);

// For screen readers only; what is said again has to change to be read again.
Zhida.say = (text) => {
  const place = $(".zd-say");
  place.textContent = place.textContent === text ? text + "\u00a0" : text;
};

Zhida.toast = (text) => {
  const toast = $(".zd-toast");
  toast.textContent = text;
  toast.hidden = false;
  Zhida.say(text);
  clearTimeout(Zhida.toasting);
  Zhida.toasting = setTimeout(() => { toast.hidden = true; }, 2600);
};

// Calls a function of ui.page.desk; undefined, with a word to the reader, when it did not work.
Zhida.call = async (name, data = {}, quiet = false) => {
  let result;
  try {
    result = await Zhida.link.server[name]({ ...data, lang: Zhida.lang });
  } catch {
    result = { error: Zhida.texts.failed };
  }
  if (!result || result.error) {
    if (!quiet) Zhida.toast((result && result.error) || Zhida.texts.failed);
    return undefined;
  }
  return result;
};

Zhida.setConversation = (id) => {
  Zhida.conversation = id;
  history.replaceState(null, "", id ? "#c/" + id : location.pathname + location.search);
};

Zhida.turnOf = (answer) => Zhida.turns.find((turn) => turn.answer === answer);

// A look that the reader chose is kept; else the page follows the system. Set before anything is painted.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const wished = new URLSearchParams(location.search).get("__theme");
  const chosen = () => { try { return localStorage.getItem("zd-theme"); } catch { return null; } };
  const apply = () => {
    document.documentElement.dataset.theme = chosen() || wished || (dark.matches ? "dark" : "light");
  };
  dark.addEventListener("change", apply);
  apply();
  Zhida.turnTheme = () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("zd-theme", next); } catch { document.documentElement.dataset.theme = next; }
    apply();
  };
})();
