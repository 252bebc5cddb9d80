// One kind of chart for the whole report: SVG drawn at its real size, so text keeps its size at every width.

const MARGIN = { top: 6, right: 8, bottom: 22, left: 46 };
const hoverListeners = new Set();

/** Point every chart at the same step (null: at none). */
function hover(step) {
  hoverListeners.forEach((listener) => listener(step));
}

/** Round tick values from low to high, about `count` of them, with the step between them. */
function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return { step, values: Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step) };
}

/** Range of the vertical axis: from zero where the values are near it, widened to whole ticks. */
function valueRange(values, unit) {
  const known = values.filter((value) => value !== null && value !== undefined);
  let low = Math.min(...known);
  let high = Math.max(...known);
  if (low >= 0 && low < 0.6 * high) low = 0;
  if (low === high) {
    [low, high] = low === 0 ? [0, 1] : [Math.min(0, low), Math.max(0, high)];
  }
  const { step } = ticks(low, high, 4);
  low = Math.floor(low / step + 1e-9) * step;
  high = Math.ceil(high / step - 1e-9) * step;
  if (unit === "percent") high = Math.min(high, Math.max(1, ...known));
  return { low, high, step };
}

function tickLabel(value, step, unit) {
  const scaled = unit === "percent" ? 100 * step : step;
  const decimals = Math.max(0, Math.min(6, -Math.floor(Math.log10(scaled) + 1e-9) + (isRound(scaled) ? 0 : 1)));
  if (unit === "percent") return `${(100 * value).toFixed(decimals)} %`;
  if (Math.abs(value) >= 10000) return `${(value / 1000).toLocaleString("en")}k`;
  return signed(value.toFixed(decimals));
}

const isRound = (step) => {
  const digits = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
  return Math.abs(digits - Math.round(digits)) < 1e-6;
};

/**
 * The frame of a chart: heading, axes, crosshair.
 * options: title, about, unit, steps (horizontal values), height, range() -> {low, high, step}, alone (does not point
 * the other charts at its step), readout(index or null) -> text,
 * draw(layer, x, y, index): paints into `layer`; x and y turn data into pixels; index is the hovered point or null.
 */
function chart(options) {
  const { title, about, unit, steps } = options;
  const height = options.height ?? 168;
  const value = element("span", { class: "value" });
  const svg = shape("svg", { height, role: "img", "aria-label": title });
  const head = element("div", { class: "chart-head" }, element("h3", { title }, title), value);
  const frame = element("figure", { class: `card chart ${options.wide ? "wide" : ""}` }, head,
    about && element("p", { class: "about" }, about), svg, options.below);
  let hovered = null;
  let x = () => 0;

  const draw = () => {
    const width = svg.clientWidth;
    if (!width) return;
    const [first, last] = [steps[0], steps.at(-1)];
    const { low, high, step } = options.range();
    const share = (at) => (first === last ? 0.5 : (at - first) / (last - first));
    x = (at) => MARGIN.left + share(at) * (width - MARGIN.left - MARGIN.right);
    const y = (at) => height - MARGIN.bottom - ((at - low) / (high - low)) * (height - MARGIN.top - MARGIN.bottom);
    const layer = shape("g");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren(axes(width, height, x, y, { first, last, low, high, step, unit }), layer);
    if (hovered !== null) {
      const at = x(steps[hovered]);
      layer.append(shape("line", { class: "crosshair", x1: at, x2: at, y1: MARGIN.top, y2: height - MARGIN.bottom }));
    }
    options.draw(layer, x, y, hovered);
    value.replaceChildren(hovered === null || options.alone ? "" : element("span", { class: "at" }, `step ${steps[hovered]}`),
      options.readout(hovered));
  };

  const point = (event) => {
    const offset = event.clientX - svg.getBoundingClientRect().left;
    const nearest = steps.reduce((best, step) => (Math.abs(x(step) - offset) < Math.abs(x(best) - offset) ? step : best));
    announce(nearest);
  };
  const follow = (step) => {
    const index = step === null ? -1 : steps.indexOf(step);
    const next = index < 0 ? null : index;
    if (next === hovered) return;
    hovered = next;
    draw();
  };
  const announce = options.alone ? follow : hover;
  if (!options.alone) hoverListeners.add(follow);
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", () => announce(null));
  new ResizeObserver(draw).observe(svg);
  return { frame, draw };
}

function axes(width, height, x, y, { first, last, low, high, step, unit }) {
  const layer = shape("g");
  for (const value of ticks(low, high, (high - low) / step).values) {
    const at = y(value);
    layer.append(shape("line", { class: "grid-line", x1: MARGIN.left, x2: width - MARGIN.right, y1: at, y2: at }),
      shape("text", { class: "tick", x: MARGIN.left - 8, y: at + 3.5, "text-anchor": "end" }, tickLabel(value, step, unit)));
  }
  const bottom = height - MARGIN.bottom;
  layer.append(shape("line", { class: "axis-line", x1: MARGIN.left, x2: width - MARGIN.right, y1: bottom, y2: bottom }));
  const room = Math.max(2, Math.floor((width - MARGIN.left) / 70));
  const { values, step: stride } = ticks(first, last, room);
  const whole = first === last ? [] : stride < 1 ? [last] : values;
  const startsBare = whole.length === 0 || (first <= 1 && x(whole[0]) - x(first) > 28);
  for (const value of startsBare ? [first, ...whole] : whole) {
    layer.append(shape("text", { class: "tick", x: x(value), y: height - 6, "text-anchor": "middle" }, String(Math.round(value))));
  }
  return layer;
}

/** A path through the points that have values; gaps stay gaps. */
function linePath(steps, values, x, y) {
  let path = "";
  let pen = "M";
  values.forEach((value, index) => {
    if (value === null) { pen = "M"; return; }
    path += `${pen}${x(steps[index]).toFixed(1)},${y(value).toFixed(1)}`;
    pen = "L";
  });
  return path;
}
