// The page of a run: language, the table of questions with its filters, and printing. question.js shows one question.
// Everything that is not ours is put on the page as text nodes; no markup is ever made from a string.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const PAGE_SIZE = 50;
const PRINTED = 300;
const byId = (id) => document.getElementById(id);

// ---- Building blocks

function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "onclick") element.addEventListener("click", value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Text of a document, a question or a model: isolated, so that its marks of direction turn nothing else around. */
const bdi = (text) => el("bdi", {}, String(text));

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

/** Our text in both languages; a style rule shows one. `pair` is a key of DATA.texts or [Chinese, English]. */
function say(pair, values = {}) {
  const [zh, en] = Array.isArray(pair) ? pair : DATA.texts[pair];
  return [el("span", { lang: "zh" }, fill(zh, values)), el("span", { lang: "en" }, fill(en, values))];
}

/** Our text in the language shown now, for where elements cannot stand (options, placeholders, names). */
function now(pair) {
  const [zh, en] = Array.isArray(pair) ? pair : DATA.texts[pair];
  return document.documentElement.lang === "en" ? en : zh;
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;
const figure = (value, unit) => (unit === "share" ? percent(value) : Number(value.toFixed(value < 1 ? 4 : 1)).toLocaleString("en"));

// ---- Questions as the table knows them

const CORRECT = DATA.metrics.findIndex((metric) => metric[1] === "correct");

function outcome(question) {
  if (question.st === "error") return "error";
  const refused = question.refused ?? question.st === "refused";
  if (refused) return question.able ? "refused_wrongly" : "refused_rightly";
  if (!question.able) return "should_have_refused";
  return question.v && question.v[CORRECT] === 0 ? "answered_wrong" : "answered_right";
}

DATA.questions.forEach((question, i) => {
  question.i = i;
  question.outcome = outcome(question);
  question.words = [question.id, question.q, question.a, question.gold, ...question.tags].join("\n").toLowerCase();
  const vital = (question.facts || []).filter((fact) => fact[1]);
  question.found = vital.length ? vital.reduce((sum, fact) => sum + fact[2], 0) / vital.length : null;
  question.vital = vital.length;
  const ranks = question.e.map((group) => group.r ?? Infinity);
  question.rank = ranks.length && question.n !== undefined ? Math.max(...ranks) : null;
  question.ms = question.t ? (question.t.total ?? question.t.total_ms ?? null) : null;
});
const PLACES = new Map(DATA.questions.map((question) => [question.id, question]));

const VERDICTS = ["passed", "failed", "answered_right", "answered_wrong", "refused_rightly", "refused_wrongly", "should_have_refused", "error"];
const CAUSES = Object.keys(DATA.causes);
const COLUMNS = [
  ["id", (q) => q.i],
  ["question", (q) => q.q],
  ["verdict", (q) => (q.ok ? 1 : 0)],
  ["cause", (q) => (q.cause ? CAUSES.indexOf(q.cause) : Infinity)],
  ["facts", (q) => q.found],
  ["rank", (q) => q.rank],
  ["time", (q) => q.ms],
];

const state = { search: "", verdict: "", cause: "", tag: "", flip: "", column: "id", down: false, page: 0 };
let shown = DATA.questions;

function matches(question) {
  if (state.verdict === "passed" ? !question.ok : state.verdict === "failed" ? question.ok : state.verdict && question.outcome !== state.verdict) return false;
  if (state.cause && question.cause !== state.cause) return false;
  if (state.tag && !question.tags.includes(state.tag)) return false;
  if (state.flip && question.flip !== state.flip) return false;
  return state.search.toLowerCase().split(/\s+/).every((word) => question.words.includes(word));
}

/** Filters and sorts; what has no value stands last either way, and equals keep the order of the gold set. */
function select() {
  const value = COLUMNS.find((column) => column[0] === state.column)[1];
  const missing = (x) => x === null || x === undefined || x === Infinity;
  const sign = state.down ? -1 : 1;
  shown = DATA.questions.filter(matches).sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (missing(x) || missing(y)) return missing(x) - missing(y) || a.i - b.i;
    return sign * (typeof x === "string" ? x.localeCompare(y, "zh") : x - y) || a.i - b.i;
  });
}

// ---- The table

function chip(question) {
  if (question.st === "error") return el("span", { class: "chip bad" }, say("only_error"));
  return question.ok ? el("span", { class: "chip good" }, say("passed_chip")) : el("span", { class: "chip bad" }, say("failed_chip"));
}

const link = (question) => `#q=${encodeURIComponent(question.id)}`;

function flipMark(question) {
  if (!question.flip) return null;
  const worse = question.flip === "worse";
  return el("span", { class: worse ? "down" : "up" }, worse ? "▼ " : "▲ ", say(worse ? "flips_worse" : "flips_better"));
}

function row(question) {
  const tags = question.tags.slice(0, 6).map(bdi);
  const facts = question.found === null ? "–" : `${Number((question.found * question.vital).toFixed(1))}/${question.vital}`;
  const rank = question.rank === null ? "–" : question.rank === Infinity ? "✗" : String(question.rank);
  return el("tr", { onclick: (event) => event.target.closest("a") || (location.hash = link(question)) },
    el("td", { class: "c-id" }, bdi(question.id)),
    el("td", { class: "c-question" }, el("a", { href: link(question) }, bdi(question.q)), el("div", { class: "tags" }, flipMark(question), tags)),
    el("td", { class: "c-verdict" }, chip(question)),
    el("td", { class: "c-cause" }, question.cause && question.cause !== "error" ? say(DATA.causes[question.cause][0]) : ""),
    el("td", { class: "c-facts num" }, facts),
    el("td", { class: "c-rank num" }, rank),
    el("td", { class: "c-time num" }, question.ms === null ? "–" : Math.round(question.ms).toLocaleString("en")),
  );
}

function draw() {
  const pages = Math.max(1, Math.ceil(shown.length / PAGE_SIZE));
  state.page = Math.min(state.page, pages - 1);
  byId("rows").replaceChildren(...shown.slice(state.page * PAGE_SIZE, (state.page + 1) * PAGE_SIZE).map(row));
  byId("count").replaceChildren(...say("shown", { shown: shown.length.toLocaleString("en"), all: DATA.questions.length.toLocaleString("en") }));
  byId("nothing").hidden = shown.length > 0;
  byId("table").hidden = shown.length === 0;
  byId("pager").hidden = shown.length === 0;
  byId("page").replaceChildren(...say("page", { page: state.page + 1, pages }));
  byId("previous").disabled = state.page === 0;
  byId("next").disabled = state.page === pages - 1;
  byId("clear").hidden = !(state.search || state.verdict || state.cause || state.tag || state.flip);
  for (const header of byId("columns").children) {
    const sorted = header.dataset.column === state.column;
    if (sorted) header.setAttribute("aria-sort", state.down ? "descending" : "ascending");
    else header.removeAttribute("aria-sort");
  }
}

function update(changes) {
  Object.assign(state, { page: 0 }, changes);
  for (const name of ["search", "verdict", "cause", "tag", "flip"]) if (byId(name).value !== state[name]) byId(name).value = state[name];
  select();
  draw();
}

// ---- Controls

function options() {
  const counted = (values) => {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
    return counts;
  };
  const tags = counted(DATA.questions.flatMap((question) => question.tags));
  const causes = counted(DATA.questions.map((question) => question.cause));
  const flips = counted(DATA.questions.map((question) => question.flip));
  const passed = DATA.questions.filter((question) => question.ok).length;
  const outcomes = counted(DATA.questions.map((question) => question.outcome));
  const verdictCount = (one) => (one === "passed" ? passed : one === "failed" ? DATA.questions.length - passed : outcomes.get(one) || 0);
  const choices = {
    verdict: VERDICTS.map((one) => [one, DATA.outcomes[one], verdictCount(one)]),
    cause: CAUSES.map((one) => [one, DATA.causes[one][0], causes.get(one) || 0]),
    tag: [...tags].sort((a, b) => b[1] - a[1]).map(([tag, n]) => [tag, [tag, tag], n]),
    flip: ["worse", "better"].map((one) => [one, DATA.texts[`flips_${one}`], flips.get(one) || 0]),
  };
  for (const [name, list] of Object.entries(choices)) {
    const present = list.filter((choice) => choice[2] > 0);
    const made = present.map(([value, pair, n]) => Object.assign(el("option", { value }), { pair, n }));
    byId(name).replaceChildren(Object.assign(el("option", { value: "" }), { pair: `any_${name}` }), ...made);
    byId(name).hidden = present.length === 0;
    byId(name).addEventListener("change", (event) => update({ [name]: event.target.value }));
  }
}

/** Texts that no style rule can switch. */
function relabel() {
  for (const option of document.querySelectorAll(".controls option")) {
    option.textContent = option.n === undefined ? now(option.pair) : `${now(option.pair)} (${option.n})`;
  }
  for (const element of document.querySelectorAll("[data-text]")) {
    element.setAttribute("aria-label", now(element.dataset.text));
    if (element.placeholder !== undefined && element.tagName === "INPUT") element.placeholder = now(element.dataset.text);
  }
  byId("language").setAttribute("aria-label", now("language"));
}

function setLanguage(language) {
  document.documentElement.lang = language;
  // A page from a file may have no storage; then the choice lasts as long as the page.
  try { localStorage.setItem("zhida-report-language", language); } catch { /* not kept */ }
  relabel();
}

function keptLanguage() {
  try { return localStorage.getItem("zhida-report-language"); } catch { return null; }
}

function headers() {
  const made = COLUMNS.map(([name]) =>
    el("th", { class: `c-${name}${["facts", "rank", "time"].includes(name) ? " num" : ""}`, scope: "col", "data-column": name },
      el("button", { type: "button", onclick: () => update({ column: name, down: state.column === name && !state.down }) }, say(`col_${name}`))));
  byId("columns").replaceChildren(...made);
}

/** ↑ and ↓ walk through the rows while one of them has the focus. */
function walk(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...byId("rows").querySelectorAll("a")];
  const place = links.indexOf(document.activeElement);
  const next = links[place + (event.key === "ArrowDown" ? 1 : -1)];
  if (place < 0) return;
  event.preventDefault();
  if (next) next.focus();
}

// ---- Printing: the summary, then every failed question in short

function preparePrint() {
  const failed = DATA.questions.filter((question) => !question.ok);
  const entries = failed.slice(0, PRINTED).map((question) =>
    el("div", { class: "failure" },
      el("p", {}, el("b", {}, bdi(question.id), " ", bdi(question.q)), " ", question.cause ? el("span", { class: "chip" }, say(DATA.causes[question.cause][0])) : null),
      el("p", {}, say("expected"), question.able ? bdi(question.gold || (question.facts || []).map((fact) => fact[0]).join("；")) : say("unanswerable")),
      el("p", {}, say("answer"), "：", bdi(question.a.slice(0, 300) || "–"))));
  const rest = failed.length - entries.length;
  const list = failed.length ? [el("h2", {}, say("print_failures"), el("small", {}, ` ${failed.length}`)), ...entries] : [];
  byId("print-failures").replaceChildren(...list, ...(rest > 0 ? [el("p", {}, say("print_more", { n: rest }))] : []));
}

// ---- Start

function start() {
  headers();
  options();
  setLanguage(keptLanguage() === "en" ? "en" : "zh-CN");
  for (const id of ["language", "controls", "table", "pager"]) byId(id).hidden = false;
  byId("language").addEventListener("click", () => setLanguage(document.documentElement.lang === "en" ? "zh-CN" : "en"));
  let pause = 0;
  byId("search").addEventListener("input", (event) => {
    clearTimeout(pause);
    pause = setTimeout(() => update({ search: event.target.value.trim() }), 120);
  });
  byId("clear").addEventListener("click", () => update({ search: "", verdict: "", cause: "", tag: "", flip: "" }));
  const turn = (by) => {
    state.page += by;
    draw();
    byId("questions").scrollIntoView();
  };
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("rows").addEventListener("keydown", walk);
  for (const button of document.querySelectorAll("button[data-filter]")) {
    button.addEventListener("click", () => {
      update({ search: "", verdict: "", cause: "", tag: "", flip: "", [button.dataset.filter]: button.dataset.value });
      byId("questions").scrollIntoView();
      byId("search").focus({ preventScroll: true });
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select, dialog") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    byId("search").focus();
  });
  window.addEventListener("beforeprint", preparePrint);
  window.matchMedia("print").addEventListener("change", (event) => event.matches && preparePrint());
  window.addEventListener("hashchange", openFromAddress);
  update({});
  openFromAddress();
  performance.mark("zhida-interactive");
}
