// Before and after: the table of benchmarks, their pass rates over the run, and what changed problem by problem.

function evaluationSection(evaluations) {
  const columns = [["Benchmark"], ["Problems"], ["Before", "measured"], ["After", "measured"], ["Difference", "measured"]];
  const table = element("table", {}, element("thead", {}, element("tr", {}, columns.map(([name, kind]) => element("th", { scope: "col", class: kind }, name)))),
    element("tbody", {}, evaluations.map(evaluationRow)));
  const several = evaluations.filter((evaluation) => evaluation.points.length > 1);
  return section("evaluation", "Evaluation", element("span", { class: "muted small" }, "pass@1 with 95 % intervals, first evaluation against last, paired by problem"),
    element("div", { class: "card table-frame" }, table),
    element("div", { class: "charts evaluation-charts" }, several.map(evaluationChart)));
}

function evaluationRow({ name, problems, points: measured, comparison }) {
  const before = measured[0];
  const after = comparison && measured.at(-1);
  return element("tr", {}, element("td", {}, name), element("td", { class: "muted" }, String(problems)),
    estimateCell(before), after ? estimateCell(after) : element("td", { class: "measured muted" }, "–"),
    comparison ? differenceCell(comparison.difference) : element("td", { class: "measured muted" }, "–"));
}

function estimateCell({ value, low, high }) {
  return element("td", {}, element("span", { class: "main-number" }, percent(value)),
    element("span", { class: "interval" }, `${fixed(100 * low, 1)} to ${fixed(100 * high, 1)}`));
}

function differenceCell({ value, low, high }) {
  const tone = low > 0 ? "better" : high < 0 ? "worse" : "";
  const bound = (share) => signed(fixed(100 * share, 1));
  return element("td", {}, element("span", { class: `main-number ${tone}` }, points(value)),
    element("span", { class: "interval" }, `${bound(low)} to ${bound(high)}`));
}

function evaluationChart({ title, points: measured }) {
  const steps = measured.map((point) => point.step);
  const range = valueRange(measured.flatMap(({ low, high }) => [low, high]), "percent");
  return chart({
    title: `${title} pass@1`, about: "At each evaluation, with its 95 % interval.", unit: "percent", steps,
    range: () => range,
    readout: (index) => percent(measured[index ?? measured.length - 1].value),
    draw: (layer, x, y, hovered) => {
      layer.append(shape("path", { class: "curve", d: linePath(steps, measured.map((point) => point.value), x, y) }));
      measured.forEach(({ step, value, low, high }, index) => layer.append(
        shape("line", { class: "whisker", x1: x(step), x2: x(step), y1: y(low), y2: y(high) }),
        shape("circle", { class: "dot", cx: x(step), cy: y(value), r: index === hovered ? 5 : 3.5 })));
    },
  }).frame;
}

const FIRST_PROBLEMS = 30;

function problemsSection(evaluations) {
  const compared = evaluations.filter((evaluation) => evaluation.comparison);
  if (!compared.length) return null;
  const place = element("div");
  const show = (name) => place.replaceChildren(...problemsOf(compared.find((evaluation) => evaluation.name === name).comparison));
  const first = compared[0].name;
  show(first);
  return section("problems", "Problem by problem", compared.length > 1 ? chips(compared.map(({ name }) => [name, name]), first, show) : null, place);
}

function problemsOf(comparison) {
  const list = element("div", { class: "problem-list" });
  const card = element("div", { class: "card problems" }, list);
  const wanted = { all: () => true, better: (change) => change > 0, worse: (change) => change < 0, same: (change) => change === 0 };
  const show = (kind, all = false) => {
    const chosen = comparison.problems.filter(({ before, after }) => wanted[kind](after - before));
    const listed = all ? chosen : chosen.slice(0, FIRST_PROBLEMS);
    list.replaceChildren(...(listed.length ? listed.map(problemRow) : [element("p", { class: "muted small" }, "None.")]));
    card.querySelector(".show-all")?.remove();
    if (listed.length < chosen.length) {
      card.append(element("button", { class: "show-all", type: "button", onclick: () => show(kind, true) }, `Show all ${chosen.length}`));
    }
  };
  show("all");
  const options = [["all", `All ${comparison.problems.length}`], ["better", `Better ${comparison.better}`],
    ["worse", `Worse ${comparison.worse}`], ["same", `Same ${comparison.same}`]];
  const filter = element("div", { style: { marginBottom: "12px" } }, chips(options, "all", (kind) => show(kind)));
  return [filter, problemStrip(comparison), card];
}

/** Every problem as one vertical stroke from its rate before to its rate after, the greatest gain first. */
function problemStrip({ problems }) {
  const steps = problems.map((_, index) => index + 1);
  const tone = ({ before, after }) => (after > before ? "--good" : after < before ? "--bad" : "--faint");
  return chart({
    title: "Share of samples that pass, before to after", about: "One stroke per problem, the greatest gain first.",
    unit: "percent", steps, height: 150, alone: true,
    range: () => ({ low: 0, high: 1, step: 0.5 }),
    readout: (index) => (index === null ? "" : `${problems[index].problem_id}  ${rates(problems[index])}`),
    draw: (layer, x, y, hovered) => problems.forEach((problem, index) => {
      const color = `var(${tone(problem)})`;
      const at = x(index + 1);
      const width = index === hovered ? 3 : 1.75;
      layer.append(shape("line", { x1: at, x2: at, y1: y(problem.before), y2: y(problem.after), style: { stroke: color, strokeWidth: width } }),
        shape("circle", { cx: at, cy: y(problem.after), r: index === hovered ? 4 : 2.5, style: { fill: color } }));
    }),
  }).frame;
}

/** The part of every problem's name that tells it from the others. */
const shortName = (id) => id.slice(id.lastIndexOf("/") + 1);
const rates = ({ before, after }) => `${percent(before, 0)} → ${percent(after, 0)}`;

function problemRow(problem) {
  const { problem_id: id, before, after } = problem;
  const direction = after > before ? "up" : after < before ? "down" : "level";
  const left = `${100 * Math.min(before, after)}%`;
  const width = `${100 * Math.abs(after - before)}%`;
  const track = element("div", { class: "track" }, element("span", { class: `move ${direction}`, style: { left, width } }),
    element("span", { class: "before", style: { left: `${100 * before}%` } }),
    element("span", { class: `after ${direction}`, style: { left: `${100 * after}%` } }));
  return element("div", { class: "problem" }, element("span", { class: "id", title: id }, shortName(id)), track,
    element("span", { class: "rates" }, rates(problem)));
}
