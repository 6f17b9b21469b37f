// The drawer of conversations, and what a reader says about an answer.
Zhida.openDrawer = async (open = true) => {
  const drawer = $(".zd-drawer");
  const button = $("[data-do=drawer]");
  if (drawer.hidden !== open) return false;
  drawer.hidden = !open;
  $(".zd-scrim").hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  for (const other of [$(".zd-top"), $(".zd-main")]) other.inert = open;
  if (!open) { button.focus(); return true; }
  $(".zd-find").value = "";
  $(".zd-find").focus();
  await Zhida.listConversations();
  return true;
};

Zhida.listConversations = async () => {
  const find = $(".zd-find").value;
  const found = await Zhida.call("conversations", { find });
  if (!found || find !== $(".zd-find").value) return;
  const list = $(".zd-list");
  list.replaceChildren(Zhida.wall(found.html));
  $$("time", list).forEach((time) => { time.textContent = Zhida.when(time.getAttribute("datetime")); });
  $(`li[data-conversation="${CSS.escape(Zhida.conversation)}"]`, list)?.classList.add("current");
};

Zhida.when = (iso) => {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  const day = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
  const days = Math.round((day(new Date()) - day(date)) / 86400000);
  const clock = date.toLocaleTimeString(Zhida.language, { hour: "2-digit", minute: "2-digit" });
  if (days === 0) return `${Zhida.texts.today} ${clock}`;
  if (days === 1) return `${Zhida.texts.yesterday} ${clock}`;
  return date.toLocaleDateString(Zhida.language);
};

Zhida.rename = (button) => {
  const row = button.closest("li");
  const title = $(".zd-open b", row);
  const input = Zhida.make("input", "zd-rename");
  input.value = title.textContent;
  input.maxLength = 60;
  input.setAttribute("aria-label", Zhida.texts.name);
  $(".zd-open", row).hidden = true;
  row.prepend(input);
  input.focus();
  input.select();
  let ended = false;
  const end = async (save) => {
    if (ended) return;
    ended = true;
    const wanted = input.value.trim();
    if (save && wanted && wanted !== title.textContent) {
      const renamed = await Zhida.call("rename", { conversation: button.dataset.conversation, title: wanted });
      if (renamed) title.textContent = wanted;
    }
    $(".zd-open", row).hidden = false;
    input.remove();
    button.focus();
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) end(true);
    if (event.key === "Escape") { event.stopPropagation(); end(false); }
  });
  input.addEventListener("blur", () => end(true));
};

// The first click asks, the second deletes.
Zhida.remove = async (button) => {
  if (!button.classList.contains("sure")) {
    button.classList.add("sure");
    button.setAttribute("aria-label", Zhida.texts.confirm);
    Zhida.toast(Zhida.texts.confirm);
    setTimeout(() => button.classList.remove("sure"), 4000);
    return;
  }
  const conversation = button.dataset.conversation;
  if (!(await Zhida.call("delete", { conversation }))) return;
  if (conversation === Zhida.conversation) Zhida.startAnew();
  Zhida.toast(Zhida.texts.deleted);
  await Zhida.listConversations();
  $(".zd-find").focus();
};

Zhida.take_away = async (conversation, format) => {
  const file = await Zhida.call("export", { conversation, format });
  if (!file) return;
  const bytes = Uint8Array.from(atob(file.content), (char) => char.charCodeAt(0));
  const link = Zhida.make("a", "");
  link.href = URL.createObjectURL(new Blob([bytes], { type: file.type }));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

// Thumbs

Zhida.press = (element, verdict) => {
  for (const other of ["up", "down"]) {
    const button = $(`[data-do=${other}]`, element);
    if (button) button.setAttribute("aria-pressed", String(other === verdict));
  }
};

Zhida.judge = async (button, verdict) => {
  const turn = Zhida.turnOf(button.dataset.answer);
  if (!turn || !(await Zhida.call("feedback", { answer: turn.answer, verdict }))) return;
  Zhida.press(turn.element, verdict);
  $(".zd-reasons", turn.element)?.remove();
  if (verdict === "up") Zhida.toast(Zhida.texts.thanks);
  else Zhida.askReason(turn);
};

Zhida.askReason = (turn) => {
  const texts = Zhida.texts;
  const box = Zhida.make("div", "zd-reasons");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", texts.reason);
  const choices = Zhida.make("div", "zd-choices");
  for (const reason of texts.reasons.split("|")) {
    const choice = Zhida.make("button", "zd-choice", reason);
    choice.setAttribute("aria-pressed", "false");
    choice.addEventListener("click", () => {
      $$(".zd-choice", choices).forEach((other) => other.setAttribute("aria-pressed", String(other === choice)));
    });
    choices.append(choice);
  }
  const row = Zhida.make("div", "zd-reason-row");
  const comment = Zhida.make("input", "zd-comment");
  comment.placeholder = texts.comment;
  comment.setAttribute("aria-label", texts.comment);
  comment.maxLength = 500;
  const submit = Zhida.make("button", "zd-button", texts.submit);
  const draft = Zhida.make("button", "zd-act", texts.draft);
  draft.dataset.do = "draft";
  draft.dataset.answer = turn.answer;
  submit.addEventListener("click", async () => {
    const chosen = $("[aria-pressed=true]", choices);
    const data = { answer: turn.answer, verdict: "down", comment: comment.value };
    const sent = await Zhida.call("feedback", { ...data, reason: chosen ? chosen.textContent : "" });
    if (!sent) return;
    row.remove();
    choices.remove();
    Zhida.toast(texts.thanks);
  });
  comment.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.isComposing) submit.click(); });
  row.append(comment, submit);
  box.append(Zhida.make("div", "zd-label", texts.reason), choices, row, draft);
  $(".zd-after", turn.element).prepend(box);
  choices.firstChild.focus();
};

Zhida.draft = async (button) => {
  if (!(await Zhida.call("draft", { answer: button.dataset.answer }))) return;
  button.disabled = true;
  Zhida.toast(Zhida.texts.drafted);
};

Zhida.copy = async (button) => {
  const answer = button.closest(".zd-answer");
  const area = Zhida.make("textarea", "");
  const lines = $(".zd-copytext", answer).cloneNode(true);
  $$("br", lines).forEach((line) => line.replaceWith("\n"));
  area.value = lines.textContent;
  try {
    await navigator.clipboard.writeText(area.value);
  } catch {
    // Browsers keep the clipboard from pages without TLS; the old command still works there.
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  Zhida.toast(Zhida.texts.copied);
};
