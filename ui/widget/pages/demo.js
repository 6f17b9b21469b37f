/* The page that makes the snippets; its preview is the launcher itself, without a widget's name. */
"use strict";

const $ = (id) => document.getElementById(id);
const BASE = new URL("../", location.href);
const quoted = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");

function chosen() {
  const values = {};
  for (const id of ["widget", "collection", "theme", "lang", "position", "token"]) values[id] = $(id).value.trim();
  values.anonymous = $("widget").selectedOptions[0].dataset.anonymous === "1";
  return values;
}

function snippets() {
  const { anonymous, token, position, ...named } = chosen();
  const data = { ...named, ...(position === "left" && { position }), ...(!anonymous && { token }) };
  const attributes = Object.entries(data).filter(([, value]) => value).map(([name, value]) => `data-${name}="${quoted(value)}"`);
  $("script").value = `<script src="${quoted(new URL("widget.js", BASE).href)}"\n        ${attributes.join(" ")} defer></` + "script>";
  const url = new URL("widget", BASE);
  for (const [name, value] of Object.entries(named)) if (value) url.searchParams.set(name, value);
  $("frame").value = `<iframe src="${quoted(url.href)}" title="${named.lang === "en" ? "Assistant" : "问答助手"}"\n        width="400" height="640" referrerpolicy="origin"></iframe>`;
  $("policy").value = `script-src ${BASE.origin}\nframe-src ${BASE.origin}${anonymous ? "" : "\nconnect-src 'self'"}`;
  $("named").hidden = anonymous;
  $("plain").hidden = anonymous;
}

function preview() {
  if (window.Zhida) window.Zhida.destroy();
  const { collection, theme, lang, position } = chosen();
  const script = document.createElement("script");
  script.src = new URL("widget.js", BASE).href;
  Object.assign(script.dataset, { collection, theme, lang, position });
  script.onload = () => script.remove();
  document.body.append(script);
}

document.addEventListener("change", ({ target }) => {
  snippets();
  if (target.id === "theme" || target.id === "lang") window.Zhida.set({ theme: $("theme").value, lang: $("lang").value });
  else if (target.id === "collection" || target.id === "position") preview();
});
document.addEventListener("click", async ({ target }) => {
  if (!target.dataset.copy) return;
  const field = $(target.dataset.copy);
  field.select();
  // Without HTTPS the page has no clipboard; what is selected can still be copied by hand.
  if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
  $("said").textContent = navigator.clipboard ? "已复制 copied" : "已选中，请按 Ctrl+C selected, press Ctrl+C";
});
snippets();
preview();
