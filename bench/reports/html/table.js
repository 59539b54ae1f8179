// The table of strategies at one place: as measured, or with what is estimated in it.

const ESTIMATED = ["median ms", "ratio"];
const STRATEGY = "strategy";

function strategyTable(found, state, opener) {
  // Of what is told at a measured distance alone, an estimate has the time and the ratio.
  const columns = found.base.columns
    .map((column, number) => ({ ...column, number }))
    .filter((column) => !found.estimated || column.fixed || ESTIMATED.includes(column.title));
  const slowest = Math.max(...found.rows.map((row) => (row.part ? 0 : (row.ms ?? 0))));
  const baseline = found.rows.find((row) => row.baseline);
  const head = element(
    "tr",
    {},
    heading(STRATEGY, state, true),
    columns.map((column) => heading(column.title, state, column.left)),
  );
  const body = element("tbody");
  const sort = sortOf(columns, state);
  let part = "";
  for (const row of inOrder(found, sort)) {
    if ((row.part ?? "") !== part && !sort) {
      part = row.part;
      body.append(
        element("tr", { class: "part" }, element("th", { colspan: columns.length + 1, scope: "rowgroup" }, part)),
      );
    }
    const { button, id, content } = opener(row);
    const tags = [row.winner ? "★" : "", row.baseline ? "baseline" : "", sort && row.part ? row.part : ""]
      .filter(Boolean)
      .join(" ");
    if (tags) button.append(element("span", { class: "tag" }, tags));
    const cells = columns.map((column) => cell(row, column, found, { slowest, baseline }));
    body.append(
      element(
        "tr",
        { class: row.winner ? "won" : false },
        element(
          "th",
          { scope: "row" },
          button,
          row.description ? element("span", { class: "description" }, sentence(row.description)) : "",
        ),
        cells,
      ),
    );
    if (content)
      body.append(element("tr", { class: "details", id }, element("td", { colspan: columns.length + 1 }, content)));
  }
  return element("table", { class: "strategies" }, element("thead", {}, head), body);
}

function heading(title, state, left) {
  const sorted = state.sort?.title === title ? state.sort.direction : undefined;
  return element(
    "th",
    { scope: "col", class: left ? false : "number", "aria-sort": sorted, "data-title": title },
    element("button", { type: "button", "data-column": title }, title),
  );
}

function cell(row, column, found, { slowest, baseline }) {
  const text = found.estimated && !column.fixed ? estimatedCell(row, column, baseline) : row.cells[column.number];
  const verdict = column.title === "verdict" ? `verdict verdict-${text.split(" ")[0]}` : false;
  const made = element("td", { class: column.left ? verdict : "number", "data-title": column.title }, text);
  if (column.title === "median ms" && row.ms !== undefined && slowest) {
    const beam = element("i");
    // By the object model: the page's policy allows no style in an attribute.
    beam.style.width = `${Math.min(100, (100 * row.ms) / slowest)}%`;
    made.append(element("span", { class: "beam", "aria-hidden": "true" }, beam));
  }
  return made;
}

function estimatedCell(row, column, baseline) {
  if (row.ms === undefined) return "–";
  if (column.title === "median ms") return `≈ ${milliseconds(row.ms)}`;
  return baseline?.ms ? `≈ ${factor(row.ms / baseline.ms)}` : "–";
}

/** How the table is sorted; as if by nothing, where it does not show the column that was chosen. */
function sortOf(columns, { sort }) {
  return sort && [STRATEGY, ...columns.map((column) => column.title)].includes(sort.title) ? sort : null;
}

function inOrder(found, sort) {
  const rows = [...found.rows];
  if (!sort) {
    return found.estimated
      ? rows.sort((one, other) => ranked(one, other) || (one.ms ?? Infinity) - (other.ms ?? Infinity))
      : rows;
  }
  const sign = sort.direction === "ascending" ? 1 : -1;
  return rows.sort((one, other) => {
    const [first, second] = [one, other].map((row) => keyOf(row, sort.title, found));
    // What is not known stands last, whichever way the rest is sorted.
    if (first === null || second === null) return (first === null) - (second === null);
    return (
      sign *
      (typeof first === "number" && typeof second === "number"
        ? first - second
        : String(first).localeCompare(String(second)))
    );
  });
}

/** Parts of the table stay in their order. */
function ranked(one, other) {
  const order = ["", "reference: entities", "reference: rows", "demonstration", "not ranked"];
  return order.indexOf(one.part ?? "") - order.indexOf(other.part ?? "");
}

function keyOf(row, title, found) {
  if (title === STRATEGY) return row.strategy;
  const column = found.base.columns.findIndex((one) => one.title === title);
  if (!found.estimated || found.base.columns[column].fixed) return row.values[column] ?? null;
  return row.ms ?? null;
}

function sortBy(state, title) {
  const again = state.sort?.title === title && state.sort.direction === "ascending";
  state.sort = { title, direction: again ? "descending" : "ascending" };
}
