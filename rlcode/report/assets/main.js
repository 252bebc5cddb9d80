// Puts the page together from the data in it.

function tile({ label, value }) {
  return element("div", { class: "tile" }, element("dt", {}, label), element("dd", {}, value));
}

function warningsSection(warnings) {
  if (!warnings.length) return null;
  return section("warnings", "Warnings", null,
    element("div", { class: "card warnings" }, element("ul", {}, warnings.map((text) => element("li", {}, text)))));
}

function configSection(config) {
  return config ? section("config", "Configuration", null, element("pre", {}, config.trim())) : null;
}

const run = JSON.parse(document.getElementById("run-data").textContent);
const sections = [
  warningsSection(run.warnings),
  run.evaluations.length ? evaluationSection(run.evaluations) : null,
  curvesSection(run.curves),
  problemsSection(run.evaluations),
  rolloutsSection(run.rollouts),
  configSection(run.config),
].filter(Boolean);

if (run.tiles.length) {
  document.getElementById("tiles").append(...run.tiles.map(tile));
  document.getElementById("tiles").className = "tiles";
}
document.getElementById("sections").append(...sections);
document.getElementById("navigation").append(
  ...sections.map((part) => element("a", { href: `#${part.id}` }, part.querySelector("h2").textContent)));
