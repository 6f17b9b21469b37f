// Questions and answers: sending, showing the states of an answer as they come, stopping, asking again.
Zhida.turnElement = (turn) => {
  const element = Zhida.make("article", "zd-turn");
  const said = Zhida.make("div", "zd-said");
  const words = Zhida.make("h2", "zd-words", turn.question);
  const edit = Zhida.make("button", "zd-act zd-pic zd-edit");
  edit.dataset.do = "edit";
  edit.title = Zhida.texts.edit;
  edit.setAttribute("aria-label", Zhida.texts.edit);
  const icon = Zhida.make("i", "zd-i zd-i-edit");
  icon.setAttribute("aria-hidden", "true");
  edit.append(icon);
  said.append(words, edit);
  element.append(said, Zhida.make("div", "zd-reply"));
  turn.element = element;
  return element;
};

Zhida.addTurn = (turn) => {
  $(".zd-welcome")?.setAttribute("hidden", "");
  Zhida.turns.push(turn);
  $(".zd-turns").append(Zhida.turnElement(turn));
};

// Takes a turn and all after it off the page.
Zhida.dropFrom = (turn) => {
  const at = Zhida.turns.indexOf(turn);
  if (at >= 0) Zhida.turns.splice(at).forEach((gone) => gone.element.remove());
};

Zhida.reply = (turn, ...nodes) => $(".zd-reply", turn.element).replaceChildren(...nodes);

Zhida.stage = (text) => {
  const stage = Zhida.make("div", "zd-stage");
  const dots = Zhida.make("span", "zd-dots");
  dots.append(document.createElement("i"), document.createElement("i"), document.createElement("i"));
  stage.append(dots, Zhida.make("span", "", text));
  return stage;
};

Zhida.setRunning = (turn) => {
  Zhida.running = turn;
  $(".zd-send[type=submit]").hidden = Boolean(turn);
  $(".zd-stop").hidden = !turn;
  $(".zd-app").classList.toggle("zd-running", Boolean(turn));
};

Zhida.ask = (question, replaced = null) => {
  question = question.trim();
  if (!question || Zhida.running) return;
  if (replaced) Zhida.dropFrom(replaced);
  const turn = { key: Date.now(), question, answer: "", status: "searching", panel: "", text: "" };
  Zhida.addTurn(turn);
  Zhida.reply(turn, Zhida.stage(Zhida.texts.searching));
  Zhida.say(Zhida.texts.searching);
  Zhida.setRunning(turn);
  Zhida.toEnd();
  Zhida.heard = Date.now();
  Zhida.link.ask({
    key: turn.key,
    question,
    conversation: Zhida.conversation,
    replaces: (replaced && replaced.answer) || "",
    collections: Zhida.picked(),
    lang: Zhida.lang,
  });
};

// A state of the running answer, see ui.page.talk; one of another turn comes too late.
Zhida.take = (state) => {
  const turn = Zhida.running;
  if (!state || !turn || state.key !== turn.key) return;
  const atEnd = Zhida.isAtEnd();
  Zhida.heard = Date.now();
  if (state.state === "alive") return;
  if (state.conversation && state.conversation !== Zhida.conversation) Zhida.setConversation(state.conversation);
  turn.answer = state.answer || turn.answer;
  if (state.state === "waiting") Zhida.reply(turn, Zhida.stage(Zhida.fill(Zhida.texts.waiting, state.ahead)));
  else if (state.state === "writing") Zhida.writing(turn, state);
  else Zhida.finished(turn, state);
  if (atEnd) Zhida.toEnd();
};

Zhida.writing = (turn, state) => {
  const texts = Zhida.texts;
  const told = state.passages ? Zhida.fill(texts.writing, state.passages) : texts.nothing;
  const nodes = [Zhida.stage(told)];
  if (state.text) {
    const body = Zhida.make("div", "zd-text growing");
    body.append(Zhida.wall(state.text));
    nodes.unshift(body);
  } else {
    Zhida.say(told);
  }
  turn.text = state.text;
  Zhida.reply(turn, ...nodes);
};

Zhida.finished = (turn, state) => {
  turn.status = state.status || "failed";
  turn.panel = state.panel || "";
  Zhida.reply(turn, Zhida.wall(state.html));
  Zhida.setRunning(null);
  const text = $(".zd-text", turn.element);
  Zhida.say(`${Zhida.texts.ready}: ${text ? text.textContent : ""}`);
  if (turn.panel) {
    Zhida.offerPanel(turn);
    setTimeout(() => Zhida.suggest(turn), 150);
  }
};

Zhida.suggest = async (turn) => {
  const found = await Zhida.call("suggest", { answer: turn.answer, collections: Zhida.picked() }, true);
  const place = $(".zd-after", turn.element);
  if (!found || !found.html || !place || turn !== Zhida.turns.at(-1)) return;
  const atEnd = Zhida.isAtEnd();
  place.append(Zhida.wall(found.html));
  if (atEnd) Zhida.toEnd();
};

Zhida.broken = (turn, kind, title, text, words) => {
  const answer = Zhida.make("div", "zd-answer " + kind);
  if (title) answer.append(Zhida.make("div", "zd-verdict", title));
  if (text) answer.append(text);
  const foot = Zhida.make("div", "zd-foot");
  const retry = Zhida.make("button", "zd-act zd-retry", Zhida.texts.retry);
  retry.dataset.do = "retry";
  foot.append(Zhida.make("span", "zd-facts", words), retry);
  answer.append(foot);
  Zhida.reply(turn, answer);
  Zhida.setRunning(null);
};

Zhida.stop = () => {
  const turn = Zhida.running;
  if (!turn) return;
  Zhida.link.stop();
  turn.status = "stopped";
  let body = null;
  if (turn.text) {
    body = Zhida.make("div", "zd-text");
    body.append(Zhida.wall(turn.text));
  }
  Zhida.broken(turn, "zd-stopped", "", body, Zhida.texts.stopped);
  Zhida.toast(Zhida.texts.stopped);
  $("#zd-question").focus();
};

// A server that went away sends nothing, not even an error: ask whether it is there when nothing has come for long.
setInterval(async () => {
  const turn = Zhida.running;
  if (!turn || Date.now() - Zhida.heard < 8000) return;
  const alive = await fetch("healthz", { cache: "no-store" }).then((answer) => answer.ok, () => false);
  if (!alive && turn === Zhida.running) {
    turn.status = "failed";
    Zhida.broken(turn, "zd-failed", "", Zhida.make("div", "zd-text", Zhida.texts.lost), "");
  }
}, 4000);

Zhida.isAtEnd = () => {
  const log = $(".zd-log");
  return log.scrollHeight - log.scrollTop - log.clientHeight < 120;
};

Zhida.toEnd = () => {
  const log = $(".zd-log");
  log.scrollTop = log.scrollHeight;
};

Zhida.startAnew = () => {
  if (Zhida.running) Zhida.link.stop();
  Zhida.setRunning(null);
  Zhida.turns = [];
  $(".zd-turns").replaceChildren();
  $(".zd-welcome").hidden = false;
  Zhida.setConversation("");
  Zhida.closePanel();
  Zhida.stopEditing();
  Zhida.showFiles([]);
  $("#zd-question").value = "";
  $("#zd-question").focus();
};

Zhida.open = async (conversation) => {
  if (Zhida.running) Zhida.stop();
  $(".zd-log").classList.add("zd-opening");
  Zhida.say(Zhida.texts.opening);
  const found = await Zhida.call("open", { conversation });
  $(".zd-log").classList.remove("zd-opening");
  if (!found) { Zhida.setConversation(Zhida.turns.length ? Zhida.conversation : ""); return; }
  Zhida.startAnew();
  Zhida.setConversation(found.conversation);
  for (const exchange of found.exchanges) {
    const turn = { key: 0, text: "", ...exchange };
    Zhida.addTurn(turn);
    Zhida.reply(turn, Zhida.wall(exchange.html));
    if (exchange.verdict) Zhida.press(turn.element, exchange.verdict);
  }
  Zhida.showFiles(found.files);
  Zhida.toEnd();
  const last = Zhida.turns.at(-1);
  if (last && last.panel) Zhida.offerPanel(last);
};
