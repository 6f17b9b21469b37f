// Citations: the card that shows while a chip is pointed at or focused, and the side panel that a click opens.
Zhida.returnTo = null; // where the focus goes back to when the panel closes
Zhida.dismissed = false; // the reader closed the panel: it does not open by itself any more

Zhida.hover = (chip) => {
  const source = document.getElementById(`card-${chip.dataset.answer}-${chip.dataset.number}`);
  const card = $(".zd-hover");
  if (!source) return;
  card.replaceChildren(...[...source.childNodes].map((node) => node.cloneNode(true)));
  card.hidden = false;
  chip.setAttribute("aria-describedby", "zd-hover");
  const at = chip.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left + at.width / 2 - width / 2), innerWidth - width - 8);
  const above = at.top - height - 8;
  card.style.left = `${left}px`;
  card.style.top = `${above > 8 ? above : at.bottom + 8}px`;
};

Zhida.unhover = () => {
  const card = $(".zd-hover");
  if (!card || card.hidden) return false;
  card.hidden = true;
  $("[aria-describedby=zd-hover]")?.removeAttribute("aria-describedby");
  return true;
};

// Puts the evidence of a turn into the panel, without opening it.
Zhida.setPanel = (turn) => {
  const panel = $(".zd-panel");
  if (panel.dataset.answer === turn.answer && panel.firstChild) return;
  panel.dataset.answer = turn.answer;
  panel.replaceChildren(Zhida.wall(turn.panel));
};

// After an answer: on a wide screen the panel opens beside it, unless the reader has closed it before.
Zhida.offerPanel = (turn) => {
  if (Zhida.wide.matches ? Zhida.dismissed : true) {
    if (!$(".zd-side").hidden) Zhida.setPanel(turn);
    return;
  }
  Zhida.setPanel(turn);
  $(".zd-side").hidden = false;
  $(".zd-side").scrollTop = 0;
};

Zhida.show = (turn, id, tab, from) => {
  if (!turn || !turn.panel) return;
  Zhida.setPanel(turn);
  const side = $(".zd-side");
  side.hidden = false;
  Zhida.dismissed = false;
  Zhida.returnTo = from || Zhida.returnTo;
  Zhida.chooseTab(tab);
  const target = id && document.getElementById(id);
  const card = (target && target.closest(".zd-source")) || $(`.zd-${tab} .zd-source`, side);
  $$(".zd-source.active, mark.active", side).forEach((other) => other.classList.remove("active"));
  if (!card) { $(`.zd-evidence [role=tab][data-tab=${tab}]`).focus(); return; }
  card.classList.add("active");
  if (target) target.classList.add("active");
  // Only the panel scrolls: scrollIntoView would move the page under the phone's sheet as well.
  const top = card.getBoundingClientRect().top - side.getBoundingClientRect().top + side.scrollTop;
  const depth = (target || card).getBoundingClientRect().bottom - card.getBoundingClientRect().top;
  const bar = 100; // height of the question and the tabs above the first card
  const fits = !target || depth < side.clientHeight - bar;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  side.scrollTo({
    top: fits ? top - bar : top + depth - side.clientHeight / 2,
    behavior: still ? "auto" : "smooth",
  });
  card.focus({ preventScroll: true });
};

Zhida.chooseTab = (tab) => {
  const section = $(".zd-evidence");
  if (!section) return;
  section.dataset.tab = tab;
  for (const button of $$("[role=tab]", section)) {
    const chosen = button.dataset.tab === tab;
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
};

Zhida.closePanel = (dismissed = false) => {
  const side = $(".zd-side");
  if (side.hidden) return false;
  side.hidden = true;
  Zhida.dismissed = Zhida.dismissed || dismissed;
  if (Zhida.returnTo && Zhida.returnTo.isConnected) Zhida.returnTo.focus();
  Zhida.returnTo = null;
  return true;
};
