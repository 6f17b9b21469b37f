// One question in a dialog at the side: why it failed, answer against gold, citations, evidence, passages, times.

const dialog = byId("question");
let current = null;

const number = (n) => el("span", { class: "mark-number" }, String(n));
const part = (title, ...content) => el("section", {}, el("h3", {}, title), ...content);
const item = (name, ...value) => el("li", {}, say(name), " ", el("b", {}, ...value));

function banner(question) {
  const place = shown.indexOf(question);
  const button = (sign, name, by) =>
    el("button", { type: "button", class: "quiet", "aria-label": now(name), title: now(name), disabled: !shown[place + by] || place < 0, onclick: () => step(by) }, sign);
  return el("div", { class: "bar" }, chip(question), bdi(question.id),
    el("div", { class: "end" },
      place < 0 ? null : el("span", {}, say("position", { i: place + 1, n: shown.length })),
      button("←", "previous_question", -1), button("→", "next_question", 1),
      el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, say("close"))));
}

function heading(question) {
  const turns = question.h.flatMap(([asked, said]) => [el("dt", {}, say("asked"), "：", bdi(asked)), el("dd", {}, say("said"), "：", bdi(said || "–"))]);
  return el("section", {},
    turns.length ? el("dl", { class: "turns" }, el("dt", {}, say("earlier")), turns) : null,
    el("h2", { id: "question-title", tabindex: "-1" }, bdi(question.q)),
    question.as ? el("p", { class: "note" }, say("understood"), bdi(question.as)) : null,
    el("div", { class: "tags" }, flipMark(question), question.tags.map(bdi)));
}

function why(question) {
  if (!question.cause) return null;
  const [name, meaning, remedy] = DATA.causes[question.cause];
  return el("section", { class: "cause" }, el("b", {}, say(name)), el("p", {}, say(meaning)), el("p", {}, say("remedy"), say(remedy)));
}

function facts(question) {
  const ticks = (question.facts || []).map(([shownAs, vital, found]) => {
    const verdict = found >= 1 ? "found" : found > 0 ? "partly" : "missing";
    const sign = { found: "✓", partly: "◐", missing: "✗" }[verdict];
    return el("li", {}, el("i", { class: verdict, title: now(`fact_${verdict}`), role: "img", "aria-label": now(`fact_${verdict}`) }, sign),
      el("span", {}, bdi(shownAs), " ", vital ? null : el("span", { class: "chip" }, say("minor"))));
  });
  const forbidden = question.never.map(([text, there]) =>
    el("li", {}, el("i", { class: there ? "missing" : "found" }, there ? "✗" : "✓"), el("span", {}, bdi(text), " ", el("span", { class: "chip" }, say("forbidden")))));
  return ticks.length + forbidden.length ? part(say("facts"), el("ul", { class: "ticks" }, ticks, forbidden)) : null;
}

function answers(question) {
  const side = (left, right) => question.diff.filter(([kind]) => kind !== right).map(([kind, text]) => (kind === "=" ? text : el(left, {}, text)));
  const refused = question.refused ?? question.st === "refused";
  const answered = question.diff.length && !refused ? side("ins", "-") : question.a ? [question.a] : say(question.st === "error" ? "only_error" : "no_answer");
  const gold = question.diff.length && !refused ? side("del", "+") : question.gold;
  const many = question.golds > 1 ? [" · ", ...say("closest_of", { n: question.golds })] : [];
  const expected = question.able
    ? question.gold && el("div", { class: "pane" }, el("h4", {}, say("gold_answer"), many), el("p", {}, el("bdi", {}, gold)))
    : el("div", { class: "pane" }, el("h4", {}, say("gold_answer")), el("p", {}, say("unanswerable")));
  return part(say("compare_answers"),
    el("div", { class: "panes" }, expected || null,
      el("div", { class: expected ? "pane" : "pane single" }, el("h4", {}, say(refused ? "refusal" : "answer")), el("p", {}, el("bdi", {}, answered)))),
    question.diff.length && !refused ? el("p", { class: "note" }, say("diff_legend")) : null,
    question.was ? el("div", { class: "pane was" }, el("h4", {}, say("before"), question.was[0] ? [" · ", ...say(DATA.causes[question.was[0]][0])] : null), el("p", {}, bdi(question.was[1] || "–"))) : null);
}

function claims(question) {
  const made = (question.claims || []).map(([text, marks, supported]) =>
    el("li", {}, el("i", { class: supported ? "found" : "missing" }, supported ? "✓" : "✗"),
      el("span", {}, bdi(text), marks.map(number), " ", supported ? null : el("span", { class: "chip warn" }, say("unsupported")))));
  return made.length ? part(say("claims"), el("ul", { class: "ticks" }, made)) : null;
}

function citations(question) {
  const made = (question.c || []).map(([n, document, title, page, quote, supported]) =>
    el("div", { class: "quote" }, el("p", {}, bdi(quote || "–"), n === null ? null : number(n)),
      el("footer", {}, bdi(document), title ? bdi(title) : null, page ? el("span", {}, say("page_of", { n: page })) : null,
        supported === false ? el("span", { class: "chip warn" }, say("unsupported")) : null)));
  return made.length ? part(say("citations"), made) : null;
}

function evidence(question) {
  const made = question.e.map((group) =>
    el("div", { class: "quote" },
      group.any.map(([document, quote, page], i) => el("p", {}, i ? [...say("or_else"), " "] : null, bdi(quote), " ",
        el("small", {}, bdi(document), page ? [" · ", ...say("page_of", { n: page })] : null))),
      group.r === undefined ? null : el("footer", {},
        group.at ? el("span", { class: group.at === "whole" ? "chip good" : "chip bad" }, say(DATA.anchors[group.at])) : null,
        el("span", { class: group.r ? "chip good" : "chip bad" }, group.r ? say("rank_of", { rank: group.r }) : say("not_found")),
        el("span", { class: group.c ? "chip good" : "chip" }, say(group.c ? "was_cited" : "was_not_cited")))));
  return made.length ? part(say("gold_evidence"), made) : null;
}

/** The text of a passage with its evidence marked and what was cited underlined. Spans count characters, not UTF-16 units. */
function marked(text, start, spans, cited) {
  const characters = Array.from(text);
  const inside = (place, list) => list.some(([from, to]) => from - start <= place && place < to - start);
  const pieces = [];
  let kept = -1;
  for (let i = 0; i < characters.length; i++) {
    const kind = (inside(i, spans) ? 1 : 0) + (inside(i, cited) ? 2 : 0);
    if (kind === kept) pieces[pieces.length - 1][1].push(characters[i]);
    else pieces.push([kind, [characters[i]]]);
    kept = kind;
  }
  return pieces.map(([kind, run]) => {
    const words = run.join("");
    const under = kind & 2 ? el("u", {}, words) : words;
    return kind & 1 ? el("mark", {}, under) : under;
  });
}

function passages(question) {
  if (question.n === undefined) return part(say("retrieved"), el("p", { class: "note" }, say("no_passages")));
  const made = [];
  question.p.forEach(([place, score, stages, spans, cited], i) => {
    const [document, title, text, start, whole] = DATA.passages[place];
    const numbers = stages.map((value, s) => (value === null ? null : el("span", {}, say(DATA.stages[s]), ` ${value}`)));
    made.push(el("li", {},
      el("header", {}, el("b", {}, String(i + 1)), bdi(document), title ? bdi(title) : null, score === null ? null : el("span", {}, say("score"), ` ${score}`), numbers),
      el("p", {}, el("bdi", {}, start ? "…" : null, marked(text, start, spans, cited), start + Array.from(text).length < whole ? "…" : null))));
    if (i + 1 === question.sent) made.push(el("li", { class: "line-sent" }, say("sent_above")));
  });
  const rest = question.n - question.p.length;
  return part(say("retrieved"),
    el("div", { class: "key" }, el("span", {}, el("mark", {}, say("gold_evidence"))), el("span", {}, el("u", {}, say("citations")))),
    el("ol", { class: "passages" }, made),
    rest > 0 ? el("p", { class: "note" }, say("more_passages", { n: rest })) : null);
}

function details(question) {
  const times = Object.entries(question.t || {}).map(([stage, ms]) => el("li", {}, say(DATA.stageNames[stage] || [stage, stage]), " ", el("b", {}, ms === null ? "–" : `${ms} ms`)));
  const rest = [
    question.conf === undefined ? null : item("confidence", String(question.conf)),
    question.mode ? item("mode", bdi(question.mode)) : null,
    question.kept ? item("kept") : null,
    ...Object.entries(question.tok || {}).map(([kind, n]) => el("li", {}, say({ input: "tokens_in", output: "tokens_out" }[kind] || [kind, kind]), " ", el("b", {}, n.toLocaleString("en")))),
  ];
  const notices = (question.says || []).map((notice) => el("li", {}, bdi(notice)));
  const values = (question.v || []).map((value, i) => (value === null ? null : el("li", {}, say(DATA.metrics[i]), " ", el("b", {}, figure(value, DATA.metrics[i][2])))));
  return part(say("details"),
    el("ul", { class: "facts-line" }, times, rest, notices),
    question.err ? el("pre", {}, bdi(question.err)) : null,
    values.some(Boolean) ? el("details", {}, el("summary", {}, say("values")), el("ul", { class: "facts-line" }, values)) : null,
    again(question));
}

/** How to ask the question again: a command where it needs no earlier turns, and the chat where its address is known. */
function again(question) {
  const lines = [];
  if (DATA.command && !question.h.length) lines.push(el("pre", {}, `zhida ask '${question.q.replaceAll("'", "'\\''")}'`));
  if (DATA.chat) lines.push(el("p", {}, el("a", { href: DATA.chat, target: "_blank", rel: "noopener noreferrer" }, say("open_chat"))));
  return lines.length ? el("div", {}, el("p", { class: "note" }, say("ask_again")), lines) : null;
}

function show(question) {
  current = question;
  dialog.replaceChildren(banner(question), el("div", { class: "body" },
    heading(question), why(question), answers(question), facts(question), claims(question), citations(question), evidence(question), passages(question), details(question)));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  byId("question-title").focus({ preventScroll: true });
}

function step(by) {
  const next = shown[shown.indexOf(current) + by];
  if (next && shown.includes(current)) location.replace(link(next));
}

function openFromAddress() {
  const wanted = /^#q=(.*)$/.exec(location.hash);
  let question = null;
  try { question = wanted && PLACES.get(decodeURIComponent(wanted[1])); } catch { /* not an address of ours */ }
  if (question) show(question);
  else if (dialog.open) dialog.close();
}

dialog.addEventListener("close", () => {
  const place = current;
  current = null;
  if (location.hash.startsWith("#q=")) history.replaceState(null, "", location.pathname + location.search);
  const row = place && [...byId("rows").querySelectorAll("a")].find((one) => one.getAttribute("href") === link(place));
  if (row) row.focus({ preventScroll: true });
});
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
dialog.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("pre")) return;
  if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "ArrowRight") step(1);
});

start();
