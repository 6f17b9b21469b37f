// The second wall: what the server sends as HTML becomes elements only of the kinds that our renderer writes, so that
// even a mistake in its escaping could not bring a script, a picture, a form or a style onto the page.
const Zhida = {};

Zhida.wall = (() => {
  const TAGS = "a article b br button div h2 h3 header i li mark ol p section span strong time ul";
  const FRAME = "aside details fieldset form h1 input label legend main path rect small summary svg textarea";
  const NAMES = "class id hidden role title tabindex type href target rel datetime";
  const FRAME_NAMES =
    "placeholder maxlength rows enterkeyhint autocomplete multiple value checked viewbox width height d fill rx " +
    "stroke stroke-width stroke-linecap";
  const set = (...lists) => new Set(lists.join(" ").split(/\s+/));
  const answers = { tags: set(TAGS), names: set(NAMES), href: /^(sources\/|https?:\/\/)/ };
  const frame = { tags: set(TAGS, FRAME), names: set(NAMES, FRAME_NAMES), href: /^logout$/ };

  function clean(element, allowed) {
    for (const child of [...element.children]) {
      if (!allowed.tags.has(child.localName)) { child.remove(); continue; }
      for (const { name, value } of [...child.attributes]) {
        const known = allowed.names.has(name.toLowerCase()) || /^(aria|data)-[a-z-]+$/.test(name);
        const sound = name !== "href" || allowed.href.test(value);
        if (!known || !sound) child.removeAttribute(name);
      }
      clean(child, allowed);
    }
  }

  // The elements of `html`; with `whole`, also those of the page's frame, which holds nothing of anybody else's.
  return (html, whole = false) => {
    const parsed = new DOMParser().parseFromString(html, "text/html").body;
    clean(parsed, whole ? frame : answers);
    const fragment = document.createDocumentFragment();
    fragment.append(...parsed.childNodes);
    return fragment;
  };
})();
