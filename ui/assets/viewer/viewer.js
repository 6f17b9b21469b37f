/* The source viewer works without this: it copies links, offers one for a selection, and follows the reader in the outline. */
"use strict";
const say = document.querySelector(".say");
const go = document.querySelector("main")?.dataset.go;
if (go && !location.hash) location.replace(`#${go}`);

async function copy(address) {
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    // Plain http on another machine has no clipboard of its own.
    const field = document.createElement("textarea");
    field.value = address;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say.textContent = say.dataset.copied;
  setTimeout(() => { say.textContent = ""; }, 2500);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-copy]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (link.hash !== location.hash && link.classList.contains("link")) history.replaceState(null, "", link.href);
  copy(link.href);
});

/* A link to what is selected: offsets count code points, as the server's do. A line that was shown without some of its
   characters is linked to as a whole. */
const pick = document.createElement("button");
pick.className = "pick";
pick.type = "button";
pick.hidden = true;

function offset(node, at, isEnd) {
  const line = (node.nodeType === 1 ? node : node.parentElement)?.closest("[data-s]");
  if (!line) return null;
  const from = Number(line.dataset.s), to = Number(line.dataset.e);
  const anchor = line.querySelector(".link");
  const length = (range) => {
    range.setStart(line, 0);
    return [...range.toString()].length;
  };
  const whole = document.createRange();
  whole.selectNodeContents(line);
  if (anchor) whole.setEndBefore(anchor);
  if (length(whole) !== to - from) return isEnd ? to : from;
  const before = document.createRange();
  before.setStart(line, 0);
  before.setEnd(node, at);
  return Math.min(to, from + length(before));
}

function selected() {
  const selection = getSelection();
  if (!selection || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const start = offset(range.startContainer, range.startOffset, false);
  const end = offset(range.endContainer, range.endOffset, true);
  return start !== null && end !== null && start < end ? { start, end, range } : null;
}

/* What tells the sentence from another, as in ui/viewer/links.py, where the browser can compute it and all of it is in
   one line: after an update the link then finds the sentence again. */
async function stamp({ start, end, range }) {
  const text = range.toString();
  if (!globalThis.crypto?.subtle || [...text].length !== end - start) return {};
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return { h: [...new Uint8Array(digest)].slice(0, 4).map((byte) => byte.toString(16).padStart(2, "0")).join("") };
}

document.addEventListener("selectionchange", () => {
  const found = selected();
  pick.hidden = !found;
  if (!found) return;
  if (!pick.isConnected) document.body.append(pick);
  pick.textContent = say.dataset.copy;
  const box = found.range.getBoundingClientRect();
  pick.style.left = `${Math.max(8, Math.min(box.left, innerWidth - 190)) + scrollX}px`;
  pick.style.top = `${box.bottom + scrollY + 6}px`;
});
pick.addEventListener("pointerdown", (event) => event.preventDefault());
pick.addEventListener("click", async () => {
  const found = selected();
  if (!found) return;
  const address = new URL(location.pathname, location.href);
  const lang = new URLSearchParams(location.search).get("lang");
  address.search = new URLSearchParams({ start: found.start, end: found.end, ...(await stamp(found)), ...(lang ? { lang } : {}) });
  address.hash = "mark";
  copy(address.href);
});

/* The outline's line of the heading that was scrolled past last. */
const lines = new Map();
for (const link of document.querySelectorAll('.outline a[href^="#"]')) {
  const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (target && !link.classList.contains("close")) lines.set(target, link);
}
let current = null;
function follow() {
  let found = null;
  for (const target of lines.keys()) {
    if (target.getBoundingClientRect().top > 120) break;
    found = target;
  }
  const link = lines.get(found);
  if (link === current) return;
  current?.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "location");
  link?.scrollIntoView({ block: "nearest" });
  current = link;
}
let due = false;
addEventListener("scroll", () => {
  if (due) return;
  due = true;
  setTimeout(() => { due = false; follow(); }, 120);
}, { passive: true });
follow();
