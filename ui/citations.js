// Draws one answer. Every string is untrusted and is written with textContent only.

const EXCERPT_CHARS = 420;

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function put(parent, ...children) {
  parent.append(...children.filter(Boolean));
  return parent;
}

function excerpt(text) {
  return text.length > EXCERPT_CHARS ? text.slice(0, EXCERPT_CHARS).trimEnd() + "…" : text;
}

function facts(source, names) {
  return names.map((name) => source[name]).filter(Boolean).join(" · ");
}

function say(page, key, names = {}) {
  return page.words[key].replace(/\{(\w+)\}/g, (_, name) => names[name]);
}

function named(source) {
  return [source.title, source.publisher, source.page].filter(Boolean).join(", ");
}

// -- tooltip: on hover and on keyboard focus; Escape hides it, the pointer may enter it --------------------

function placeTip(tip, chip) {
  const at = chip.getBoundingClientRect();
  const gap = 6;
  const left = Math.max(8, Math.min(at.left, window.innerWidth - tip.offsetWidth - 8));
  const below = at.bottom + gap + tip.offsetHeight < window.innerHeight;
  tip.style.left = `${left}px`;
  tip.style.top = `${below ? at.bottom + gap : Math.max(8, at.top - gap - tip.offsetHeight)}px`;
}

function showTip(page, chip, source) {
  clearTimeout(page.hiding);
  page.tip.replaceChildren(
    make("strong", "", source.title),
    make("span", "small", facts(source, ["publisher", "authority", "validity", "page", "place"])),
    make("q", "", excerpt(source.quote)),
  );
  page.tip.dir = "auto";
  page.tip.showPopover();
  placeTip(page.tip, chip);
}

function hideTip(page) {
  clearTimeout(page.hiding);
  if (page.tip.matches(":popover-open")) page.tip.hidePopover();
}

function hideTipSoon(page) {
  clearTimeout(page.hiding);
  page.hiding = setTimeout(() => hideTip(page), 150);
}

// The drawer returns the focus to what had it, but does not see into this element; so the button takes it back.
function takeFocusBack(page, button) {
  let opened = false;
  const watch = new MutationObserver(() => {
    const drawer = document.querySelector('[role="dialog"]');
    opened ||= Boolean(drawer);
    if (!opened || drawer) return;
    watch.disconnect();
    page.returning = true;
    button.focus({ preventScroll: true });
    page.returning = false;
  });
  watch.observe(document.body, { childList: true, subtree: true });
}

function opener(page, source, className, text, label) {
  const button = make("button", className, text);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.addEventListener("click", () => {
    hideTip(page);
    takeFocusBack(page, button);
    page.open(source.key);
  });
  return button;
}

function chip(page, number) {
  const source = page.sources.get(number);
  const button = opener(page, source, "chip", String(number), `${say(page, "source", { number })}: ${named(source)}`);
  button.setAttribute("aria-describedby", "tip");
  button.addEventListener("mouseenter", () => showTip(page, button, source));
  button.addEventListener("mouseleave", () => hideTipSoon(page));
  button.addEventListener("focus", () => !page.returning && button.matches(":focus-visible") && showTip(page, button, source));
  button.addEventListener("blur", () => hideTip(page));
  button.addEventListener("keydown", (event) => event.key === "Escape" && hideTip(page));
  return button;
}

// -- parts of the answer ----------------------------------------------------------------------------------

function sentence(page, row) {
  const line = make("p", "sentence", row.text + "\u00a0");
  line.dir = "auto";
  line.lang = row.language;
  const chips = make("span", "chips");
  return put(line, put(chips, ...row.numbers.map((number) => chip(page, number))));
}

function group(page, label, rows) {
  const part = make("section", "group");
  return put(part, make("h4", "label", label), put(make("div"), ...rows.map((row) => sentence(page, row))));
}

// Runs of one label, not all of one label: the order of the answer and of its numbers is kept.
function groups(page, rows) {
  const runs = [];
  for (const row of rows) {
    if (runs.at(-1)?.[0].label === row.label) runs.at(-1).push(row);
    else runs.push([row]);
  }
  return runs.map((run) => group(page, run[0].label, run));
}

function side(page, row) {
  const card = make("div", "card");
  const who = row.source.publisher || row.source.title;
  return put(
    card,
    make("h5", "who", who),
    make("p", "small", facts(row.source, ["authority", "payer", "validity"])),
    sentence(page, row),
  );
}

function conflict(page, sides) {
  const part = make("section", "conflict");
  return put(part, make("h4", "label", page.disagree), put(make("div", "sides"), ...sides.map((row) => side(page, row))));
}

function sourceList(page, sources) {
  if (!sources.length) return null;
  const list = make("ul", "sources");
  for (const id of new Set(sources.map((source) => source.document_id))) {
    const same = sources.filter((source) => source.document_id === id);
    const chips = put(make("span", "chips"), ...same.map((source) => chip(page, source.number)));
    const about = put(
      make("span", "about"),
      make("span", "title", same[0].title),
      make("span", "small", facts(same[0], ["publisher", "authority", "edition", "validity"])),
      same[0].standing ? make("span", "small standing", same[0].standing) : null,
    );
    put(list, put(make("li"), chips, about));
  }
  return put(make("section", "group"), make("h4", "label", say(page, "sources")), list);
}

function nearest(page, source) {
  const text = make("p", "sentence", excerpt(source.quote));
  text.dir = "auto";
  text.lang = "en";
  return put(
    make("li", "card"),
    make("h5", "who", source.title),
    make("p", "small", facts(source, ["publisher", "authority", "section", "page", "place", "validity"])),
    text,
    opener(page, source, "plain", say(page, "open"), `${say(page, "open_nearest", source)}: ${named(source)}`),
  );
}

function abstention(page, found) {
  if (!found) return [];
  const add = put(make("div"), make("p", "sentence", found.needed), put(make("p", "small", say(page, "add_with") + " "), make("code", "", "codecite ingest FILE")));
  const parts = [
    make("p", "sentence detail", found.detail),
    put(make("section", "group"), make("h4", "label", say(page, "to_add")), add),
  ];
  if (found.nearest.length) {
    const list = put(make("ul", "near"), ...found.nearest.map((source) => nearest(page, source)));
    parts.push(put(make("section", "nearest"), make("h4", "label", say(page, "nearest")), list));
  }
  return parts;
}

function verdict(data) {
  return put(make("div", `verdict ${data.tone}`), make("h3", "badge", data.verdict), make("p", "line", data.line));
}

async function copy(page, button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = say(page, "copied");
    page.status.textContent = say(page, "answer_copied");
  } catch {
    button.textContent = say(page, "copying_blocked");
  }
  setTimeout(() => (button.textContent = say(page, "copy")), 2000);
}

function foot(page, data) {
  const button = make("button", "plain", say(page, "copy"));
  button.type = "button";
  button.addEventListener("click", () => copy(page, button, data.copy));
  return put(make("div", "foot"), button, make("span", "small", data.footnote));
}

function draw(page, data) {
  page.sources = new Map(data.sources.map((source) => [source.number, source]));
  page.words = data.words;
  page.disagree = data.disagree;
  page.root.lang = data.language;
  page.root.dir = data.direction;
  page.root.replaceChildren();
  put(
    page.root,
    verdict(data),
    ...data.notices.map((text) => make("p", "notice", text)),
    ...abstention(page, data.abstention),
    ...groups(page, data.sentences),
    ...data.conflicts.map((sides) => conflict(page, sides)),
    sourceList(page, data.sources),
    foot(page, data),
  );
}

function questionAbove(node) {
  const messages = [...document.querySelectorAll('[data-testid="stChatMessage"]')];
  const own = messages.findIndex((message) => message.contains(node));
  return messages[Math.max(0, own - 1)] ?? node;
}

function arrive(page, data) {
  requestAnimationFrame(() => questionAbove(page.host).scrollIntoView({ block: "start" }));
  setTimeout(() => (page.status.textContent = data.announcement), 100);
}

function pageIn(parent) {
  const [root, status, tip] = [".answer", ".unseen", ".tip"].map((name) => parent.querySelector(name));
  const page = { root, status, tip, host: parent.host ?? parent };
  tip.addEventListener("mouseenter", () => clearTimeout(page.hiding));
  tip.addEventListener("mouseleave", () => hideTipSoon(page));
  return page;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const page = (parentElement.codecite ??= pageIn(parentElement));
  page.open = (key) => setTriggerValue("opened", key);
  // Redrawing would take the focus from the chip that was just used, so an unchanged answer is left alone.
  if (page.drawn !== data.copy) {
    draw(page, data);
    if (data.newest) arrive(page, data);
    page.drawn = data.copy;
  }
  return () => hideTip(page);
}
