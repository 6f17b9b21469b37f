// Puts the page together: its frame from the server, then one listener for clicks and one for keys.
Zhida.deeds = {
  drawer: () => Zhida.openDrawer(),
  "drawer-close": () => Zhida.openDrawer(false),
  theme: () => Zhida.turnTheme(),
  new: () => Zhida.startAnew(),
  ask: (button) => Zhida.ask(button.textContent),
  retry: () => { const turn = Zhida.turns.at(-1); if (turn) Zhida.ask(turn.question, turn); },
  edit: () => Zhida.edit(),
  "edit-cancel": () => { Zhida.stopEditing(); $("#zd-question").value = ""; Zhida.grow(); },
  stop: () => Zhida.stop(),
  cite: (b) => Zhida.show(Zhida.turnOf(b.dataset.answer), `cite-${b.dataset.answer}-${b.dataset.number}`, "cited", b),
  hit: (b) => Zhida.show(Zhida.turnOf(b.dataset.answer), `hit-${b.dataset.answer}-${b.dataset.number}`, "all", b),
  all: (button) => Zhida.show(Zhida.turnOf(button.dataset.answer), "", "all", button),
  tab: (button) => Zhida.chooseTab(button.dataset.tab),
  "side-close": () => Zhida.closePanel(true),
  copy: (button) => Zhida.copy(button),
  up: (button) => Zhida.judge(button, "up"),
  down: (button) => Zhida.judge(button, "down"),
  draft: (button) => Zhida.draft(button),
  open: (button) => { Zhida.openDrawer(false); Zhida.open(button.dataset.conversation); },
  rename: (button) => Zhida.rename(button),
  "export-md": (button) => Zhida.take_away(button.dataset.conversation, "md"),
  "export-docx": (button) => Zhida.take_away(button.dataset.conversation, "docx"),
  delete: (button) => Zhida.remove(button),
  attach: () => $("#zd-file").click(),
  "remove-file": (button) => Zhida.removeFile(button),
};

Zhida.onKey = (event) => {
  const box = event.target.id === "zd-question";
  // Enter that picks a word of an input method does not send (229: some browsers' only sign).
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key === "Enter" && box && !event.shiftKey && !composing) {
    event.preventDefault();
    Zhida.send();
  } else if (event.key === "ArrowUp" && box && !event.target.value && !composing) {
    event.preventDefault();
    Zhida.edit();
  } else if (event.key === "Escape" && !composing) {
    Zhida.escape();
  } else if (event.target.getAttribute("role") === "tab" && /^(Arrow(Left|Right)|Home|End)$/.test(event.key)) {
    event.preventDefault();
    const tabs = $$("[role=tab]", event.target.parentElement);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = step ? (tabs.indexOf(event.target) + step + tabs.length) % tabs.length : event.key === "Home" ? 0 : tabs.length - 1;
    Zhida.chooseTab(tabs[at].dataset.tab);
    tabs[at].focus();
  } else if (event.key === "Tab" && !$(".zd-drawer").hidden) {
    Zhida.keepIn($(".zd-drawer"), event);
  }
};

// Escape closes one thing at a time, the topmost first.
Zhida.escape = () => {
  if (Zhida.unhover()) return;
  if (!$(".zd-drawer").hidden) { Zhida.openDrawer(false); return; }
  const picker = $(".zd-picker[open]");
  if (picker) { picker.open = false; $("summary", picker).focus(); return; }
  if (Zhida.closePanel(true)) return;
  if (Zhida.stopEditing()) { $("#zd-question").value = ""; Zhida.grow(); }
};

// The focus stays in a dialog: the page behind it is inert, and Gradio's own parts are not to be reached either.
Zhida.keepIn = (dialog, event) => {
  const stops = $$("button, input, a[href]", dialog).filter((stop) => stop.offsetParent && !stop.disabled);
  const [first, last] = [stops[0], stops.at(-1)];
  const leaving = event.shiftKey ? document.activeElement === first : document.activeElement === last;
  if (!leaving) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
};

Zhida.listen = (app) => {
  app.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button && !button.disabled) { event.preventDefault(); Zhida.deeds[button.dataset.do]?.(button); return; }
    const picker = $(".zd-picker[open]");
    if (picker && !event.target.closest(".zd-picker")) picker.open = false;
  });
  app.addEventListener("keydown", Zhida.onKey);
  app.addEventListener("pointerleave", Zhida.unhover);
  const chip = (event) => event.target.closest?.(".zd-answer button.cite");
  app.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const found = chip(event);
    if (found) Zhida.hover(found); else if (!event.target.closest(".zd-hover")) Zhida.unhover();
  });
  app.addEventListener("focusin", (event) => {
    const found = chip(event);
    if (found && found.matches(":focus-visible")) Zhida.hover(found); else Zhida.unhover();
  });
  $(".zd-log").addEventListener("scroll", Zhida.unhover, { passive: true });
  $(".zd-composer").addEventListener("submit", (event) => { event.preventDefault(); Zhida.send(); });
  $("#zd-question").addEventListener("input", Zhida.grow);
  $("#zd-file")?.addEventListener("change", (event) => {
    Zhida.upload([...event.target.files]);
    event.target.value = "";
  });
  $(".zd-picker")?.addEventListener("change", Zhida.tellPicked);
  let typing;
  $(".zd-find").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(Zhida.listConversations, 200); });
  if ($("#zd-file")) Zhida.listenToDrops($(".zd-chat"));
};

Zhida.listenToDrops = (chat) => {
  const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  chat.dataset.drop = Zhida.texts.drop;
  for (const name of ["dragenter", "dragover"]) {
    chat.addEventListener(name, (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      chat.classList.add("dropping");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    chat.addEventListener(name, (event) => {
      if (name === "dragleave" && chat.contains(event.relatedTarget)) return;
      chat.classList.remove("dropping");
      if (name === "drop" && carriesFiles(event)) { event.preventDefault(); Zhida.upload([...event.dataTransfer.files]); }
    });
  }
};

// Called by the component that is the page's way to Python, once Gradio has made it.
Zhida.connect = async (link) => {
  Zhida.link = link;
  Zhida.lang = new URLSearchParams(location.search).get("lang") || "";
  const start = await link.server.hello({ lang: Zhida.lang });
  if (!start || start.error) {
    $("#zd").textContent = (start && start.error) || "…";
    return;
  }
  Zhida.texts = start.texts;
  Zhida.language = start.lang;
  document.documentElement.lang = start.lang;
  $("#zd").replaceChildren(Zhida.wall(start.html, true));
  Zhida.listen($(".zd-app"));
  const asked = /^#c\/([\w-]+)$/.exec(location.hash);
  if (asked) await Zhida.open(asked[1]);
  if (Zhida.wide.matches) $("#zd-question").focus();
};
