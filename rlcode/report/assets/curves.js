// The curves of a run and the time its steps took.

const smoothing = { strength: 0, redraw: [] };

/** Exponential moving average without the pull towards its start; `strength` 0 leaves the values as they are. */
function smooth(values, strength) {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = strength * sum + (1 - strength) * value;
    weight = strength * weight + (1 - strength);
    return sum / weight;
  });
}

function curveChart(steps, curve) {
  const range = valueRange(curve.values, curve.unit);
  const made = chart({
    title: curve.title, about: curve.about, unit: curve.unit, steps,
    range: () => range,
    readout: (index) => inUnit(curve.values[index ?? curve.values.length - 1], curve.unit),
    draw: (layer, x, y, hovered) => {
      const smoothed = smooth(curve.values, smoothing.strength);
      if (smoothing.strength > 0) layer.append(shape("path", { class: "curve raw", d: linePath(steps, curve.values, x, y) }));
      layer.append(shape("path", { class: "curve", d: linePath(steps, smoothed, x, y) }));
      const lone = curve.values.filter((value) => value !== null).length === 1;
      const marked = hovered ?? (lone ? curve.values.findIndex((value) => value !== null) : null);
      if (marked !== null && curve.values[marked] !== null) {
        layer.append(shape("circle", { class: "dot", cx: x(steps[marked]), cy: y(curve.values[marked]), r: 4 }));
      }
    },
  });
  smoothing.redraw.push(made.draw);
  return made.frame;
}

function smoothingControl(steps) {
  // About twenty independent values remain visible, however long the run is.
  smoothing.strength = steps.length < 12 ? 0 : Math.min(0.96, Math.max(0.6, 1 - 20 / steps.length));
  const slider = element("input", { type: "range", min: 0, max: 0.98, step: 0.02, value: smoothing.strength });
  slider.addEventListener("input", () => {
    smoothing.strength = Number(slider.value);
    smoothing.redraw.forEach((draw) => draw());
  });
  return element("label", { class: "smoothing" }, "Smoothing", slider);
}

const phaseColor = (index) => `var(--phase-${index < 6 ? index + 1 : 5})`;

/** Seconds of each phase, stacked, so that the top edge is the length of the step. */
function phaseChart(steps, phases) {
  const tops = [];
  phases.forEach((phase, index) => tops.push(phase.values.map((value, at) => (index ? tops[index - 1][at] : 0) + (value ?? 0))));
  const totals = tops.at(-1);
  const { high, step } = valueRange([0, ...totals], "seconds");
  const numbers = phases.map(() => element("span", { class: "number" }));
  const below = element("div", { class: "legend" }, phases.map((phase, index) => element("span", {},
    element("span", { class: "swatch", style: { background: phaseColor(index) } }), phase.title, numbers[index])));
  const describe = (hovered) => phases.forEach((phase, index) => {
    const mean = (values) => values.reduce((sum, value) => sum + (value ?? 0), 0) / values.length;
    const [seconds, total] = hovered === null ? [mean(phase.values), mean(totals)] : [phase.values[hovered] ?? 0, totals[hovered]];
    numbers[index].textContent = `${fixed(seconds, 1)} s · ${percent(total ? seconds / total : 0, 0)}`;
  });
  return chart({
    title: "Time per phase", about: "Seconds of each step by what they went into; below, the means over the run.",
    unit: "seconds", steps, height: 210, wide: true, below,
    range: () => ({ low: 0, high, step }),
    readout: (index) => inUnit(totals[index ?? totals.length - 1], "seconds"),
    draw: (layer, x, y, hovered) => {
      tops.forEach((top, index) => layer.prepend(phaseBand(steps, top, index ? tops[index - 1] : null, x, y, phaseColor(index))));
      describe(hovered);
    },
  }).frame;
}

function phaseBand(steps, top, bottom, x, y, color) {
  const floor = bottom ?? top.map(() => 0);
  if (steps.length === 1) {
    const width = 36;
    return shape("rect", { x: x(steps[0]) - width / 2, width, y: y(top[0]), height: y(floor[0]) - y(top[0]), fill: color });
  }
  const back = [...steps.keys()].reverse().map((index) => `L${x(steps[index]).toFixed(1)},${y(floor[index]).toFixed(1)}`);
  return shape("path", { d: `${linePath(steps, top, x, y)}${back.join("")}Z`, style: { fill: color } });
}

function curvesSection({ steps, main, phases, more }) {
  if (!steps.length) return section("curves", "Curves", null, element("div", { class: "card notice" }, "No step has ended yet."));
  const control = smoothingControl(steps);
  const grid = (curves) => element("div", { class: "charts" }, curves.map((curve) => curveChart(steps, curve)));
  return section("curves", "Curves", control, grid(main),
    phases.length ? phaseChart(steps, phases) : null,
    more.length ? element("details", { class: "more" }, element("summary", {}, `${more.length} more metrics`), grid(more)) : null);
}
