// Building blocks. Text reaches the page through text nodes only, so nothing a model wrote is ever parsed as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; `properties` are attributes, except `class`, `on<event>` and `style` (an object). */
function element(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An SVG element, built like `element`. */
function shape(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(node.style, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** Like toFixed, but ties go to the even digit as they do in the terminal: 56.25 reads 56.2 in both. */
function fixed(value, decimals) {
  const scaled = value * 10 ** decimals;
  const floor = Math.floor(scaled);
  return (scaled - floor === 0.5 && floor % 2 === 0 ? floor / 10 ** decimals : value).toFixed(decimals);
}

/** Three significant digits for everyday sizes, exponents only for the very small. */
function significant(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 1000) return signed(Math.round(value).toLocaleString("en"));
  if (size < 1e-4) return signed(value.toExponential(1));
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : size >= 0.01 ? 4 : 5;
  return signed(fixed(value, decimals));
}

/** With the minus sign that is as wide as a digit. */
const signed = (text) => text.replaceAll("-", "−");
const percent = (share, decimals = 1) => `${fixed(100 * share, decimals)} %`;
const points = (difference) => `${difference < 0 ? "−" : "+"}${fixed(Math.abs(100 * difference), 1)}`;

/** A value in the unit of its curve. */
function inUnit(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "percent") return percent(value);
  if (unit === "count") return fixed(value, 0);
  if (unit === "tokens/s") return `${Math.round(value).toLocaleString("en")} /s`;
  if (unit === "seconds") return `${fixed(value, 1)} s`;
  return significant(value);
}

/** A section of the page with its heading; `aside` stands at the right end of the heading. */
function section(id, title, aside, ...content) {
  const head = element("div", { class: "section-head" }, element("h2", {}, title), aside && element("div", { class: "aside" }, aside));
  return element("section", { class: "section", id }, head, ...content);
}

/** Chips of which one is pressed; `choose` receives its key. */
function chips(options, chosen, choose) {
  const buttons = options.map(([key, label]) =>
    element("button", { class: "chip", type: "button", "aria-pressed": String(key === chosen), onclick: () => press(key) }, label));
  const press = (key) => {
    options.forEach(([other], index) => buttons[index].setAttribute("aria-pressed", String(other === key)));
    choose(key);
  };
  return element("div", { class: "chips" }, buttons);
}
