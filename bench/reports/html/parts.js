// Elements, made of text alone: nothing that comes from a result is ever read as HTML.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** A sentence in parts, of which every second is a name. */
function sentence(parts) {
  return parts.map((part, number) => (number % 2 ? element("code", {}, part) : part));
}

const MOST_NAMES = 3;

/** Names side by side, of many the first and how many more there are. */
function names(all, more = 0, busy = false) {
  const shown = all.length > MOST_NAMES + 1 ? all.slice(0, MOST_NAMES) : all;
  const parts = shown.flatMap((name, number) => [number ? ", " : "", element("code", {}, name)]);
  if (shown.length < all.length) parts.push(` and ${all.length - shown.length} more`);
  if (more) parts.push(` (${more} more not ruled out${busy ? "; busy machine" : ""})`);
  return parts;
}

/** What stands under an id in the page: JSON, or text that was compressed. */
async function stored(id) {
  const block = document.getElementById(id);
  if (!block) return null;
  if (block.type === "application/json") return block.textContent;
  const bytes = Uint8Array.from(atob(block.textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

let fields = 0;

/** A control with its label before it. Not inside of it: a label would be read with all the choices. */
function field(label, control) {
  if (!control.id) control.id = `field-${(fields += 1)}`;
  return element("span", { class: "field" }, element("label", { for: control.id }, label), control);
}

function plural(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
