// The table of strategies at one place: as measured, or with what is estimated in it.

const ESTIMATED = ["median ms", "ratio"];

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
    heading("strategy", -1, state, true),
    columns.map((column) => heading(column.title, column.number, state, column.left)),
  );
  const body = element("tbody");
  let part = "";
  for (const row of inOrder(found, state)) {
    if ((row.part ?? "") !== part && !state.sort) {
      part = row.part;
      body.append(
        element("tr", { class: "part" }, element("th", { colspan: columns.length + 1, scope: "rowgroup" }, part)),
      );
    }
    const { button, id, content } = opener(row);
    const tags = [row.winner ? "★" : "", row.baseline ? "baseline" : "", state.sort && row.part ? row.part : ""]
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

function heading(title, number, state, left) {
  const sorted = state.sort?.column === number ? state.sort.direction : undefined;
  return element(
    "th",
    { scope: "col", class: left ? false : "number", "aria-sort": sorted, "data-title": title },
    element("button", { type: "button", "data-column": number }, title),
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

function inOrder(found, state) {
  const rows = [...found.rows];
  if (!state.sort) {
    return found.estimated
      ? rows.sort((one, other) => ranked(one, other) || (one.ms ?? Infinity) - (other.ms ?? Infinity))
      : rows;
  }
  const { column, direction } = state.sort;
  const sign = direction === "ascending" ? 1 : -1;
  return rows.sort((one, other) => {
    const [first, second] = [one, other].map((row) => keyOf(row, column, found));
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

function keyOf(row, column, found) {
  if (column < 0) return row.strategy;
  const { title, fixed } = found.base.columns[column];
  if (!found.estimated || fixed) return row.values[column] ?? null;
  return ESTIMATED.includes(title) ? (row.ms ?? null) : null;
}

function sortBy(state, column) {
  const number = Number(column);
  const again = state.sort?.column === number && state.sort.direction === "ascending";
  state.sort = { column: number, direction: again ? "descending" : "ascending" };
}
