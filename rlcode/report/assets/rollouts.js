// The sample of completions: filters, a list, and one completion in full.

const PYTHON = /(#[^\n]*)|("""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|\b(and|as|assert|async|await|break|class|continue|def|del|elif|else|except|False|finally|for|from|global|if|import|in|is|lambda|None|nonlocal|not|or|pass|raise|return|True|try|while|with|yield)\b|\b(\d[\w.]*)/g;
const PYTHON_CLASSES = [null, "cm", "st", "kw", "nu"];

/** Python source with its comments, strings, keywords and numbers coloured. */
function pythonCode(source) {
  const pieces = [];
  let end = 0;
  for (const match of source.matchAll(PYTHON)) {
    const kind = match.findIndex((group, index) => index > 0 && group !== undefined);
    pieces.push(source.slice(end, match.index), element("span", { class: PYTHON_CLASSES[kind] }, match[0]));
    end = match.index + match[0].length;
  }
  return element("pre", {}, pieces, source.slice(end));
}

const OUTCOME_NAMES = { passed: "passed", failed: "failed", infra_error: "judge error" };
const outcomeName = (outcome) => OUTCOME_NAMES[outcome] ?? String(outcome);

function rolloutsSection({ total, rows, prompts }) {
  const note = element("span", { class: "muted small" },
    rows.length < total ? `${rows.length.toLocaleString("en")} of ${total.toLocaleString("en")} completions; all are in rollouts/` : `all ${total.toLocaleString("en")} completions`);
  if (!rows.length) return section("rollouts", "Rollouts", null, element("div", { class: "card notice" }, "No completion has been recorded yet."));
  const list = element("ul", { class: "rollout-list" });
  const detail = element("article", { class: "rollout", tabindex: 0, "aria-label": "Completion" });
  const count = element("span", { class: "count muted small" });
  const wanted = { step: "", problem: "", outcome: "" };

  const open = (row) => {
    for (const button of list.querySelectorAll("button")) button.setAttribute("aria-current", String(button.row === row));
    detail.replaceChildren(...rolloutDetail(row, prompts[row.prompt]));
    detail.scrollTop = 0;
  };
  const refresh = () => {
    const matching = rows.filter((row) => Object.entries(wanted).every(([field, value]) => value === "" || String(row[field]) === value));
    list.replaceChildren(...matching.map((row) => element("li", {}, rolloutButton(row, open))));
    list.scrollTop = 0;
    count.textContent = `${matching.length.toLocaleString("en")} shown`;
    if (matching.length) open(matching[0]);
    else detail.replaceChildren(element("p", { class: "muted" }, "No completion in the sample fits these filters."));
  };
  list.addEventListener("keydown", moveWithArrows);
  const filter = (field, title, label = String) => choice(title, distinct(rows, field), label, (value) => { wanted[field] = value; refresh(); });
  const filters = element("div", { class: "filters" }, filter("step", "Step"), filter("problem", "Problem"),
    filter("outcome", "Outcome", outcomeName), count);
  refresh();
  return section("rollouts", "Rollouts", note, element("div", { class: "card" }, filters, element("div", { class: "browser" }, list, detail)));
}

function distinct(rows, field) {
  const values = [...new Set(rows.map((row) => row[field]))];
  return values.sort((a, b) => (typeof a === "number" ? a - b : String(a).localeCompare(String(b))));
}

function choice(title, values, label, choose) {
  const select = element("select", { onchange: () => choose(select.value) }, element("option", { value: "" }, "All"),
    values.map((value) => element("option", { value: String(value) }, label(value))));
  return element("label", {}, title, select);
}

function moveWithArrows(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const item = event.target.closest("li");
  const next = event.key === "ArrowDown" ? item?.nextElementSibling : item?.previousElementSibling;
  if (!next) return;
  event.preventDefault();
  next.firstElementChild.focus();
  next.firstElementChild.click();
}

function rolloutButton(row, open) {
  const button = element("button", { type: "button", onclick: () => open(row) },
    element("span", { class: `outcome-dot ${outcomeClass(row.outcome)}` }), element("span", { class: "id", title: row.problem }, row.problem),
    element("span", {}, row.reward === null ? "–" : signed(fixed(row.reward, 2))),
    element("span", { class: "where" }, `step ${row.step} · ${outcomeName(row.outcome)}${passShare(row)}`));
  button.row = row;
  return button;
}

const outcomeClass = (outcome) => (outcome in OUTCOME_NAMES ? outcome : "");
const passShare = ({ outcome, tests, tests_total: total }) =>
  outcome === "failed" && total && tests.length === total ? ` · ${tests.filter(([result]) => result === "passed").length}/${total} tests` : "";

function rolloutDetail(row, prompt) {
  const number = (value) => (value === null ? "–" : significant(value));
  const facts = [["Reward", number(row.reward)], ["Advantage", number(row.advantage)],
    ["Tests passed", row.pass_rate === null ? "–" : percent(row.pass_rate, 0)], ["Tokens", String(row.completion_tokens ?? "–")],
    ["Finish", row.finish_reason ?? "–"], ["Policy version", String(row.policy_version ?? "–")],
    ["Mean log-prob.", number(row.mean_logprob)]];
  const block = (title, ...content) => element("div", { class: "block" }, element("h4", {}, title), content);
  return [
    element("div", { class: "rollout-title" }, element("h3", {}, row.problem),
      element("span", { class: `badge ${outcomeClass(row.outcome)}` }, outcomeName(row.outcome)),
      element("span", { class: "muted small" }, `step ${row.step}, group ${row.group}`)),
    element("dl", { class: "facts" }, facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))),
    block("Prompt", element("pre", {}, prompt)),
    row.program === null ? block("Program", element("p", { class: "muted small" }, "No code was found in the completion."))
      : block("Program", pythonCode(row.program)),
    block("Tests", testList(row)),
    row.completion === row.program ? null : block("Whole completion", element("pre", {}, row.completion)),
  ].filter(Boolean);
}

function testList({ tests, tests_total: total }) {
  if (!tests.length) return element("p", { class: "muted small" }, "No test result was recorded.");
  if (tests.every(([outcome, message]) => outcome === "passed" && !message)) {
    return element("p", { class: "small better" }, total === 1 ? "The one test passed." : `All ${total} tests passed.`);
  }
  const order = (outcome) => (outcome === "passed" ? 1 : 0);
  const numbered = tests.map(([outcome, message], index) => ({ outcome, message, index })).sort((a, b) => order(a.outcome) - order(b.outcome));
  const items = numbered.map(({ outcome, message, index }) => element("li", {}, element("span", { class: "index" }, String(index + 1)),
    element("span", { class: outcome === "passed" ? "better" : outcome === "not_run" ? "muted" : "worse" }, outcome.replace("_", " ")),
    element("span", { class: "message" }, message)));
  const rest = total > tests.length ? element("p", { class: "muted small" }, `${total - tests.length} more tests`) : null;
  return [element("ul", { class: "tests" }, items), rest];
}
