/* The chat in the widget's frame: asks, shows the answer as it comes, opens its sources.
   Whatever comes from the server or the host's page is put in as text; nothing here makes markup of a string.
   With a widget's name every request carries the token that the host handed over, and no cookie; without one, the page
   is our own (the preview), and its session counts. */
const VERSION = 1;
const PATIENCE = 20000; // milliseconds to wait for a token
const HERE = document.documentElement.dataset;
const QUERY = new URLSearchParams(location.search);
const WIDGET = HERE.widget;
const ORIGINS = new Set(WIDGET ? HERE.origins.split(" ") : [location.origin]);
const $ = (id) => document.getElementById(id);

const WORDS = {
  zh: {
    lang: "zh-CN", fresh: "新对话", close: "关闭", send: "发送", stop: "停止", question: "问题", placeholder: "输入问题",
    welcome: "想从资料里知道什么？", about: "回答只取自资料库，句末的编号可以点开原文。资料里没有的，会直接说没有。",
    log: "对话", waiting: "前面还有 {} 个问题，正在排队…", searching: "正在检索…", writing: "找到 {} 段，正在回答…",
    identity: "正在确认身份…", ready: "回答完毕。", stopped: "已停止", refused: "资料未载", failed: "这次没有答成", busy: "请稍等再问",
    lost: "与服务的连接断了，请重试。", unknown: "没有拿到登录凭证。请刷新网页，或联系此网页的管理员。", retry: "重试",
    up: "有帮助", down: "没帮助", thanks: "谢谢，已记下", cite: "引用 {}：{}", source: "原文", evidence: "原文内容", tab: "在新标签页打开",
    original: "查看原网页", page: "第 {} 页", weak: "原文不足以支持这一句。", unsure: "这段文字由图片识别而来，可能有错字。",
    gone: "这份资料后来有变动，下面是回答时的原文。", also: "同样的内容也见于：{}", meaning: "文中“{}”即 {}", aboutPage: "关于《{}》",
  },
  en: {
    lang: "en", fresh: "New chat", close: "Close", send: "Send", stop: "Stop", question: "Question", placeholder: "Type a question",
    welcome: "What would you like to know?", about: "Answers come from the library only; a number opens its source. What the documents do not say, is said to be missing.",
    log: "Conversation", waiting: "{} questions come first, waiting…", searching: "Searching…", writing: "{} passages found, answering…",
    identity: "Checking who you are…", ready: "The answer is there.", stopped: "Stopped", refused: "Not in the documents", failed: "No answer this time", busy: "Please wait a little",
    lost: "The connection to the service is lost, please retry.", unknown: "No sign-in was handed over. Reload the page, or ask whoever keeps it.", retry: "Retry",
    up: "Helpful", down: "Not helpful", thanks: "Thank you, noted", cite: "Citation {}: {}", source: "Source", evidence: "What the source says", tab: "Open in a new tab",
    original: "Open the original", page: "page {}", weak: "The source does not fully support this sentence.", unsure: "This text was recognised in a picture and may hold mistakes.",
    gone: "This document has changed since; below is what it said then.", also: "The same is said in: {}", meaning: "“{}” in the text is {}", aboutPage: "About “{}”",
  },
};
let words = WORDS.zh;
let host = ""; // the origin of the page around us, once it has spoken
let theme = QUERY.get("theme") || "auto";
let conversation = "";
let running = null; // the AbortController of the question being answered
let context = {};
let opener = null; // what had the focus before the sheet
let tab = ""; // the address of the source that is shown, for a tab of its own
const later = []; // questions that the host asked while another was being answered

const filled = (text, ...values) => values.reduce((line, value) => line.replace("{}", () => value), text);
const make = (tag, type, text) => {
  const node = document.createElement(tag);
  if (type) node.className = type;
  if (text) node.textContent = text;
  return node;
};
const button = (text, act, type) => {
  const node = make("button", type, text);
  node.type = "button";
  node.onclick = act;
  return node;
};
/* `node` with one of our words, which follows when the language changes. */
const worded = (node, word) => {
  node.dataset.word = word;
  node.textContent = words[word];
  return node;
};

/* Speaking with the host's page */

function tell(type, rest = {}) {
  if (parent !== window && host) parent.postMessage({ ...rest, zhida: VERSION, type }, host);
}

addEventListener("message", ({ source, origin, data }) => {
  if (parent === window || source !== parent || !ORIGINS.has(origin) || !data || data.zhida !== VERSION) return;
  if (data.type === "config") {
    host = origin;
    $("close").hidden = false;
    dress(data.theme, data.lang);
    if (data.token) identity.set(data.token);
    else identity.known();
    resume(String(data.conversation || ""));
  } else if (origin !== host) return;
  else if (data.type === "look") dress(data.theme, data.lang);
  else if (data.type === "user") identity.set(String(data.token || ""));
  else if (data.type === "ask") asked(String(data.text || ""));
  else if (data.type === "context") offer(data);
  else if (data.type === "open") ($("sheet").hidden ? $("question") : $("shut")).focus();
});

/* Who asks: the token in use, and how the next one is got. Nothing of it is stored. */

const identity = {
  token: "", last: "", own: true, waiting: [],
  claims(token) {
    try {
      const text = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
      return JSON.parse(text);
    } catch { return {}; }
  },
  set(token) {
    const before = this.claims(this.last).sub;
    if (this.last && before !== this.claims(token).sub) restart(); // somebody else: nothing of the first one's stays
    this.own = false;
    this.token = token;
    this.last = token;
    if (token) this.known();
  },
  known() {
    for (const go of this.waiting.splice(0)) go();
  },
  over(token) {
    if (this.token === token) this.token = "";
  },
  /* Resolves to a token; asks for one if there is none. Rejects with what to show. */
  async get(reason) {
    const end = Date.now() + PATIENCE;
    if (!host && (parent === window || !(host = surrounding()))) await this.wait(end);
    while (!this.token) {
      if (HERE.anonymous && this.own) this.token = this.last = await this.visit();
      else {
        tell("token-needed", { reason });
        await this.wait(end);
      }
    }
    return this.token;
  },
  wait(end) {
    return new Promise((go, fail) => {
      this.waiting.push(go);
      setTimeout(fail, Math.max(0, end - Date.now()), new Failure(words.unknown));
    });
  },
  async visit() {
    const body = JSON.stringify({ widget: WIDGET, origin: host, token: this.last });
    const answer = await send("widget/visit", { method: "POST", headers: { "Content-Type": "application/json" }, body, credentials: "omit" });
    if (!answer.ok) throw await refusal(answer);
    return (await answer.json()).token;
  },
};

/* The page around a plain frame, which does not speak: for visitors that need no token of the host. */
function surrounding() {
  const name = (location.ancestorOrigins && location.ancestorOrigins[0]) || (document.referrer && new URL(document.referrer).origin);
  return HERE.anonymous && ORIGINS.has(name) ? name : "";
}

/* Speaking with the service */

class Failure extends Error {
  constructor(message, label) {
    super(message);
    this.label = label;
  }
}

async function send(path, options) {
  try {
    return await fetch(path, { cache: "no-store", redirect: "error", ...options });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Failure(words.lost);
  }
}

async function refusal(answer) {
  let reason = `HTTP ${answer.status}`;
  try { reason = (await answer.json()).error || reason; } catch { /* not from us: a proxy's page */ }
  return new Failure(reason, answer.status === 429 ? words.busy : "");
}

/* A request in the name of who asks. A token that is refused is asked for anew, once. */
async function call(path, options = {}) {
  if (!WIDGET) return send(path, { credentials: "same-origin", ...options });
  for (let again = false; ; again = true) {
    const token = await identity.get(again ? "expired" : "missing");
    const headers = { ...options.headers, Authorization: `Bearer ${token}`, "X-Zhida-Origin": host };
    const answer = await send(path, { ...options, headers, credentials: "omit" });
    if (answer.status !== 401 || again) return answer;
    identity.over(token);
  }
}

const post = (path, body, rest = {}) => call(path, { method: "POST", body: JSON.stringify(body), ...rest, headers: { "Content-Type": "application/json", ...rest.headers } });

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (text + value).split("\n\n");
    text = frames.pop();
    for (const frame of frames) {
      const found = /^event: (.+)\ndata: (.+)$/.exec(frame);
      if (found) yield [found[1], JSON.parse(found[2])];
    }
  }
}

async function begin() {
  const answer = await post("api/conversations", { title: "" });
  if (!answer.ok) throw await refusal(answer);
  return (await answer.json()).conversation_id;
}

/* The conversation goes on when the host's page is left for its next one: the host's tab remembers its name, which opens
   nothing without a token. A visitor's is not kept, because he is another visitor on the next page. */
function keep(id) {
  conversation = id;
  if (!HERE.anonymous || !identity.own) tell("keep", { conversation: id });
}

async function resume(id) {
  if (!id || conversation) return;
  const found = await call(`api/conversations/${encodeURIComponent(id)}`).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  if (!found || running || conversation) return;
  conversation = id;
  $("welcome").hidden = found.entries.length > 0;
  for (const entry of found.entries) finished(turn(entry.question), { notices: [], ...entry }, false);
  $("log").scrollTop = $("log").scrollHeight;
}

/* Opens the stream of an answer; a conversation that is no longer there is begun anew. */
async function open(question, signal) {
  const collections = (QUERY.get("collection") || "").split(",").filter(Boolean);
  for (let again = false; ; again = true) {
    if (!conversation) keep(await begin());
    const body = { question, conversation_id: conversation, ...(collections.length && { collections }) };
    const answer = await post("api/ask", body, { headers: { Accept: "text/event-stream" }, signal });
    if (answer.ok) return events(answer.body);
    if (answer.status !== 404 || again) throw await refusal(answer);
    keep("");
  }
}

/* Asking */

async function asked(text) {
  const question = text.trim().slice(0, $("question").maxLength);
  if (!question) return;
  if (running) return void later.push(question);
  const mine = (running = new AbortController());
  $("welcome").hidden = true;
  const reply = turn(question);
  reply.setAttribute("aria-busy", "true");
  showButton();
  state(reply, WIDGET && !identity.token ? words.identity : words.searching);
  reply.scrollIntoView({ block: "end" });
  try {
    await answer(reply, question, mine.signal);
  } catch (error) {
    if (mine.signal.aborted) stopped(reply);
    else failed(reply, error, question);
  }
  reply.removeAttribute("aria-busy");
  if (running !== mine) return; // another chat has begun
  running = null;
  showButton();
  if (later.length) asked(later.shift());
}

/* A place for a question and its reply, which is returned. */
function turn(question) {
  const place = make("div", "turn"), reply = make("div", "reply");
  place.append(make("div", "ask", question), reply);
  $("turns").append(place);
  return reply;
}

async function answer(reply, question, signal) {
  let text = "";
  for await (const [name, data] of await open(question, signal)) {
    signal.throwIfAborted();
    if (name === "waiting") state(reply, filled(words.waiting, data.ahead));
    else if (name === "retrieved") state(reply, filled(words.writing, data.hits.length));
    else if (name === "text") growing(reply, (text += data.delta));
    else if (name === "error") throw new Failure(data.error, data.retry_after ? words.busy : "");
    else if (name === "done") return finished(reply, data);
  }
  throw new Failure(words.lost);
}

function state(reply, text) {
  reply.replaceChildren(make("span", "state", text));
  say(text);
}

function growing(reply, text) {
  const end = nearEnd();
  reply.replaceChildren();
  prose(reply, text.replace(/\[\d{0,3}$/, ""), (number) => make("span", "cite", number));
  if (end) $("log").scrollTop = $("log").scrollHeight;
}

function finished(reply, data, fresh = true) {
  const end = nearEnd();
  const cited = new Map(data.citations.map((citation) => [String(citation.number), citation]));
  reply.replaceChildren();
  if (data.status === "refused") reply.append(worded(make("span", "label"), "refused"));
  prose(reply, data.answer, (number) => (cited.has(number) ? chip(cited.get(number)) : `[${number}]`));
  for (const notice of data.notices) reply.append(make("span", "notice", notice));
  if (data.answer_id) reply.append(verdicts(data.answer_id));
  if (!fresh) return;
  if (end) $("log").scrollTop = $("log").scrollHeight;
  say(`${words.ready} ${data.answer.replace(/\[\d+\]/g, "")}`);
  tell("answer", { detail: { status: data.status, citations: cited.size, answer_id: data.answer_id, conversation_id: data.conversation_id } });
}

function stopped(reply) {
  reply.querySelectorAll(".state").forEach((node) => node.remove());
  reply.append(worded(make("span", "notice"), "stopped"));
  say(words.stopped);
}

function failed(reply, error, question) {
  const message = error instanceof Failure ? error.message : words.lost;
  reply.classList.add("failed");
  reply.replaceChildren(make("span", "label", error.label || words.failed), message);
  const acts = make("div", "acts");
  acts.append(worded(button("", () => { reply.closest(".turn").remove(); asked(question); $("question").focus(); }), "retry"));
  reply.append(acts);
  say(`${words.failed} ${message}`);
  tell("error", { detail: { message } });
}

/* Text with **bold** and [1]; `cite` makes what stands for a number. */
function prose(target, text, cite) {
  let at = 0;
  for (const found of text.matchAll(/\[(\d{1,3})\]|\*\*([^*\n]+)\*\*/g)) {
    target.append(text.slice(at, found.index), found[1] ? cite(found[1]) : make("strong", "", found[2]));
    at = found.index + found[0].length;
  }
  target.append(text.slice(at));
}

function verdicts(answer_id) {
  const acts = make("div", "acts");
  const judge = async (event, verdict) => {
    const pressed = event.currentTarget;
    const answer = await post("api/feedback", { answer_id, verdict }).catch(() => null);
    if (!answer || !answer.ok) return say(words.failed);
    for (const other of acts.children) other.setAttribute("aria-pressed", String(other === pressed));
    say(words.thanks);
  };
  for (const verdict of ["up", "down"]) acts.append(worded(button("", (event) => judge(event, verdict)), verdict));
  for (const act of acts.children) act.setAttribute("aria-pressed", "false");
  return acts;
}

/* Sources */

const nameOf = (citation) => citation.title || citation.document;

function chip(citation) {
  const node = button(String(citation.number), () => show(citation, node), `cite${citation.supported ? "" : " weak"}`);
  node.dataset.name = nameOf(citation);
  node.setAttribute("aria-label", filled(words.cite, citation.number, node.dataset.name));
  return node;
}

async function show(citation, from) {
  opener = from;
  URL.revokeObjectURL(tab);
  tab = "";
  $("source").textContent = nameOf(citation);
  evidence(citation, null);
  $("sheet").hidden = false;
  $("chat").inert = true;
  $("source").focus();
  const query = conversation ? `?conversation_id=${encodeURIComponent(conversation)}` : "";
  const found = await call(`api/sources/${citation.passage_id}${query}`).then((answer) => (answer.ok ? answer.json() : false)).catch(() => false);
  if (opener === from && !$("sheet").hidden) evidence(citation, found);
}

function hide() {
  $("sheet").hidden = true;
  $("chat").inert = false;
  if (opener) opener.focus();
  opener = null;
}

/* What the sheet shows. `found` is the passage as it stands now, null while that is not known, false if it cannot be had. */
function evidence(citation, found) {
  const parts = passage(citation, found);
  const links = make("div", "links"), alone = make("a", "", words.tab);
  alone.href = tab = reader(citation, parts);
  links.append(alone);
  if (/^https?:\/\//i.test(citation.url)) {
    const original = make("a", "", words.original);
    original.href = citation.url;
    links.append(original);
  }
  for (const link of links.children) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  $("evidence").replaceChildren(...parts, links);
  const mark = $("evidence").querySelector("mark");
  if (mark) mark.scrollIntoView({ block: "center" });
}

function passage(citation, found) {
  const facts = [citation.speaker && `${citation.speaker} ${citation.speaker_title}`.trim(), citation.publisher, citation.published, citation.document, citation.page && filled(words.page, citation.page)];
  const parts = [make("p", "facts", facts.filter(Boolean).join(" · "))];
  const cautions = [!citation.supported && words.weak, citation.unsure && words.unsure];
  // Places count characters as Unicode does, strings here count halves of surrogate pairs.
  const letters = Array.from((found && found.text) || ""), first = citation.start - (found ? found.start : 0);
  const stays = found && letters.slice(first, citation.end - found.start).join("") === citation.quote;
  const text = stays ? found.text : citation.passage;
  const at = stays ? letters.slice(0, first).join("").length : text.indexOf(citation.quote);
  if (found === false || (found && !stays)) cautions.push(words.gone);
  parts.push(...cautions.filter(Boolean).map((line) => make("p", "caution", line)));
  const body = make("p", "passage");
  if (at < 0) body.append(text);
  else body.append(text.slice(0, at), make("mark", "", citation.quote), text.slice(at + citation.quote.length));
  const near = (list) => (stays ? list.map((one) => make("p", "near", one.text)) : []);
  parts.push(...near(found && found.before), body, ...near(found && found.after));
  const dates = Object.entries(citation.dates || {}).map(([said, meant]) => filled(words.meaning, said, meant));
  if (dates.length) parts.push(make("p", "facts", dates.join("；")));
  if (citation.also_in && citation.also_in.length) parts.push(make("p", "facts", filled(words.also, citation.also_in.join("、"))));
  return parts;
}

/* The same as a page for a tab of its own. It is made here, because a tab has no token to ask the service with. */
function reader(citation, parts) {
  const page = document.implementation.createHTMLDocument(nameOf(citation));
  page.documentElement.lang = words.lang;
  page.documentElement.dataset.theme = HERE.theme;
  const meta = page.createElement("meta"), style = page.createElement("link"), main = page.createElement("main"), title = page.createElement("h1");
  meta.setAttribute("charset", "utf-8");
  style.rel = "stylesheet";
  style.href = document.querySelector("link[rel=stylesheet]").href;
  page.head.append(meta, style);
  title.textContent = nameOf(citation);
  main.className = "reader";
  main.append(title, ...parts.map((part) => page.importNode(part, true)));
  page.body.append(main);
  URL.revokeObjectURL(tab);
  return URL.createObjectURL(new Blob(["<!doctype html>", page.documentElement.outerHTML], { type: "text/html" }));
}

/* The page itself */

function say(text) { $("say").textContent = text; }

function nearEnd() {
  const log = $("log");
  return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
}

/* What the host's page is about, or what is selected there: put into the question by who asks, and only then. */
function offer(given) {
  context = given;
  const cut = (text) => String(text || "").trim().slice(0, 200);
  const title = cut(given.title), selection = cut(given.selection);
  const put = (text) => () => { $("question").value = `${text}${$("question").value}`; grow(); $("question").focus(); };
  const chips = [];
  if (title) chips.push(button(filled(words.aboutPage, title), put(`《${title}》`)));
  if (selection) chips.push(button(`“${selection}”`, put(`“${selection}”`)));
  $("context").replaceChildren(...chips);
  $("context").hidden = !chips.length;
}

function dress(shade, lang) {
  theme = shade || theme;
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  HERE.theme = dark ? "dark" : "light";
  words = WORDS[lang] || words;
  document.documentElement.lang = words.lang;
  for (const [id, name] of [["fresh", "fresh"], ["close", "close"], ["shut", "close"], ["log", "log"], ["evidence", "evidence"]]) $(id).setAttribute("aria-label", words[name]);
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = words[node.dataset.word];
  for (const node of document.querySelectorAll("button.cite")) node.setAttribute("aria-label", filled(words.cite, node.textContent, node.dataset.name));
  $("fresh").title = words.fresh;
  document.querySelector("label[for=question]").textContent = words.question;
  $("question").placeholder = words.placeholder;
  $("welcome").firstElementChild.textContent = words.welcome;
  $("welcome").lastElementChild.textContent = words.about;
  offer(context);
  showButton();
}

function showButton() {
  $("send").setAttribute("aria-label", running ? words.stop : words.send);
  $("send").querySelector("path").setAttribute("d", running ? "M7 7h10v10H7z" : "M12 19V5M6 11l6-6 6 6");
  $("send").disabled = !running && !$("question").value.trim();
}

function grow() {
  const field = $("question");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
  showButton();
}

function restart() {
  if (running) running.abort();
  running = null;
  later.length = 0;
  keep("");
  if (!$("sheet").hidden) hide();
  $("turns").replaceChildren();
  $("welcome").hidden = false;
  showButton();
}

function submit() {
  if (running) return running.abort();
  const text = $("question").value;
  $("question").value = "";
  grow();
  asked(text);
  $("question").focus();
}

/* Tab goes around within the frame while it is open; Esc leaves. */
function keys(event) {
  if (event.key === "Escape") {
    event.preventDefault();
    return $("sheet").hidden ? tell("close") : hide();
  }
  if (event.key !== "Tab" || !host) return;
  const within = $("sheet").hidden ? $("chat") : $("sheet");
  const stops = [...within.querySelectorAll("a[href], button:not(:disabled), textarea, [tabindex='0']")].filter((node) => node.getClientRects().length);
  const last = event.shiftKey ? stops[0] : stops.at(-1), next = event.shiftKey ? stops.at(-1) : stops[0];
  if (document.activeElement === last || !stops.includes(document.activeElement)) {
    event.preventDefault();
    next.focus();
  }
}

$("send").onclick = submit;
$("fresh").onclick = () => { restart(); $("question").focus(); };
$("close").onclick = () => tell("close");
$("shut").onclick = hide;
$("question").addEventListener("input", grow);
$("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !running) {
    event.preventDefault();
    submit();
  }
});
document.addEventListener("keydown", keys);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dress());
dress(theme, QUERY.get("lang") === "en" ? "en" : "zh");
// The one message whose receiver is not known yet; it says nothing but that somebody is here.
if (parent !== window) parent.postMessage({ zhida: VERSION, type: "ready" }, "*");
