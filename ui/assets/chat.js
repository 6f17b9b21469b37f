// The browser's side of the chat page: opens citations in the side panel, switches its tabs, copies answers,
// asks examples. Listens on the document, because Gradio replaces the elements while an answer streams.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const sheet = (open) => document.documentElement.classList.toggle("zd-open", open);

  function show(id) {
    const target = document.getElementById(id);
    const section = target && target.closest(".zd-evidence");
    if (!section) return;
    const card = target.closest(".zd-source");
    document.querySelectorAll(".zd-evidence").forEach((other) => other.classList.toggle("shown", other === section));
    section.closest(".zd-panel").classList.add("picked");
    section.dataset.tab = card.closest(".zd-all") ? "all" : "cited";
    document.querySelectorAll(".zd-source.active, mark.active").forEach((other) => other.classList.remove("active"));
    card.classList.add("active");
    target.classList.add("active");
    sheet(true);
    // Only the panel scrolls: scrollIntoView would move the page under the phone's sheet as well.
    const panel = $("#zd-side");
    const top = card.getBoundingClientRect().top - panel.getBoundingClientRect().top + panel.scrollTop;
    const depth = target.getBoundingClientRect().bottom - card.getBoundingClientRect().top;
    const bar = 96; // height of the question and the tabs above the first card
    const fits = depth < panel.clientHeight - bar;
    panel.scrollTo({ top: fits ? top - bar : top + depth - panel.clientHeight / 2, behavior: "smooth" });
    card.focus({ preventScroll: true });
  }

  function showAll(name) {
    const section = document.getElementById("evidence-" + name);
    const first = section && $(".zd-all .zd-source", section);
    if (first) show(first.id);
  }

  async function copy(name, link) {
    const block = document.getElementById("copy-" + name);
    if (!block) return;
    const text = block.innerHTML.replace(/<br\s*\/?>/g, "\n");
    const area = document.createElement("textarea");
    area.innerHTML = text; // a textarea holds text only: this decodes entities, it cannot create elements
    try {
      await navigator.clipboard.writeText(area.value);
    } catch {
      // Browsers keep the clipboard from pages without TLS; the old command still works there.
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const before = link.textContent;
    link.textContent = $(".zd-panel").dataset.copied;
    setTimeout(() => { link.textContent = before; }, 1500);
  }

  function ask(question) {
    const box = $("#zd-input textarea");
    // Svelte listens for input events; assigning the value alone would go unseen.
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, question);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    setTimeout(() => $("#zd-input button.submit-button, #zd-input button").click(), 50);
  }

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : event.target.parentElement;
    if (!target) return;
    const tab = target.closest(".zd-tabs button");
    if (tab) { tab.closest(".zd-evidence").dataset.tab = tab.dataset.tab; return; }
    if (target.closest(".zd-close")) { sheet(false); return; }
    const link = target.closest('a[href^="#"]');
    if (!link || !link.closest("#zd-main")) {
      if (!target.closest("#zd-side")) sheet(false);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const [kind, ...rest] = link.getAttribute("href").slice(1).split("-");
    const name = rest.join("-");
    if (kind === "cite" || kind === "hit") show(kind + "-" + name);
    else if (kind === "all") showAll(name);
    else if (kind === "copy") copy(name, link);
    else if (kind === "retry") $("#zd-retry").click();
    else if (kind === "ask") ask(link.textContent);
  }, true);

  // Gradio labels each message with its HTML source, which a screen reader would read out tag by tag.
  new MutationObserver(() => {
    document.querySelectorAll("#zd-messages [data-testid][aria-label]").forEach((message) => message.removeAttribute("aria-label"));
  }).observe(document.documentElement, { childList: true, subtree: true });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") sheet(false);
    // Enter that picks a word in an input method must not send the question (229: some browsers' only sign).
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopPropagation();
  }, true);
})();
